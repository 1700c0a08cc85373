//! Who may do what on which resource, as a table.

use napi::bindgen_prelude::{Either3, Null, Uint8Array};
use napi::{Error, Result};
use napi_derive::napi;
use zt_core::evaluate;

use crate::evaluate::{Evaluator, Request, context_values, place};
use crate::guardrails::PrincipalName;
use crate::policy::principal;

/// Principals × actions × resources, each decided.
#[napi]
#[derive(Debug)]
pub struct AccessMatrix(evaluate::AccessMatrix);

#[napi]
impl AccessMatrix {
    /// For each principal its name in the table, who it is, and its evaluator; for each resource its account, or an empty
    /// text where the ARN tells.
    ///
    /// # Errors
    /// When there is no such kind of principal.
    #[napi(constructor)]
    pub fn new(
        names: Vec<String>,
        principals: Vec<PrincipalName>,
        evaluators: Vec<&Evaluator>,
        actions: Vec<String>,
        resources: Vec<String>,
        accounts: Vec<String>,
        context: Vec<Either3<String, Vec<String>, Null>>,
    ) -> Result<Self> {
        let mut matrix = evaluate::AccessMatrix::builder();
        for ((name, who), evaluator) in names.into_iter().zip(principals).zip(evaluators) {
            matrix = matrix.principal(name, principal(who.kind, who.name)?, &evaluator.0);
        }
        matrix = matrix.actions(actions);
        for (resource, account) in resources.into_iter().zip(accounts) {
            matrix = match account.as_str() {
                "" => matrix.resources([resource]),
                account => matrix.resource_of(account, resource),
            };
        }
        for (key, value) in context_values(context) {
            matrix = matrix.with(key, value);
        }
        Ok(Self(matrix.build()))
    }

    /// The outcome of each entry: by principal, then resource, then action.
    #[napi]
    #[must_use]
    pub fn outcomes(&self) -> Uint8Array {
        let places = self.0.entries().map(|(_, decision)| place(decision.outcome()));
        places.collect::<Vec<_>>().into()
    }

    /// The request of an entry.
    ///
    /// # Errors
    /// When there are not so many.
    #[napi]
    pub fn request(&self, at: u32) -> Result<Request> {
        let entry = usize::try_from(at).ok().and_then(|at| self.0.entries().nth(at));
        let (_, decision) = entry.ok_or_else(|| Error::from_reason("no such entry"))?;
        Ok(Request(decision.request().clone()))
    }

    /// The table for reading.
    #[napi]
    #[must_use]
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// The table as Markdown.
    #[napi]
    #[must_use]
    pub fn markdown(&self) -> String {
        self.0.to_markdown()
    }
}
