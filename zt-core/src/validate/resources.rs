//! Resources: their form, and whether the actions take them.

use std::cell::OnceCell;

use super::Kind;
use super::actions::covered;
use super::context::{Checker, View, shown};
use super::rules;
use super::suggestion::{Edit, Suggestion};
use crate::catalog::{self, ResourceType, Service};
use crate::policy::{OneOrMany, Piece, Resource, pieces};
use crate::rewrite::cover::{self, Shape, Token};

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
            check_form(checker, resource.as_str(), &|| view.item(element, list, at));
        }
    }
    let variables = checker.variables;
    let shapes: Vec<Shape<'_>> =
        list.iter().map(|resource| Shape::new(resource.as_str(), variables)).collect();
    let pairs = covered(list.as_slice(), |wide, narrow| {
        shapes.get(wide).zip(shapes.get(narrow)).is_some_and(|(wide, narrow)| wide.covers(narrow))
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

fn check_form(checker: &mut Checker<'_>, text: &str, at: &dyn Fn() -> String) {
    let wild = cover::is_wild(text);
    if !(text.starts_with("arn:") || text.starts_with(['*', '?'])) {
        let message = format!("{} is neither `*` nor an ARN", shown(text));
        checker.find(&rules::MALFORMED_RESOURCE, at(), message);
        return;
    }
    if let Some([_, partition, _, _, account, _]) = cover::text_parts(text)
        && !text.contains("${")
    {
        check_parts(checker, partition, account, text, at);
        return;
    }
    let Some(parts) = cover::arn_parts(text, checker.variables) else {
        if wild {
            let message = format!("{} has fewer than six parts", shown(text));
            checker.find(&rules::SHORT_ARN, at(), message);
        } else {
            let message = format!("{} has fewer than the six parts of an ARN", shown(text));
            checker.find(&rules::MALFORMED_RESOURCE, at(), message);
        }
        return;
    };
    let [_, partition, _, _, account, _] = &parts;
    let prefix = parts.iter().take(5);
    if prefix.flatten().any(|token| matches!(token, Token::Variable(_))) {
        let message = format!("{} has a variable before its fifth colon", shown(text));
        checker.find(&rules::VARIABLE_IN_ARN_PREFIX, at(), message);
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
    at: &dyn Fn() -> String,
) {
    if !PARTITIONS.contains(&partition) && !cover::is_wild(partition) {
        let at = at();
        let message = format!("there is no partition {}", shown(partition));
        let meant = PARTITIONS
            .iter()
            .find(|known| strsim::osa_distance(known, partition) == 1)
            .map(|known| text.replacen(&format!("arn:{partition}:"), &format!("arn:{known}:"), 1))
            .map(|mended| Suggestion::text(at.as_str(), &mended));
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
    if !is_account && !is_owner && !cover::is_wild(account) {
        let message = format!("the account {} is not 12 digits", shown(account));
        checker.find(&rules::MALFORMED_ACCOUNT, at(), message);
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
        text.bytes().filter(|byte| *byte == b':').count() < 5
            || (text.contains("${") && cover::arn_parts(text, true).is_none())
    };
    if resources.iter().any(|resource| is_short(resource.as_str())) {
        return;
    }
    let patterns = resources
        .iter()
        .filter_map(|resource| Pattern::new(resource.as_str(), checker.variables))
        .collect();
    let mut found = Taken::new(patterns);
    let mut is_complete = true;
    let mut takes_any = false;
    for (at, pattern) in actions.iter().enumerate() {
        let name = pattern.as_str();
        if cover::is_wild(name) {
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
            if found.all() {
                continue;
            }
            for action in catalog::expand(name) {
                if found.all() {
                    break;
                }
                for resource in action.resources() {
                    found.mark(resource.resource_type());
                }
            }
            continue;
        }
        let Some(action) = view.action(checker, at) else {
            is_complete = false;
            continue;
        };
        if action.is_wildcard_only() {
            if is_every_bucket(name, resources) {
                takes_any = true;
                found.mark_service("s3");
                continue;
            }
            let message = format!("{} is asked for on `*` only", shown(name));
            let at = view.item("Action", actions, at);
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
            let at = view.item("Action", actions, at);
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
struct Taken<'a> {
    patterns: Vec<Pattern<'a>>,
    taken: Vec<bool>,
    /// The service that was asked about last, and by its types whether some resource can be of them.
    seen: (Option<Service>, Vec<Option<bool>>),
}

impl<'a> Taken<'a> {
    fn new(patterns: Vec<Pattern<'a>>) -> Self {
        let taken = vec![false; patterns.len()];
        Self { patterns, taken, seen: (None, Vec::new()) }
    }

    /// Whether some resource can be of the type; notes those that can.
    fn mark(&mut self, resource: ResourceType) -> bool {
        let (service, number) = (Some(resource.service()), resource.number());
        if self.seen.0 != service {
            self.seen = (service, Vec::new());
        }
        if let Some(Some(known)) = self.seen.1.get(number) {
            return *known;
        }
        let any = resource.with_arn(|forms| self.mark_forms(forms));
        if self.seen.1.len() <= number {
            self.seen.1.resize(number + 1, None);
        }
        if let Some(seen) = self.seen.1.get_mut(number) {
            *seen = Some(any);
        }
        any
    }

    /// By the forms of ARNs, without their partition.
    fn mark_forms(&mut self, forms: &str) -> bool {
        // The name of a bucket has no slash (Amazon S3 User Guide, *General purpose bucket naming rules*): what follows one
        // is an object. Other variables stand for paths too.
        let is_bucket = forms.ends_with(":::${BucketName}");
        let mut any = false;
        for form in forms.split(", ") {
            let form = form.strip_prefix("arn:${Partition}:").unwrap_or(form);
            let head = form_head(form);
            for (pattern, taken) in self.patterns.iter().zip(&mut self.taken) {
                // Most forms are of something else, and say so in their first letters.
                if !(may_meet(head.0, pattern.service) && may_meet(head.1, pattern.last))
                    || (is_bucket && pattern.has_path())
                {
                    continue;
                }
                let fits = pattern.may_be(form);
                *taken |= fits;
                any |= fits;
            }
        }
        any
    }

    fn mark_service(&mut self, prefix: &str) {
        if self.all() {
            return;
        }
        let Some(service) = catalog::service(prefix) else {
            self.taken.fill(true);
            return;
        };
        for resource in service.resource_types() {
            self.mark(resource);
            if self.all() {
                return;
            }
        }
    }

    /// Whether some action takes each resource.
    fn all(&self) -> bool {
        self.taken.iter().all(|taken| *taken)
    }
}

/// A resource of a statement.
struct Pattern<'a> {
    text: &'a str,
    variables: bool,
    /// What its service and its last part begin with, before anything that stands for something else.
    service: &'a str,
    last: &'a str,
    /// All behind the partition, unless there is something in `${...}`.
    texts: Option<[&'a str; 4]>,
    /// The same, made when it is needed.
    parts: OnceCell<Vec<Vec<Token>>>,
}

impl<'a> Pattern<'a> {
    /// None without the six parts of an ARN.
    fn new(text: &'a str, variables: bool) -> Option<Self> {
        let texts = match cover::text_parts(text).filter(|_| !text.contains("${")) {
            Some([_, _, rest @ ..]) => Some(rest),
            // Colons can stand in a variable.
            None => {
                cover::arn_parts(text, variables)?;
                None
            }
        };
        let [service, _, _, last] = texts.unwrap_or_default().map(head);
        Some(Self { text, variables, service, last, texts, parts: OnceCell::new() })
    }

    fn parts(&self) -> &[Vec<Token>] {
        self.parts.get_or_init(|| {
            let parts = cover::arn_parts(self.text, self.variables);
            parts.into_iter().flatten().skip(2).collect()
        })
    }

    /// Whether it may be of a form of ARNs, given without the partition.
    fn may_be(&self, form: &str) -> bool {
        if let Some(own) = &self.texts
            && form
                .splitn(4, ':')
                .zip(own)
                .all(|(form, own)| *own == "*" || form == *own || is_any(form))
        {
            return true;
        }
        form_parts(form).is_none_or(|form| {
            form.iter().zip(self.parts()).all(|(form, own)| cover::overlaps(form, own))
        })
    }

    /// Whether its last part has a slash.
    fn has_path(&self) -> bool {
        if let Some([.., last]) = &self.texts {
            return last.contains('/');
        }
        let last = self.parts().last().into_iter().flatten();
        last.into_iter().any(|token| matches!(token, Token::Character('/')))
    }
}

/// Whether a part of a form is one variable, which is any text.
fn is_any(part: &str) -> bool {
    part.strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|name| !name.contains('$'))
}

/// What a part begins with, before the first wildcard or variable.
fn head(part: &str) -> &str {
    part.split(['$', '*', '?']).next().unwrap_or(part)
}

/// What the service and the last part of a form begin with, before the first variable.
fn form_head(form: &str) -> (&str, &str) {
    let mut parts = form.splitn(4, ':').map(head);
    (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default())
}

/// Whether two texts with these beginnings may be alike.
fn may_meet(one: &str, other: &str) -> bool {
    one.bytes().zip(other.bytes()).all(|(one, other)| one == other)
}

fn is_single_service(prefix: &str) -> bool {
    catalog::service(prefix).is_some_and(|service| service.resource_types().next().is_some())
}

/// The form of ARNs behind the partition as a pattern: its variables are any text.
fn form_parts(form: &str) -> Option<[Vec<Token>; 4]> {
    let mut parts: Vec<Vec<Token>> = vec![Vec::new()];
    for piece in pieces(form) {
        match piece {
            Piece::Variable { .. } => parts.last_mut()?.push(Token::Run),
            Piece::Text(text) | Piece::Literal(text) => {
                for character in text.chars() {
                    match character {
                        ':' if parts.len() < 4 => parts.push(Vec::new()),
                        '*' => parts.last_mut()?.push(Token::Run),
                        other => parts.last_mut()?.push(Token::Character(other)),
                    }
                }
            }
        }
    }
    parts.try_into().ok()
}
