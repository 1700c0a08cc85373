//! Permissions that are too much: everything, roles to pass, ways to more permissions, and keys.

use super::Kind;
use super::context::{Checker, View, shown};
use super::rules;
use crate::glob;
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
        && takes_any(view, "role")
        && !view.tests_key(&["iam:PassedToService", "iam:AssociatedResourceArn"])
    {
        let message = format!("{} on every role", shown("iam:PassRole"));
        checker.find(&rules::PASS_ROLE_ANY, view.item("Action", actions, at), message);
    }
}

fn is_all(action: &Action) -> bool {
    matches!(action.as_str(), "*" | "*:*")
}

/// Whether the resources take in every one of IAM's `user`s, `role`s, `group`s or `policy`s, of whatever account.
fn takes_any(view: &View<'_>, kind: &str) -> bool {
    view.is_about_everything()
        || view.statement.resource_element().into_iter().flatten().any(|resource| {
            let parts: Vec<&str> = resource.as_str().splitn(6, ':').collect();
            let ["arn", _, service, _, _, name] = parts.as_slice() else {
                return false;
            };
            glob::fits(service, "iam") && glob::fits(name, &format!("{kind}/zt-anyone-at-all"))
        })
}

/// Which of IAM's things an action of IAM changes.
fn changed_kind(action: &str) -> &'static str {
    match action {
        "iam:AddUserToGroup" => "group",
        "iam:CreateAccessKey" | "iam:CreateLoginProfile" | "iam:UpdateLoginProfile" => "user",
        other if other.contains("Group") => "group",
        other if other.contains("User") => "user",
        other if other.contains("Role") => "role",
        _ => "policy",
    }
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
    &["iam:PassRole", "glue:UpdateJob", "glue:StartJobRun"],
    &["iam:PassRole", "sagemaker:CreateTrainingJob"],
    &["iam:PassRole", "sagemaker:CreateProcessingJob"],
    &["sagemaker:CreatePresignedNotebookInstanceUrl"],
    &["lambda:UpdateFunctionCode"],
    &["lambda:UpdateFunctionConfiguration"],
    &["glue:UpdateDevEndpoint"],
];

/// What IAM's actions change, as ARNs name it.
const KINDS: [&str; 4] = ["user", "group", "role", "policy"];

fn check_escalation(checker: &mut Checker<'_>) {
    // Each with the kinds of things that it takes in whole; all of them and more where it is about everything.
    let views: Vec<(View<'_>, bool, Vec<&str>)> = checker
        .statements()
        .into_iter()
        .filter(|view| {
            view.allows()
                // A boundary that the new permissions must have ends the way.
                && !view.tests_key(&["iam:PermissionsBoundary"])
                && view.statement.action_element().is_some()
        })
        .map(|view| {
            let kinds: Vec<&str> =
                KINDS.into_iter().filter(|kind| takes_any(&view, kind)).collect();
            let everything = view.is_about_everything();
            (view, everything, kinds)
        })
        .filter(|(_, _, kinds)| !kinds.is_empty())
        .collect();
    let full = views.iter().any(|(view, everything, _)| {
        *everything && view.statement.action_element().into_iter().flatten().any(is_all)
    });
    if views.is_empty() || full {
        return;
    }
    let place = |action: &str| {
        let is_iam = action.starts_with("iam:");
        views.iter().find_map(|(view, everything, kinds)| {
            let applies = *everything || (is_iam && kinds.contains(&changed_kind(action)));
            if !applies {
                return None;
            }
            let list: &OneOrMany<Action> = view.statement.action_element()?;
            let at =
                list.iter().position(|pattern| cover::action_covers(pattern.as_str(), action))?;
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
                format!("{} on any resource leads to more permissions", set.join(" with "));
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
