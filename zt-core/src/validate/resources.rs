//! Resources: their form, and whether the actions take them.

use std::collections::HashMap;

use super::Kind;
use super::actions::covered;
use super::context::{Checker, View, shown};
use super::rules;
use super::suggestion::{Edit, Suggestion};
use crate::catalog::{self, ResourceType};
use crate::policy::{OneOrMany, Piece, Resource, pieces};
use crate::rewrite::cover::{self, Token};

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    for (element, list) in [
        ("Resource", view.statement.resource_element()),
        ("NotResource", view.statement.not_resource_element()),
    ] {
        if let Some(list) = list {
            check_list(checker, view, element, list);
        }
    }
    if view.statement.not_resource_element().is_some() && view.allows() && checker.kind.grants() {
        let message = "allows on every resource but these, future ones included";
        checker.find(&rules::ALLOW_NOT_RESOURCE, view.at("NotResource"), message);
    }
    if checker.kind != Kind::Trust {
        check_types(checker, view);
    }
}

fn check_list(
    checker: &mut Checker<'_>,
    view: &View<'_>,
    element: &str,
    list: &OneOrMany<Resource>,
) {
    for (at, resource) in list.iter().enumerate() {
        if resource.as_str() != "*" {
            check_form(checker, resource.as_str(), &view.item(element, list, at));
        }
    }
    let variables = checker.variables;
    let pairs = covered(list.as_slice(), |wide, narrow| {
        cover::resource_covers(wide.as_str(), narrow.as_str(), variables)
    });
    for (narrow, wide) in pairs {
        let Some((resource, other)) = list.as_slice().get(narrow).zip(list.as_slice().get(wide))
        else {
            continue;
        };
        let at = view.item(element, list, narrow);
        let message =
            format!("{} is covered by {}", shown(resource.as_str()), shown(other.as_str()));
        let remove = Suggestion::new(at.clone(), Edit::Remove);
        checker.suggest(&rules::REDUNDANT_RESOURCE, at, message, remove);
    }
}

fn check_form(checker: &mut Checker<'_>, text: &str, at: &str) {
    let wild = text.contains(['*', '?']);
    if !(text.starts_with("arn:") || text.starts_with(['*', '?'])) {
        let message = format!("{} is neither `*` nor an ARN", shown(text));
        checker.find(&rules::MALFORMED_RESOURCE, at, message);
        return;
    }
    let Some(parts) = cover::arn_parts(text, checker.variables) else {
        if wild {
            let message = format!("{} has fewer than six parts", shown(text));
            checker.find(&rules::SHORT_ARN, at, message);
        } else {
            let message = format!("{} has fewer than the six parts of an ARN", shown(text));
            checker.find(&rules::MALFORMED_RESOURCE, at, message);
        }
        return;
    };
    let [_, partition, _, _, account, _] = &parts;
    let prefix = parts.iter().take(5);
    if prefix.flatten().any(|token| matches!(token, Token::Variable(_))) {
        let message = format!("{} has a variable before its fifth colon", shown(text));
        checker.find(&rules::VARIABLE_IN_ARN_PREFIX, at, message);
        return;
    }
    check_parts(checker, &plain(partition), &plain(account), text, at);
}

/// Partition and account of an ARN, of a resource or a principal.
pub(super) fn check_parts(
    checker: &mut Checker<'_>,
    partition: &str,
    account: &str,
    text: &str,
    at: &str,
) {
    let is_wild = |part: &str| part.contains(['*', '?']);
    if !is_wild(partition) && !PARTITIONS.contains(&partition) {
        let message = format!("there is no partition {}", shown(partition));
        let meant = PARTITIONS
            .iter()
            .find(|known| strsim::osa_distance(known, partition) == 1)
            .map(|known| text.replacen(&format!("arn:{partition}:"), &format!("arn:{known}:"), 1))
            .map(|mended| Suggestion::text(at, &mended));
        checker.suggest(&rules::UNKNOWN_PARTITION, at, message, meant);
    }
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_owner = matches!(
        account,
        "" | "aws"
            | "aws-managed"
            | "cloudfront"
            | "third-party"
            | "aws-marketplace"
            | "elasticbeanstalk"
    );
    if !is_account && !is_owner && !is_wild(account) {
        let message = format!("the account {} is not 12 digits", shown(account));
        checker.find(&rules::MALFORMED_ACCOUNT, at, message);
    }
}

/// Partitions of AWS (AWS General Reference, *Amazon Resource Names*; botocore's endpoint data, 2026).
const PARTITIONS: &[&str] =
    &["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

fn plain(tokens: &[Token]) -> String {
    tokens
        .iter()
        .map(|token| match token {
            Token::Run | Token::Variable(_) => '*',
            Token::One => '?',
            Token::Character(character) => *character,
        })
        .collect()
}

/// Whether the actions take the resources.
fn check_types(checker: &mut Checker<'_>, view: &View<'_>) {
    let (Some(actions), Some(resources)) =
        (view.statement.action_element(), view.statement.resource_element())
    else {
        return;
    };
    let is_short = |text: &str| {
        text.matches(':').count() < 5
            || (text.contains("${") && cover::arn_parts(text, true).is_none())
    };
    if resources.iter().any(|resource| is_short(resource.as_str())) {
        return;
    }
    let patterns: Vec<[Vec<Token>; 6]> = resources
        .iter()
        .filter_map(|resource| cover::arn_parts(resource.as_str(), checker.variables))
        .collect();
    let mut found = Taken::new(patterns);
    let mut is_complete = true;
    let mut takes_any = false;
    for (at, pattern) in actions.iter().enumerate() {
        let name = pattern.as_str();
        if name.contains(['*', '?']) {
            let Some((prefix, _)) =
                name.split_once(':').filter(|(prefix, _)| !prefix.contains('*'))
            else {
                is_complete = false;
                continue;
            };
            takes_any = true;
            // A wide pattern: any resource of the service will do, and those of services that it works with.
            if name.ends_with(":*") || !catalog::is_action(name) {
                found.mark_service(prefix);
                is_complete = is_complete && is_single_service(prefix);
                continue;
            }
            if found.taken.iter().all(|taken| *taken) {
                continue;
            }
            for action in catalog::expand(name) {
                for resource in action.resources() {
                    found.mark(resource.resource_type());
                }
            }
            continue;
        }
        let known =
            name.split_once(':').and_then(|(prefix, own)| checker.service(prefix)?.action(own));
        let Some(action) = known else {
            is_complete = false;
            continue;
        };
        let at = view.item("Action", actions, at);
        if action.is_wildcard_only() {
            if is_every_bucket(name, resources) {
                takes_any = true;
                found.mark_service("s3");
                continue;
            }
            let message = format!("{} is asked for on `*` only", shown(name));
            checker.find(&rules::ACTION_NEEDS_ALL_RESOURCES, at, message);
            continue;
        }
        takes_any = true;
        let mut takes_one = false;
        for resource in action.resources() {
            takes_one |= found.mark(resource.resource_type());
        }
        if !takes_one && !checker.kind.takes_principal() {
            let types: Vec<String> =
                action.resources().map(|resource| resource.resource_type().name()).collect();
            let message = format!(
                "{} takes {}, and no resource here is one",
                shown(name),
                types.join(" or ")
            );
            checker.find(&rules::ACTION_WITHOUT_RESOURCE, at, message);
        }
    }
    // Where no action takes any resource, that has been said of each action.
    if !is_complete || !takes_any {
        return;
    }
    for (at, resource) in resources.iter().enumerate() {
        if found.taken.get(at) == Some(&false) {
            let message = format!("no action here takes {}", shown(resource.as_str()));
            checker.find(
                &rules::RESOURCE_WITHOUT_ACTION,
                view.item("Resource", resources, at),
                message,
            );
        }
    }
}

/// The one such action that is asked for on `arn:aws:s3:::*` as well (Amazon S3 User Guide, *Controlling access to a bucket with
/// user policies*).
fn is_every_bucket(action: &str, resources: &OneOrMany<Resource>) -> bool {
    action.eq_ignore_ascii_case("s3:ListAllMyBuckets")
        && resources.iter().any(|resource| resource.as_str().ends_with(":s3:::*"))
}

/// The resources of a statement, and which of them some action takes.
struct Taken {
    patterns: Vec<[Vec<Token>; 6]>,
    /// What the service and the last part of each begin with, before the first wildcard.
    heads: Vec<(String, String)>,
    taken: Vec<bool>,
    /// Types that were asked for, and whether some resource can be of them.
    seen: HashMap<ResourceType, bool>,
}

impl Taken {
    fn new(patterns: Vec<[Vec<Token>; 6]>) -> Self {
        let heads = patterns.iter().map(|[_, _, service, _, _, last]| (head(service), head(last)));
        let (heads, taken) = (heads.collect(), vec![false; patterns.len()]);
        Self { patterns, heads, taken, seen: HashMap::new() }
    }

    /// Whether some resource can be of the type; notes those that can.
    fn mark(&mut self, resource: ResourceType) -> bool {
        if let Some(known) = self.seen.get(&resource) {
            return *known;
        }
        let form = resource.arn_pattern();
        // The name of a bucket has no slash (Amazon S3 User Guide, *General purpose bucket naming rules*): what follows one
        // is an object. Other variables stand for paths too.
        let is_bucket = form.ends_with(":::${BucketName}");
        let is_object = |pattern: &[Vec<Token>; 6]| {
            pattern.iter().skip(5).flatten().any(|token| matches!(token, Token::Character('/')))
        };
        let mut any = false;
        for form in form.split(", ") {
            let head = form_head(form);
            let mut parts = None;
            for ((pattern, own), taken) in
                self.patterns.iter().zip(&self.heads).zip(&mut self.taken)
            {
                // Most forms are of something else, and say so in their first letters.
                if !(may_meet(head.0, &own.0) && may_meet(head.1, &own.1))
                    || (is_bucket && is_object(pattern))
                {
                    continue;
                }
                let parts = parts.get_or_insert_with(|| form_parts(form));
                let fits = parts.as_ref().is_none_or(|form| {
                    form.iter().zip(pattern).all(|(form, own)| cover::overlaps(form, own))
                });
                *taken |= fits;
                any |= fits;
            }
        }
        self.seen.insert(resource, any);
        any
    }

    fn mark_service(&mut self, prefix: &str) {
        match catalog::service(prefix) {
            Some(service) => service.resource_types().for_each(|resource| {
                self.mark(resource);
            }),
            None => self.taken.fill(true),
        }
    }
}

/// What a pattern begins with, before the first wildcard.
fn head(tokens: &[Token]) -> String {
    let plain = tokens.iter().map_while(|token| match token {
        Token::Character(character) => Some(*character),
        _ => None,
    });
    plain.collect()
}

/// What the service and the last part of a form begin with, before the first variable.
fn form_head(form: &str) -> (&str, &str) {
    let mut parts = form.splitn(6, ':').map(|part| part.split(['$', '*']).next().unwrap_or(part));
    (parts.nth(2).unwrap_or_default(), parts.nth(2).unwrap_or_default())
}

/// Whether two texts with these beginnings may be alike.
fn may_meet(one: &str, other: &str) -> bool {
    let shared = one.len().min(other.len());
    one.as_bytes().get(..shared) == other.as_bytes().get(..shared)
}

fn is_single_service(prefix: &str) -> bool {
    catalog::service(prefix).is_some_and(|service| service.resource_types().next().is_some())
}

/// The form of ARNs as a pattern: its variables are any text.
fn form_parts(form: &str) -> Option<[Vec<Token>; 6]> {
    let mut parts: Vec<Vec<Token>> = vec![Vec::new()];
    for piece in pieces(form) {
        match piece {
            Piece::Variable { .. } => parts.last_mut()?.push(Token::Run),
            Piece::Text(text) | Piece::Literal(text) => {
                for character in text.chars() {
                    match character {
                        ':' if parts.len() < 6 => parts.push(Vec::new()),
                        '*' => parts.last_mut()?.push(Token::Run),
                        other => parts.last_mut()?.push(Token::Character(other)),
                    }
                }
            }
        }
    }
    parts.try_into().ok()
}
