//! Permissions that are too much: everything, roles to pass, ways to more permissions, and keys.

use super::Kind;
use super::context::{Checker, View, shown};
use super::rules;
use crate::policy::{Action, OneOrMany, Principals};
use crate::rewrite::cover;

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    if checker.kind != Kind::Identity || !view.allows() {
        return;
    }
    let Some(actions) = view.statement.action_element() else {
        return;
    };
    let has_condition = view.statement.condition_element().is_some_and(|all| !all.is_empty());
    if view.is_about_everything()
        && !has_condition
        && let Some(at) = actions.iter().position(is_all)
    {
        let message = "every action on every resource: its holder is administrator";
        checker.find(&rules::FULL_ACCESS, view.item("Action", actions, at), message);
        return;
    }
    let passes =
        actions.iter().position(|action| cover::action_covers(action.as_str(), "iam:PassRole"));
    if let Some(at) = passes
        && passes_any(view)
        && !view.tests_key(&["iam:PassedToService", "iam:AssociatedResourceArn"])
    {
        let message = format!("{} on every role", shown("iam:PassRole"));
        checker.find(&rules::PASS_ROLE_ANY, view.item("Action", actions, at), message);
    }
}

fn is_all(action: &Action) -> bool {
    matches!(action.as_str(), "*" | "*:*")
}

/// Whether the resources take in every role of an account.
fn passes_any(view: &View<'_>) -> bool {
    view.is_about_everything()
        || view.statement.resource_element().into_iter().flatten().any(|resource| {
            cover::resource_covers(resource.as_str(), "arn:aws:iam::111122223333:role/any", true)
        })
}

pub(super) fn check_document(checker: &mut Checker<'_>) {
    match checker.kind {
        Kind::Identity => check_escalation(checker),
        Kind::Resource => check_key_policy(checker),
        _ => {}
    }
}

/// Sets of actions that together let their holder have more than it was given.
///
/// After Rhino Security Labs' list of methods, and the actions of IAM that change permissions.
const ESCALATIONS: &[&[&str]] = &[
    &["iam:CreatePolicyVersion"],
    &["iam:SetDefaultPolicyVersion"],
    &["iam:CreateAccessKey"],
    &["iam:CreateLoginProfile"],
    &["iam:UpdateLoginProfile"],
    &["iam:AttachUserPolicy"],
    &["iam:AttachGroupPolicy"],
    &["iam:AttachRolePolicy"],
    &["iam:PutUserPolicy"],
    &["iam:PutGroupPolicy"],
    &["iam:PutRolePolicy"],
    &["iam:AddUserToGroup"],
    &["iam:UpdateAssumeRolePolicy"],
    &["iam:DeleteRolePermissionsBoundary"],
    &["iam:DeleteUserPermissionsBoundary"],
    &["iam:PassRole", "ec2:RunInstances"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
    &["iam:PassRole", "lambda:CreateFunction", "lambda:AddPermission"],
    &["iam:PassRole", "cloudformation:CreateStack"],
    &["iam:PassRole", "glue:CreateDevEndpoint"],
    &["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"],
    &["iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"],
    &[
        "iam:PassRole",
        "sagemaker:CreateNotebookInstance",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
    ],
    &["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"],
    &["iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"],
    &["iam:PassRole", "states:CreateStateMachine", "states:StartExecution"],
    &["iam:PassRole", "ssm:StartAutomationExecution"],
    &["lambda:UpdateFunctionCode"],
    &["glue:UpdateDevEndpoint"],
];

fn check_escalation(checker: &mut Checker<'_>) {
    let views: Vec<View<'_>> = checker
        .statements()
        .into_iter()
        .filter(|view| {
            view.allows()
                // A boundary that the new permissions must have ends the way.
                && !view.tests_key(&["iam:PermissionsBoundary"])
                && view.is_about_everything()
                && view.statement.action_element().is_some()
        })
        .collect();
    let full =
        views.iter().any(|view| view.statement.action_element().into_iter().flatten().any(is_all));
    if views.is_empty() || full {
        return;
    }
    let place = |action: &str| {
        views.iter().find_map(|view| {
            let list: &OneOrMany<Action> = view.statement.action_element()?;
            let at = list.iter().position(|pattern| {
                let same_start = pattern
                    .as_str()
                    .get(..3)
                    .zip(action.get(..3))
                    .is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
                same_start && cover::action_covers(pattern.as_str(), action)
            })?;
            Some(view.item("Action", list, at))
        })
    };
    let mut seen = std::collections::HashSet::new();
    for set in ESCALATIONS {
        let places: Option<Vec<String>> = set.iter().map(|action| place(action)).collect();
        let Some(at) = places.and_then(|places| places.last().cloned()) else {
            continue;
        };
        // One finding for a pattern such as `iam:*`, however many ways it opens.
        if seen.insert(at.clone()) {
            let message =
                format!("{} on every resource leads to more permissions", set.join(" with "));
            checker.find(&rules::PRIVILEGE_ESCALATION, at, message);
        }
    }
}

/// The policy of a KMS key: every action is of KMS.
fn check_key_policy(checker: &mut Checker<'_>) {
    let views = checker.statements();
    let is_kms =
        |action: &Action| action.service().is_some_and(|own| own.eq_ignore_ascii_case("kms"));
    let mut actions = views
        .iter()
        .flat_map(|view| {
            let statement = view.statement;
            statement.action_element().into_iter().chain(statement.not_action_element()).flatten()
        })
        .peekable();
    if actions.peek().is_none() || !actions.all(is_kms) {
        return;
    }
    let changes = views.iter().any(|view| {
        view.allows()
            && view.statement.principal_element().is_some()
            && view
                .statement
                .action_element()
                .into_iter()
                .flatten()
                .any(|action| cover::action_covers(action.as_str(), "kms:PutKeyPolicy"))
    });
    if !changes {
        let message = "no statement allows `kms:PutKeyPolicy` to anybody";
        checker.find(&rules::KEY_POLICY_LOCKS_OUT, "", message);
    }
    for view in &views {
        let Some(list) = view.statement.action_element().filter(|_| view.allows()) else {
            continue;
        };
        let has_condition = view.statement.condition_element().is_some_and(|all| !all.is_empty());
        let at = list.iter().position(|action| action.as_str().eq_ignore_ascii_case("kms:*"));
        if let Some(at) = at
            && !has_condition
            && view.statement.principal_element().is_some_and(names_account)
        {
            let message =
                "every principal of the account whose own policy allows it can use the key";
            checker.find(&rules::KEY_POLICY_DELEGATES_USE, view.item("Action", list, at), message);
        }
    }
}

fn names_account(principals: &Principals) -> bool {
    principals.to_list().iter().any(|principal| {
        let text = principal.to_string();
        super::principals::is_account(&text) || text.ends_with(":root")
    })
}
