//! Who may do what on which resource, as a table.

use std::fmt::{self, Write as _};

use super::{ContextValue, Decision, Evaluator, Request};
use crate::policy::Principal;

/// Principals × actions × resources, each decided.
///
/// `Display` gives a table for reading; [`to_markdown`](Self::to_markdown) one for documents.
///
/// ```
/// use zt_core::evaluate::{AccessMatrix, Evaluator};
/// use zt_core::policy::{Policy, Statement};
///
/// let read = Policy::new([Statement::allow(None).actions(["s3:Get*"]).any_resource()])?;
/// let reader = Evaluator::builder().identity([&read]).build()?;
/// let nobody = Evaluator::builder().build()?;
/// let matrix = AccessMatrix::builder()
///     .principal("alice", "arn:aws:iam::111122223333:user/alice", &reader)
///     .principal("bob", "arn:aws:iam::111122223333:user/bob", &nobody)
///     .actions(["s3:GetObject", "s3:PutObject"])
///     .resources(["arn:aws:s3:::data/a"])
///     .build();
/// assert_eq!(
///     matrix.to_string(),
///     "principal  resource             s3:GetObject  s3:PutObject\n\
///      alice      arn:aws:s3:::data/a  allowed       -\n\
///      bob        arn:aws:s3:::data/a  -             -\n",
/// );
/// assert!(matrix.decision(0, 0, 0).unwrap().is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccessMatrix {
    names: Vec<String>,
    actions: Vec<String>,
    resources: Vec<String>,
    /// By principal, then resource, then action.
    decisions: Vec<Decision>,
}

impl AccessMatrix {
    /// Starts a matrix.
    #[must_use]
    pub fn builder<'a>() -> AccessMatrixBuilder<'a> {
        AccessMatrixBuilder::default()
    }

    /// The names of the principals.
    #[must_use]
    pub fn principals(&self) -> &[String] {
        &self.names
    }

    /// The actions.
    #[must_use]
    pub fn actions(&self) -> &[String] {
        &self.actions
    }

    /// The resources.
    #[must_use]
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// The decision for a principal, an action and a resource, each by its place from 0.
    #[must_use]
    pub fn decision(&self, principal: usize, action: usize, resource: usize) -> Option<&Decision> {
        if action >= self.actions.len() || resource >= self.resources.len() {
            return None;
        }
        let row = principal.checked_mul(self.resources.len())?.checked_add(resource)?;
        self.decisions.get(row.checked_mul(self.actions.len())?.checked_add(action)?)
    }

    /// Every decision with the name of its principal: by principal, then resource, then action.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Decision)> {
        let cells = self.resources.len() * self.actions.len();
        let names = self.names.iter().flat_map(move |name| std::iter::repeat_n(&**name, cells));
        names.zip(&self.decisions)
    }

    /// The table as Markdown: a row for each principal and resource, a column for each action.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        for (at, row) in self.rows().iter().enumerate() {
            let cells = row.iter().map(|cell| cell.replace('|', "\\|").replace(['\r', '\n'], " "));
            let _ = writeln!(text, "| {} |", cells.collect::<Vec<_>>().join(" | "));
            if at == 0 {
                let _ = writeln!(text, "|{}", "---|".repeat(row.len()));
            }
        }
        text
    }

    /// The heading, and a row for each principal and resource.
    fn rows(&self) -> Vec<Vec<&str>> {
        let mut heading = vec!["principal", "resource"];
        heading.extend(self.actions.iter().map(String::as_str));
        let mut rows = vec![heading];
        for (principal, name) in self.names.iter().enumerate() {
            for (resource, of) in self.resources.iter().enumerate() {
                let mut row = vec![name.as_str(), of.as_str()];
                row.extend(
                    (0..self.actions.len())
                        .filter_map(|action| self.decision(principal, action, resource))
                        .map(cell),
                );
                rows.push(row);
            }
        }
        rows
    }
}

/// A word for a table: `-` is an implicit denial, which is what there is most of.
fn cell(decision: &Decision) -> &str {
    use super::Outcome;
    match decision.outcome() {
        Outcome::Allowed => "allowed",
        Outcome::ExplicitDeny => "DENIED",
        Outcome::ImplicitDeny => "-",
        Outcome::Unknown => "unknown",
    }
}

impl fmt::Display for AccessMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |at: usize| {
            rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max()
        };
        let widths: Vec<usize> = (0..columns).filter_map(width).collect();
        for row in &rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                write!(line, "{cell:width$}  ")?;
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Collects what goes into a matrix: see [`AccessMatrix::builder`].
#[derive(Clone, Debug, Default)]
pub struct AccessMatrixBuilder<'a> {
    principals: Vec<(String, Principal, &'a Evaluator)>,
    actions: Vec<String>,
    resources: Vec<(String, Option<String>)>,
    context: Vec<(String, ContextValue)>,
}

impl<'a> AccessMatrixBuilder<'a> {
    /// Adds a principal: its name in the table, who it is, and the policies that apply to it.
    #[must_use]
    pub fn principal(
        mut self,
        name: impl Into<String>,
        principal: impl Into<Principal>,
        evaluator: &'a Evaluator,
    ) -> Self {
        self.principals.push((name.into(), principal.into(), evaluator));
        self
    }

    /// Adds actions.
    #[must_use]
    pub fn actions<A: Into<String>>(mut self, actions: impl IntoIterator<Item = A>) -> Self {
        self.actions.extend(actions.into_iter().map(Into::into));
        self
    }

    /// Adds resources.
    #[must_use]
    pub fn resources<R: Into<String>>(mut self, resources: impl IntoIterator<Item = R>) -> Self {
        self.resources.extend(resources.into_iter().map(|resource| (resource.into(), None)));
        self
    }

    /// Adds a resource of an account that its ARN does not tell.
    #[must_use]
    pub fn resource_of(mut self, account: impl Into<String>, resource: impl Into<String>) -> Self {
        self.resources.push((resource.into(), Some(account.into())));
        self
    }

    /// Sets a condition key of every request.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<ContextValue>) -> Self {
        self.context.push((key.into(), value.into()));
        self
    }

    /// Decides everything.
    #[must_use]
    pub fn build(self) -> AccessMatrix {
        let mut decisions = Vec::new();
        for (_, principal, evaluator) in &self.principals {
            for (resource, account) in &self.resources {
                for action in &self.actions {
                    let mut request = Request::new(principal, action, resource)
                        .with_all(self.context.iter().map(|(key, value)| (key, value.clone())));
                    if let Some(account) = account {
                        request = request.resource_account(account);
                    }
                    decisions.push(evaluator.evaluate(&request));
                }
            }
        }
        AccessMatrix {
            names: self.principals.into_iter().map(|(name, ..)| name).collect(),
            actions: self.actions,
            resources: self.resources.into_iter().map(|(resource, _)| resource).collect(),
            decisions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, Statement, keys};

    #[test]
    fn every_cell_is_its_decision() {
        let policy = Policy::new([
            Statement::allow(None).actions(["s3:*"]).resources(["arn:aws:s3:::a"]),
            Statement::deny(None).actions(["s3:Put*"]).any_resource(),
            Statement::allow(None)
                .actions(["s3:Get*"])
                .resources(["arn:aws:s3:::b|c"])
                .when(keys::aws::secure_transport().is(true)),
        ])
        .unwrap();
        let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
        let matrix = AccessMatrix::builder()
            .principal("alice", "arn:aws:iam::111122223333:user/alice", &evaluator)
            .actions(["s3:GetObject", "s3:PutObject"])
            .resources(["arn:aws:s3:::a"])
            .resource_of("444455556666", "arn:aws:s3:::a")
            .resources(["arn:aws:s3:::b|c"])
            .with("aws:SecureTransport", ContextValue::Unknown)
            .build();
        assert_eq!(
            matrix.to_markdown(),
            "| principal | resource | s3:GetObject | s3:PutObject |\n\
             |---|---|---|---|\n\
             | alice | arn:aws:s3:::a | allowed | DENIED |\n\
             | alice | arn:aws:s3:::a | - | DENIED |\n\
             | alice | arn:aws:s3:::b\\|c | unknown | DENIED |\n"
        );
        assert_eq!(matrix.entries().count(), 6);
        assert!(matrix.decision(0, 2, 0).is_none());
        assert!(matrix.decision(1, 0, 0).is_none());
    }
}
