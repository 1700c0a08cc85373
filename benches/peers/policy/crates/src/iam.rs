//! The same documents, read by `iam-rs`.

use anyhow::{Context as _, Result};
use iam_rs::{Arn, Context, ContextValue, Decision, IAMPolicy, IAMRequest, PolicyEvaluator};
use iam_rs::{Principal, PrincipalId};

use crate::{Request, Set};

pub(crate) fn decider(set: &Set, request: &Request) -> Result<impl FnMut() -> Result<bool>> {
    let policy: IAMPolicy = serde_json::from_value(set.policy.clone())?;
    let evaluator = PolicyEvaluator::with_policies(vec![policy]);
    let mut context = Context::new();
    for (key, value) in &request.context {
        let value = value.as_str().context("no text")?;
        let value = match value {
            "true" => ContextValue::Boolean(true),
            "false" => ContextValue::Boolean(false),
            text => ContextValue::String(text.to_owned()),
        };
        context.insert(key.clone(), value);
    }
    let request = IAMRequest::new_with_context(
        Principal::Aws(PrincipalId::String(request.principal.clone())),
        request.action.clone(),
        Arn::parse(&request.resource)?,
        context,
    );
    Ok(move || Ok(evaluator.evaluate(&request)?.decision == Decision::Allow))
}
