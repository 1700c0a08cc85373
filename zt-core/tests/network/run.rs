//! A runner of a few lines over a plan's JSON, against the model of an account.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use zt_core::plan::Plan;

use crate::account::Account;

/// A run: what was called, and the answers that later calls refer to.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) answers: BTreeMap<String, Json>,
    /// Steps whose own call was made, rather than found done.
    pub(crate) made: Vec<String>,
    /// Every call: service, operation, input, and the account before it.
    pub(crate) keeps_calls: bool,
    pub(crate) calls: Vec<(String, String, Json, Account)>,
}

impl Run {
    /// Runs the steps up to a number; `Err`: the step and the code.
    pub(crate) fn forward(
        &mut self,
        plan: &Plan,
        account: &mut Account,
        steps: usize,
    ) -> Result<(), String> {
        let plan: Json = serde_json::from_str(&plan.to_json()).unwrap();
        for step in plan["steps"].as_array().unwrap().iter().take(steps) {
            let id = step["id"].as_str().unwrap().to_owned();
            let answer = match self.find(&step["again"]["found"], account) {
                Some(answer) => answer?,
                None => {
                    self.made.push(id.clone());
                    let already = step["already"].as_array().cloned().unwrap_or_default();
                    match self.call(&step["call"], account) {
                        Err(code) if already.contains(&json!(code)) => json!({}),
                        other => other.map_err(|code| format!("{id}: {code}"))?,
                    }
                }
            };
            self.answers.insert(id, answer);
            if step["wait"].is_object() {
                let answer = self.call(&step["wait"]["call"], account)?;
                for until in step["wait"]["until"].as_array().unwrap() {
                    assert_eq!(
                        at(&answer, until["path"].as_str().unwrap()),
                        Some(&until["is"]),
                        "{step}"
                    );
                }
            }
        }
        Ok(())
    }

    /// Undoes what was made, last first.
    pub(crate) fn back(&mut self, plan: &Plan, account: &mut Account) -> Result<(), String> {
        let plan: Json = serde_json::from_str(&plan.to_json()).unwrap();
        for step in plan["steps"].as_array().unwrap().iter().rev() {
            let id = step["id"].as_str().unwrap();
            if !self.made.iter().any(|made| made == id) || !step["undo"].is_object() {
                continue;
            }
            self.call(&step["undo"], account).map_err(|code| format!("undo of {id}: {code}"))?;
        }
        Ok(())
    }

    fn call(&mut self, call: &Json, account: &mut Account) -> Result<Json, String> {
        let input = self.fill(&call["input"]);
        let (service, operation) =
            (call["service"].as_str().unwrap(), call["operation"].as_str().unwrap());
        if self.keeps_calls {
            self.calls.push((service.into(), operation.into(), input.clone(), account.clone()));
        }
        account.call(service, operation, &input)
    }

    /// The answer of the step's call as far as the read tells it; `None`: it is not done.
    fn find(&mut self, found: &Json, account: &mut Account) -> Option<Result<Json, String>> {
        if !found.is_object() {
            return None;
        }
        let read = self.call(&found["read"], account).ok()?;
        let expect = found["expect"].as_array().unwrap();
        let places: Vec<Option<&Json>> =
            expect.iter().map(|it| at(&read, it["path"].as_str().unwrap())).collect();
        if places.iter().all(Option::is_none) {
            return None;
        }
        for (place, it) in places.iter().zip(expect) {
            if *place != Some(&self.fill(&it["is"])) {
                return Some(Err(format!("somebody else's: {}", it["path"])));
            }
        }
        let mut answer = json!({});
        for output in found["outputs"].as_array().into_iter().flatten() {
            let value = at(&read, output["at"].as_str().unwrap())?.clone();
            put(&mut answer, output["path"].as_str().unwrap(), value);
        }
        Some(Ok(answer))
    }

    fn fill(&self, value: &Json) -> Json {
        match value {
            Json::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Json::Object(members) => match members.get("$ref").and_then(Json::as_str) {
                Some(reference) => {
                    let (step, path) = reference.split_once('.').unwrap();
                    at(&self.answers[step], path)
                        .unwrap_or_else(|| panic!("{reference}: {}", self.answers[step]))
                        .clone()
                }
                None => Json::Object(
                    members.iter().map(|(name, value)| (name.clone(), self.fill(value))).collect(),
                ),
            },
            other => other.clone(),
        }
    }
}

fn at<'a>(answer: &'a Json, path: &str) -> Option<&'a Json> {
    let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
    answer.pointer(&pointer)
}

fn put(answer: &mut Json, path: &str, value: Json) {
    match path.split_once('[') {
        Some((name, _)) => answer[name] = json!([value]),
        None => answer[path] = value,
    }
}
