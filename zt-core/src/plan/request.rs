//! Calls with what is known by now, as drivers make them.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::step::Call;
use super::value::{Reference, Value};

/// A call to make.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    pub(super) step: String,
    pub(super) number: usize,
    pub(super) steps: usize,
    pub(super) call: Call,
}

impl Request {
    /// The id of the step that it is for.
    #[must_use]
    pub fn step(&self) -> &str {
        &self.step
    }

    /// The number of the step, counted from 1, and how many there are.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.number, self.steps)
    }

    /// The service, as SDKs name its client.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.call.service
    }

    /// The operation: `CreateRole`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.call.operation
    }

    /// The input, with secrets filled in by name. It can hold secrets then: do not log it.
    ///
    /// # Errors
    ///
    /// The name of a secret that there is not.
    pub fn input(&self, secret: impl Fn(&str) -> Option<String>) -> Result<Json, String> {
        let members =
            self.call.input.iter().map(|(name, value)| Ok((name.clone(), fill(value, &secret)?)));
        Ok(Json::Object(members.collect::<Result<_, String>>()?))
    }
}

pub(super) fn fill(
    value: &Value,
    secret: &impl Fn(&str) -> Option<String>,
) -> Result<Json, String> {
    let all = |items: &[Value]| {
        items.iter().map(|item| fill(item, secret)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match value {
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.clone().into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => all(items)?.into(),
        Value::Object(members) => {
            let members =
                members.iter().map(|(name, value)| Ok((name.clone(), fill(value, secret)?)));
            Json::Object(members.collect::<Result<_, String>>()?)
        }
        Value::Secret(name) => secret(name).ok_or_else(|| name.clone())?.into(),
        Value::Join(parts) => {
            let parts = all(parts)?;
            parts.iter().filter_map(Json::as_str).collect::<String>().into()
        }
        Value::Reference(reference) => return Err(reference.to_string()),
    })
}

/// What is known of the outputs of steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    outputs: HashMap<Reference, Json>,
}

impl Known {
    pub(super) fn insert(&mut self, reference: Reference, output: Json) {
        self.outputs.insert(reference, output);
    }

    pub(super) fn get(&self, reference: &Reference) -> Option<&Json> {
        self.outputs.get(reference)
    }

    /// A call with its references replaced. None when an output is not known.
    pub(super) fn call(&self, call: &Call) -> Option<Call> {
        let input = call.input.iter().map(|(name, value)| Some((name.clone(), self.value(value)?)));
        Some(Call { input: input.collect::<Option<_>>()?, ..call.clone() })
    }

    /// A value with its references replaced.
    pub(super) fn value(&self, value: &Value) -> Option<Value> {
        let all =
            |items: &[Value]| items.iter().map(|item| self.value(item)).collect::<Option<Vec<_>>>();
        Some(match value {
            Value::Reference(reference) => constant(self.outputs.get(reference)?)?,
            Value::List(items) => Value::List(all(items)?),
            Value::Join(parts) => Value::Join(all(parts)?),
            Value::Object(members) => {
                let members =
                    members.iter().map(|(name, value)| Some((name.clone(), self.value(value)?)));
                Value::Object(members.collect::<Option<_>>()?)
            }
            other => other.clone(),
        })
    }

    /// A value without secrets as JSON.
    pub(super) fn json(&self, value: &Value) -> Option<Json> {
        fill(&self.value(value)?, &|_| None).ok()
    }
}

/// JSON of an answer as a constant.
fn constant(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(number.clone()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(constant).collect::<Option<_>>()?),
        Json::Object(members) => {
            let members =
                members.iter().map(|(name, value)| Some((name.clone(), constant(value)?)));
            Value::Object(members.collect::<Option<_>>()?)
        }
    })
}
