//! Principals: their form, and who they let in.

use super::Kind;
use super::context::{Checker, View, shown};
use super::resources::check_parts;
use super::rules;
use crate::policy::{Comparison, PrincipalKind, Principals};

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    if !checker.kind.takes_principal() {
        return;
    }
    for (element, principals) in [
        ("Principal", view.statement.principal_element()),
        ("NotPrincipal", view.statement.not_principal_element()),
    ] {
        if let Some(principals) = principals {
            check_forms(checker, view, element, principals);
        }
    }
    if view.statement.not_principal_element().is_some() && checker.kind != Kind::Rcp {
        let at = view.at("NotPrincipal");
        if view.allows() {
            checker.find(&rules::ALLOW_NOT_PRINCIPAL, at, "allows everybody but these");
        } else {
            let message = "denies sessions and whoever has a permissions boundary as well";
            checker.find(&rules::DENY_NOT_PRINCIPAL, at, message);
        }
    }
    if view.allows() && matches!(checker.kind, Kind::Resource | Kind::Trust) {
        check_public(checker, view);
        check_services(checker, view);
    }
}

/// Every principal with its place.
pub(super) fn each(
    view: &View<'_>,
    element: &str,
    principals: &Principals,
    mut take: impl FnMut(Option<PrincipalKind>, &str, String),
) {
    match principals {
        Principals::Bare(texts) => {
            for (at, text) in texts.iter().enumerate() {
                take(None, text, view.item(element, texts, at));
            }
        }
        Principals::ByKind(kinds) => {
            for (kind, texts) in kinds {
                for (at, text) in texts.iter().enumerate() {
                    let element = format!("{element}/{}", kind.name());
                    take(Some(*kind), text, view.item(&element, texts, at));
                }
            }
        }
    }
}

fn check_forms(checker: &mut Checker<'_>, view: &View<'_>, element: &str, principals: &Principals) {
    let mut all = Vec::new();
    each(view, element, principals, |kind, text, at| all.push((kind, text.to_owned(), at)));
    for (kind, text, at) in all {
        match kind {
            None if text != "*" => {
                let message =
                    format!("{} has no kind: it belongs into {{\"AWS\": ...}}", shown(&text));
                checker.find(&rules::MALFORMED_PRINCIPAL, at, message);
            }
            Some(PrincipalKind::Aws) => check_aws(checker, &text, &at),
            Some(PrincipalKind::Service) if !is_service(&text) => {
                let message = format!("{} is not a service principal", shown(&text));
                checker.find(&rules::MALFORMED_SERVICE_PRINCIPAL, at, message);
            }
            _ => {}
        }
    }
}

fn is_service(name: &str) -> bool {
    name.contains('.')
        && [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal", ".amazonaws.eu"]
            .iter()
            .any(|end| name.ends_with(end))
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

fn check_aws(checker: &mut Checker<'_>, text: &str, at: &str) {
    if text == "*" || is_account(text) || is_unique_id(text) || text.contains("${") {
        return;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, _, account, name] = parts.as_slice() else {
        let message = format!("{} is neither an ARN nor an account id", shown(text));
        checker.find(&rules::MALFORMED_PRINCIPAL, at, message);
        return;
    };
    check_parts(checker, partition, account, text, &|| at.to_owned());
    if name.contains(['*', '?']) || account.contains(['*', '?']) {
        let message = format!("{} names nobody: a principal has no wildcards", shown(text));
        checker.find(&rules::WILDCARD_IN_PRINCIPAL, at, message);
        return;
    }
    let kind = name.split('/').next().unwrap_or_default();
    let known = match *service {
        "iam" => matches!(kind, "root" | "user" | "role"),
        "sts" => matches!(kind, "assumed-role" | "federated-user" | "self"),
        "cloudfront" => true,
        _ => false,
    };
    if *service == "iam" && kind == "group" {
        checker.find(&rules::GROUP_PRINCIPAL, at, format!("{} is a group", shown(text)));
    } else if !known || (kind == "root" && *name != "root") {
        let message = format!("{} is not a user, role, session or account root", shown(text));
        checker.find(&rules::MALFORMED_PRINCIPAL, at, message);
    }
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Ids that IAM puts in the place of ARNs.
fn is_unique_id(text: &str) -> bool {
    text.len() >= 16
        && ["AIDA", "AROA", "ANPA", "APKA", "AGPA", "AIPA"]
            .iter()
            .any(|start| text.starts_with(start))
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn check_public(checker: &mut Checker<'_>, view: &View<'_>) {
    let Some(principals) = view.statement.principal_element() else {
        return;
    };
    let mut everybody = None;
    each(view, "Principal", principals, |kind, text, at| {
        if text == "*" && matches!(kind, None | Some(PrincipalKind::Aws)) {
            everybody.get_or_insert(at);
        }
    });
    let Some(at) = everybody else {
        return;
    };
    let narrowed = view.tests().iter().any(|test| {
        let comparison = test.comparison();
        let positive = comparison
            .is_some_and(|comparison| !comparison.is_negated() && comparison != Comparison::Null);
        let names_callers = NARROWING.iter().any(|key| test.is_key(key))
            || test.key.to_ascii_lowercase().starts_with("aws:principaltag/")
            || test.key.to_ascii_lowercase().ends_with(":calleraccount");
        let wild = test.values.iter().any(|value| {
            let text = value.text();
            matches!(&*text, "*" | "0.0.0.0/0" | "::/0" | "0.0.0.0/1" | "arn:aws:*:*:*:*")
        });
        positive && names_callers && !wild && !test.operator.if_exists()
    });
    if !narrowed {
        let message =
            "allows everybody, and no condition says who they are or where they come from";
        checker.find(&rules::PUBLIC_PRINCIPAL, at, message);
    }
}

/// Keys that say who the caller is or where it comes from, and that it cannot choose.
const NARROWING: &[&str] = &[
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:userid",
    "aws:username",
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceVpcArn",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalIsAWSService",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "elasticfilesystem:AccessPointArn",
    "sts:ExternalId",
    "sns:Endpoint",
];

fn check_services(checker: &mut Checker<'_>, view: &View<'_>) {
    let Some(principals) = view.statement.principal_element() else {
        return;
    };
    if view.tests_key(&[
        "aws:SourceAccount",
        "aws:SourceArn",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:PrincipalServiceName",
        "kms:CallerAccount",
        "kms:ViaService",
    ]) {
        return;
    }
    let mut services = Vec::new();
    each(view, "Principal", principals, |kind, text, at| {
        if kind == Some(PrincipalKind::Service) {
            services.push((text.to_owned(), at));
        }
    });
    for (service, at) in services {
        // Services that assume roles of their own account only, and send no source.
        let own = matches!(service.as_str(), "ec2.amazonaws.com" | "ec2.amazonaws.com.cn");
        if is_service(&service) && !(own && checker.kind == Kind::Trust) {
            let message = format!("{} is allowed whomever it acts for", shown(&service));
            checker.find(&rules::CONFUSED_DEPUTY, at, message);
        }
    }
}
