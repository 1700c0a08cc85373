//! What rules see, and where they put their findings.

use super::finding::{Finding, Severity};
use super::rules::Rule;
use super::suggestion::{Edit, Suggestion};
use super::{Kind, ValidateOptions};
use crate::catalog::{self, Service};
use crate::policy::{
    Comparison, Effect, OneOrMany, Operator, Policy, Statement, Value, Version, escape_pointer,
};

/// A policy under examination.
pub(super) struct Checker<'a> {
    pub(super) policy: &'a Policy,
    pub(super) kind: Kind,
    pub(super) options: &'a ValidateOptions,
    /// Whether `${...}` is a variable.
    pub(super) variables: bool,
    findings: Vec<Finding>,
    /// The prefix that was looked up last, and its service: actions of a list are mostly of one.
    last: Option<(String, Option<Service>)>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(policy: &'a Policy, kind: Kind, options: &'a ValidateOptions) -> Self {
        let variables = policy.version() == Version::V2012_10_17;
        Self { policy, kind, options, variables, findings: Vec::new(), last: None }
    }

    /// As [`catalog::service`].
    pub(super) fn service(&mut self, prefix: &str) -> Option<Service> {
        match &self.last {
            Some((last, service)) if last == prefix => *service,
            _ => {
                let service = catalog::service(prefix);
                self.last = Some((prefix.to_owned(), service));
                service
            }
        }
    }

    /// Every statement with its place.
    pub(super) fn statements(&self) -> Vec<View<'a>> {
        let bare = self.policy.has_bare_statement();
        let statements = self.policy.statements().iter().enumerate();
        statements
            .map(|(at, statement)| View {
                statement,
                pointer: if bare { "/Statement".to_owned() } else { format!("/Statement/{at}") },
            })
            .collect()
    }

    pub(super) fn find(
        &mut self,
        rule: &'static Rule,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.push(rule, rule.severity(), pointer, message, None);
    }

    pub(super) fn suggest(
        &mut self,
        rule: &'static Rule,
        pointer: impl Into<String>,
        message: impl Into<String>,
        suggestion: impl Into<Option<Suggestion>>,
    ) {
        self.push(rule, rule.severity(), pointer, message, suggestion.into());
    }

    pub(super) fn push(
        &mut self,
        rule: &'static Rule,
        severity: Severity,
        pointer: impl Into<String>,
        message: impl Into<String>,
        suggestion: Option<Suggestion>,
    ) {
        let (pointer, message) = (pointer.into(), message.into());
        self.findings.push(Finding::new(rule, severity, pointer, message, suggestion));
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// A statement and where it is.
#[derive(Clone)]
pub(super) struct View<'a> {
    pub(super) statement: &'a Statement,
    pub(super) pointer: String,
}

impl<'a> View<'a> {
    pub(super) fn allows(&self) -> bool {
        self.statement.effect() == Effect::Allow
    }

    /// Where an element is.
    pub(super) fn at(&self, element: &str) -> String {
        format!("{}/{element}", self.pointer)
    }

    /// Where an item of an element is.
    pub(super) fn item<T>(&self, element: &str, list: &OneOrMany<T>, at: usize) -> String {
        format!("{}/{element}{}", self.pointer, list.path_of(at))
    }

    /// Every test of the condition block.
    pub(super) fn tests(&self) -> Vec<Test<'a>> {
        let tests = self.statement.condition_element().into_iter().flat_map(|all| all.iter());
        tests
            .map(|(operator, key, values)| Test {
                operator,
                key,
                values,
                statement: self.pointer.clone(),
            })
            .collect()
    }

    /// Whether some test is about one of these keys.
    pub(super) fn tests_key(&self, names: &[&str]) -> bool {
        self.statement.condition_element().is_some_and(|all| {
            all.iter().any(|(_, key, _)| names.iter().any(|name| key.eq_ignore_ascii_case(name)))
        })
    }

    /// Whether the statement is about every resource.
    pub(super) fn is_about_everything(&self) -> bool {
        match (self.statement.resource_element(), self.statement.not_resource_element()) {
            (Some(list), _) => list.iter().any(|resource| is_everything(resource.as_str())),
            (None, Some(_)) => true,
            (None, None) => true,
        }
    }
}

/// `*`, and the ARNs that are only wildcards.
fn is_everything(resource: &str) -> bool {
    resource.bytes().all(|byte| matches!(byte, b'*' | b':')) && resource.contains('*')
        || resource.strip_prefix("arn:").is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|byte| matches!(byte, b'*' | b':'))
        })
}

/// One test of a condition block.
#[derive(Clone)]
pub(super) struct Test<'a> {
    pub(super) operator: &'a Operator,
    pub(super) key: &'a str,
    pub(super) values: &'a OneOrMany<Value>,
    statement: String,
}

impl Test<'_> {
    pub(super) fn comparison(&self) -> Option<Comparison> {
        self.operator.comparison()
    }

    pub(super) fn is_key(&self, name: &str) -> bool {
        self.key.eq_ignore_ascii_case(name)
    }

    /// Where the operator is.
    pub(super) fn operator_at(&self) -> String {
        format!("{}/Condition/{}", self.statement, escape_pointer(self.operator.as_str()))
    }

    /// Where the key is.
    pub(super) fn at(&self) -> String {
        format!("{}/{}", self.operator_at(), escape_pointer(self.key))
    }

    /// Where a value is.
    pub(super) fn value_at(&self, at: usize) -> String {
        format!("{}{}", self.at(), self.values.path_of(at))
    }

    /// The same test under another operator, unless the block already has a test of the key there.
    pub(super) fn with_operator(&self, operator: &Operator, view: &View<'_>) -> Option<Suggestion> {
        let taken = view
            .tests()
            .iter()
            .any(|other| other.operator.as_str() == operator.as_str() && other.key == self.key);
        (!taken).then(|| Suggestion::new(self.at(), Edit::MoveTo(operator.as_str().to_owned())))
    }
}

/// A text of the author in a message: in backticks, on one line, and not too long.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .map(
            |character| {
                if character.is_control() || character == '`' { '\u{fffd}' } else { character }
            },
        )
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}
