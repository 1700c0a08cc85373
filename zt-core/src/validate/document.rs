//! Grammar and limits.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Kind;
use super::context::{Checker, View, shown};
use super::finding::Severity;
use super::rules;
use super::suggestion::{Edit, Suggestion, quoted};
use crate::policy::{Element, OneOrMany, Policy, Version};
use crate::rewrite::SizeLimit;

pub(super) fn check(checker: &mut Checker<'_>) {
    let policy = checker.policy;
    match policy.version_element() {
        None => {
            let version = Edit::Insert("Version".into(), quoted(Version::V2012_10_17.as_str()));
            checker.suggest(
                &rules::MISSING_VERSION,
                "",
                "no `Version`, so the language of 2008 applies",
                Suggestion::new("", version),
            );
        }
        Some(Version::V2008_10_17) => checker.suggest(
            &rules::OLD_VERSION,
            "/Version",
            "version 2008-10-17 knows no policy variables",
            Suggestion::text("/Version", Version::V2012_10_17.as_str()),
        ),
        Some(Version::V2012_10_17) => {}
    }
    if policy.id().is_some() && !checker.kind.takes_principal() {
        let message = format!("an {} policy has no `Id`", checker.kind.name());
        checker.suggest(
            &rules::ID_NOT_ALLOWED,
            "/Id",
            message,
            Suggestion::new("/Id", Edit::Remove),
        );
    }
    if policy.statements().is_empty() {
        checker.find(&rules::NO_STATEMENT, "/Statement", "no statement");
    }
    check_sids(checker);
    let json = policy.to_json();
    check_size(checker, &json);
    check_characters(checker, &json);
}

fn check_sids(checker: &mut Checker<'_>) {
    let strict = !matches!(checker.kind, Kind::Resource | Kind::Endpoint);
    let mut seen: HashMap<&str, String> = HashMap::new();
    for view in checker.statements() {
        let Some(sid) = view.statement.sid() else {
            continue;
        };
        let at = view.at("Sid");
        if sid.is_empty() {
            let remove = Suggestion::new(at.clone(), Edit::Remove);
            checker.suggest(&rules::EMPTY_SID, at, "the `Sid` is empty", remove);
            continue;
        }
        if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let severity = if strict { Severity::Error } else { Severity::Suggestion };
            let plain: String = sid.chars().filter(char::is_ascii_alphanumeric).collect();
            let taken = plain.is_empty()
                || checker.policy.statements().iter().any(|other| other.sid() == Some(&plain));
            let message =
                format!("the `Sid` {} has characters beside letters and digits", shown(sid));
            let suggestion = (!taken).then(|| Suggestion::text(at.clone(), &plain));
            checker.push(&rules::SID_CHARACTERS, severity, at.clone(), message, suggestion);
        }
        if let Some(first) = seen.get(sid) {
            let severity = if strict { Severity::Error } else { Severity::Warning };
            let message = format!("the `Sid` {} is already at {first}", shown(sid));
            checker.push(&rules::DUPLICATE_SID, severity, at, message, None);
        } else {
            seen.insert(sid, at);
        }
    }
}

fn check_size(checker: &mut Checker<'_>, json: &str) {
    let policy = checker.policy;
    let limit = checker.options.size_limit.unwrap_or_else(|| match checker.kind {
        Kind::Identity => SizeLimit::RoleInline,
        Kind::Boundary => SizeLimit::ManagedPolicy,
        Kind::Resource => resource_limit(checker),
        Kind::Trust => SizeLimit::TrustPolicy,
        Kind::Scp => SizeLimit::Scp,
        Kind::Rcp => SizeLimit::Rcp,
        Kind::Session => SizeLimit::SessionPolicy,
        Kind::Endpoint => SizeLimit::Endpoint,
    });
    let size = limit.size(json);
    let is_given = checker.options.size_limit.is_some();
    if size > limit.limit() {
        let (severity, why) = excess(checker.kind, is_given, limit, policy);
        let article = if limit.name().starts_with("inline") { "the" } else { "a" };
        let message = format!(
            "{size} characters, the limit of {article} {} is {}{why}",
            limit.name(),
            limit.limit()
        );
        checker.push(&rules::POLICY_TOO_LARGE, severity, "", message, None);
    } else if checker.kind == Kind::Identity && !is_given && size > SizeLimit::ManagedPolicy.limit()
    {
        let message = format!(
            "{size} characters, a managed policy has at most {}, and the inline policies of a group {} and of a user {}",
            SizeLimit::ManagedPolicy.limit(),
            SizeLimit::GroupInline.limit(),
            SizeLimit::UserInline.limit(),
        );
        checker.find(&rules::POLICY_TOO_LARGE_TO_MANAGE, "", message);
    }
    if checker.kind == Kind::Resource && limit == SizeLimit::QueuePolicy {
        check_queue(checker);
    }
}

/// How sure it is that AWS refuses a policy above a limit, and what else there is to say.
fn excess(
    kind: Kind,
    is_given: bool,
    limit: SizeLimit,
    policy: &Policy,
) -> (Severity, Cow<'static, str>) {
    if kind == Kind::Identity && !is_given {
        // It could be one of AWS's own, which AWS holds to no limit: every thirtieth is larger.
        return (Severity::Warning, "; only AWS's own managed policies are larger".into());
    }
    if let Some(bare) = limit.size_without_spaces(policy).filter(|bare| *bare <= limit.limit()) {
        let why =
            format!("; it is {bare} without the white space in texts, which IAM may not count");
        return (Severity::Warning, why.into());
    }
    if kind == Kind::Trust && !is_given && limit.size_of(policy) <= SizeLimit::RAISED_TRUST_POLICY {
        return (Severity::Warning, "; AWS raises it to 4096 when asked".into());
    }
    (Severity::Error, "".into())
}

/// By the service that the actions are of; the largest when that is not clear.
fn resource_limit(checker: &Checker<'_>) -> SizeLimit {
    let mut services = checker
        .policy
        .statements()
        .iter()
        .flat_map(|statement| statement.action_element().into_iter().flatten())
        .filter_map(|action| action.service());
    let Some(first) = services.next() else {
        return SizeLimit::KeyPolicy;
    };
    if services.any(|other| !other.eq_ignore_ascii_case(first)) {
        return SizeLimit::KeyPolicy;
    }
    match first.to_ascii_lowercase().as_str() {
        "s3" => SizeLimit::BucketPolicy,
        "sqs" => SizeLimit::QueuePolicy,
        _ => SizeLimit::KeyPolicy,
    }
}

fn check_queue(checker: &mut Checker<'_>) {
    let statements = checker.statements();
    if statements.len() > 20 {
        let message = format!("{} statements, a queue policy has at most 20", statements.len());
        checker.find(&rules::QUEUE_POLICY_LIMITS, "/Statement", message);
    }
    let principals: usize = statements
        .iter()
        .filter_map(|view| view.statement.principal_element())
        .map(|all| all.to_list().len())
        .sum();
    if principals > 50 {
        let message = format!("{principals} principals, a queue policy has at most 50");
        checker.find(&rules::QUEUE_POLICY_LIMITS, "/Statement", message);
    }
    for view in statements {
        let actions = view.statement.action_element().map_or(0, OneOrMany::len);
        if actions > 7 {
            let message = format!("{actions} actions, a statement of a queue policy has at most 7");
            checker.find(&rules::QUEUE_POLICY_LIMITS, view.at("Action"), message);
        }
    }
}

fn check_characters(checker: &mut Checker<'_>, json: &str) {
    if json.is_ascii() {
        return;
    }
    if let Some(character) = json.chars().find(|character| !is_taken(*character)) {
        let place = checker
            .statements()
            .into_iter()
            .find(|view| {
                serde_json::to_string(view.statement)
                    .is_ok_and(|json| json.chars().any(|character| !is_taken(character)))
            })
            .map_or_else(String::new, |view| view.pointer);
        let message = format!("the character {character:?} is outside Latin-1");
        checker.find(&rules::CHARACTERS, place, message);
    }
}

fn is_taken(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{ff}')
}

pub(super) fn check_statement(checker: &mut Checker<'_>, view: &View<'_>) {
    let statement = view.statement;
    for element in statement.elements() {
        match element {
            Element::Id(_) => {
                let at = view.at("Id");
                let remove = Suggestion::new(at.clone(), Edit::Remove);
                checker.suggest(&rules::STATEMENT_ID, at, "a statement has no `Id`", remove);
            }
            Element::Action(list) | Element::NotAction(list) => {
                check_list(checker, view, element, list)
            }
            Element::Resource(list) | Element::NotResource(list) => {
                check_list(checker, view, element, list);
            }
            Element::Condition(all) if all.is_empty() => {
                let at = view.at("Condition");
                let remove = Suggestion::new(at.clone(), Edit::Remove);
                checker.suggest(&rules::EMPTY_CONDITION, at, "the block has no test", remove);
            }
            _ => {}
        }
    }
    for test in view.tests() {
        if test.values.is_nested() {
            checker.find(&rules::NESTED_LIST, test.at(), "a list in a list");
        }
        if test.values.is_empty() {
            let message = format!("no value to compare {} with", shown(test.key));
            checker.find(&rules::EMPTY_LIST, test.at(), message);
        }
    }
    check_pair(
        checker,
        view,
        "Action",
        statement.action_element().is_some(),
        statement.not_action_element().is_some(),
        true,
    );
    let needs_resource = !matches!(checker.kind, Kind::Trust | Kind::Resource);
    check_pair(
        checker,
        view,
        "Resource",
        statement.resource_element().is_some(),
        statement.not_resource_element().is_some(),
        needs_resource,
    );
    check_pair(
        checker,
        view,
        "Principal",
        statement.principal_element().is_some(),
        statement.not_principal_element().is_some(),
        checker.kind.takes_principal(),
    );
    check_allowed(checker, view);
}

fn check_list<T>(
    checker: &mut Checker<'_>,
    view: &View<'_>,
    element: &Element,
    list: &OneOrMany<T>,
) {
    if list.is_nested() {
        checker.find(&rules::NESTED_LIST, view.at(element.name()), "a list in a list");
    }
    if list.is_empty() {
        let message = format!("`{}` is an empty list", element.name());
        checker.find(&rules::EMPTY_LIST, view.at(element.name()), message);
    }
}

fn check_pair(
    checker: &mut Checker<'_>,
    view: &View<'_>,
    name: &str,
    plain: bool,
    negated: bool,
    needed: bool,
) {
    if plain && negated {
        let message = format!("`{name}` and `Not{name}` in one statement");
        checker.find(&rules::CONFLICTING_ELEMENTS, view.at(&format!("Not{name}")), message);
    }
    if !plain && !negated && needed {
        let message = format!("no `{name}` and no `Not{name}`");
        checker.find(&rules::MISSING_ELEMENT, view.pointer.clone(), message);
    }
}

fn check_allowed(checker: &mut Checker<'_>, view: &View<'_>) {
    let kind = checker.kind;
    for element in view.statement.elements() {
        let name = element.name();
        let not_allowed = match element {
            Element::Principal(_) | Element::NotPrincipal(_) => !kind.takes_principal(),
            Element::Resource(_) | Element::NotResource(_) => kind == Kind::Trust,
            _ => false,
        };
        if not_allowed {
            let message =
                format!("a statement of this kind of policy ({}) has no `{name}`", kind.name());
            let remove = Suggestion::new(view.at(name), Edit::Remove);
            checker.suggest(&rules::ELEMENT_NOT_ALLOWED, view.at(name), message, remove);
        }
    }
    if kind == Kind::Scp && view.allows() {
        for element in view.statement.elements() {
            let is_new = match element {
                Element::NotAction(_) | Element::NotResource(_) | Element::Condition(_) => true,
                Element::Resource(list) => list.iter().any(|resource| resource.as_str() != "*"),
                _ => false,
            };
            if is_new {
                let message =
                    format!("`{}` in an Allow of a service control policy", element.name());
                checker.find(&rules::SCP_OLD_GRAMMAR, view.at(element.name()), message);
            }
        }
    }
    if kind == Kind::Rcp {
        check_rcp(checker, view);
    }
}

fn check_rcp(checker: &mut Checker<'_>, view: &View<'_>) {
    if view.allows() {
        checker.find(&rules::RCP_ALLOW, view.at("Effect"), "resource control policies only deny");
    }
    for element in view.statement.elements() {
        match element {
            Element::Principal(all) if !all.is_anyone() => {
                let at = view.at("Principal");
                let anyone = Suggestion::text(at.clone(), "*");
                checker.suggest(&rules::RCP_PRINCIPAL, at, "the principal is not `*`", anyone);
            }
            Element::NotPrincipal(_) => {
                checker.find(
                    &rules::RCP_PRINCIPAL,
                    view.at("NotPrincipal"),
                    "`NotPrincipal` is refused",
                );
            }
            Element::NotAction(_) => {
                checker.find(&rules::RCP_ACTION, view.at("NotAction"), "`NotAction` is refused");
            }
            Element::Action(list) => {
                for (at, action) in list.iter().enumerate() {
                    if matches!(action.as_str(), "*" | "*:*") {
                        let at = view.item("Action", list, at);
                        checker.find(&rules::RCP_ACTION, at, "the action does not name a service");
                    }
                }
            }
            _ => {}
        }
    }
}
