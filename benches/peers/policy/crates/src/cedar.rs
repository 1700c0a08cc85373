//! The same in Cedar: what can be is in a policy's scope, where Cedar compares entities and no texts.

use std::collections::HashSet;

use anyhow::{Context as _, Result, bail};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, RestrictedExpression,
};
use serde_json::Value;

use crate::{Request, Set, texts};

pub(crate) fn decider(set: &Set, request: &Request) -> Result<impl FnMut() -> Result<bool>> {
    let statements = set.policy["Statement"].as_array().context("no statements")?;
    let policies: String = statements.iter().map(policy).collect::<Result<_>>()?;
    let policies: PolicySet = policies.parse()?;
    let object = uid("Object", &request.resource)?;
    let bucket = uid("Bucket", bucket(&request.resource)?)?;
    let entities = Entities::from_entities(
        [
            Entity::new_no_attrs(object.clone(), HashSet::from([bucket.clone()])),
            Entity::new_no_attrs(bucket, HashSet::new()),
        ],
        None,
    )?;
    let context = request.context.iter().map(|(key, value)| {
        let value = value.as_str().context("no text")?;
        let value = match key.as_str() {
            "aws:SourceIp" => RestrictedExpression::new_ip(value),
            "aws:RequestedRegion" => RestrictedExpression::new_string(value.to_owned()),
            _ => RestrictedExpression::new_bool(value == "true"),
        };
        Ok((name(key).to_owned(), value))
    });
    let context = Context::from_pairs(context.collect::<Result<Vec<_>>>()?)?;
    let principal = uid("User", &request.principal)?;
    let action = uid("Action", &request.action)?;
    let request = cedar_policy::Request::new(principal, action, object, context, None)?;
    let authorizer = Authorizer::new();
    Ok(move || {
        Ok(authorizer.is_authorized(&request, &policies, &entities).decision() == Decision::Allow)
    })
}

fn policy(statement: &Value) -> Result<String> {
    let effect = if statement["Effect"] == "Allow" { "permit" } else { "forbid" };
    let actions: Vec<String> = texts(&statement["Action"])?
        .into_iter()
        .map(|action| format!("Action::{action:?}"))
        .collect();
    let bucket = bucket(statement["Resource"].as_str().context("no resource")?)?;
    let mut tests = Vec::new();
    for (operator, keys) in statement["Condition"].as_object().context("no condition")? {
        for (key, values) in keys.as_object().context("no keys")? {
            let (key, values) = (name(key), texts(values)?);
            tests.push(match operator.as_str() {
                "IpAddress" => {
                    let any: Vec<String> = values
                        .iter()
                        .map(|range| format!("context.{key}.isInRange(ip({range:?}))"))
                        .collect();
                    format!("({})", any.join(" || "))
                }
                "StringEquals" => format!("{values:?}.contains(context.{key})"),
                "Bool" if values == ["true"] => format!("context.{key}"),
                other => bail!("no translation for {other}"),
            });
        }
    }
    Ok(format!(
        "{effect}(principal, action in [{}], resource in Bucket::{bucket:?}) when {{ {} }};\n",
        actions.join(", "),
        tests.join(" && ")
    ))
}

/// `aws:SourceIp` as `SourceIp`.
fn name(key: &str) -> &str {
    key.trim_start_matches("aws:")
}

fn bucket(resource: &str) -> Result<&str> {
    resource
        .strip_prefix("arn:aws:s3:::")
        .and_then(|path| path.split('/').next())
        .context("no bucket")
}

fn uid(kind: &str, id: &str) -> Result<EntityUid> {
    let kind: EntityTypeName = kind.parse()?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}
