//! The calls of temporary access, from plans' JSON to the SDK's types and back.

use anyhow::{Result, bail};
use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::{Role, Tag};
use serde_json::{Map, Value, json};
use zt_core::plan::{Failure, Request};

/// Makes a call: what the service answered, or how the call failed.
///
/// # Errors
///
/// When it is not of temporary access: nothing is sent then.
pub(crate) async fn make(iam: &Client, request: &Request) -> Result<Result<Value, Failure>> {
    let input = request.input(|_| None).map_err(|name| anyhow::anyhow!("no secret `{name}`"))?;
    let input = Input { request, members: input.as_object().cloned().unwrap_or_default() };
    let (role, policy) = (input.text("RoleName"), input.text("PolicyName"));
    let document = input.text("PolicyDocument");
    Ok(match (request.service(), request.operation()) {
        ("iam", "CreateRole") => {
            input.only(&[
                "AssumeRolePolicyDocument",
                "MaxSessionDuration",
                "Path",
                "PermissionsBoundary",
                "RoleName",
                "Tags",
            ])?;
            let call = iam
                .create_role()
                .set_role_name(role)
                .set_path(input.text("Path"))
                .set_assume_role_policy_document(input.text("AssumeRolePolicyDocument"))
                .set_max_session_duration(input.number("MaxSessionDuration"))
                .set_permissions_boundary(input.text("PermissionsBoundary"))
                .set_tags(Some(input.tags()?));
            let answer = call.send().await.map_err(failure);
            answer.map(|answer| json!({ "Role": answer.role().map(described) }))
        }
        ("iam", "GetRole") => {
            input.only(&["RoleName"])?;
            let answer = iam.get_role().set_role_name(role).send().await.map_err(failure);
            answer.map(|answer| json!({ "Role": answer.role().map(described) }))
        }
        ("iam", "DeleteRole") => {
            input.only(&["RoleName"])?;
            let answer = iam.delete_role().set_role_name(role).send().await;
            answer.map(|_| json!({})).map_err(failure)
        }
        ("iam", "UpdateAssumeRolePolicy") => {
            input.only(&["PolicyDocument", "RoleName"])?;
            let call = iam.update_assume_role_policy().set_role_name(role);
            let answer = call.set_policy_document(document).send().await;
            answer.map(|_| json!({})).map_err(failure)
        }
        ("iam", "PutRolePolicy") => {
            input.only(&["PolicyDocument", "PolicyName", "RoleName"])?;
            let call = iam.put_role_policy().set_role_name(role).set_policy_name(policy);
            let answer = call.set_policy_document(document).send().await;
            answer.map(|_| json!({})).map_err(failure)
        }
        ("iam", "GetRolePolicy") => {
            input.only(&["PolicyName", "RoleName"])?;
            let call = iam.get_role_policy().set_role_name(role).set_policy_name(policy);
            let answer = call.send().await.map_err(failure);
            answer.map(|answer| {
                json!({
                    "RoleName": answer.role_name(),
                    "PolicyName": answer.policy_name(),
                    "PolicyDocument": answer.policy_document(),
                })
            })
        }
        ("iam", "DeleteRolePolicy") => {
            input.only(&["PolicyName", "RoleName"])?;
            let call = iam.delete_role_policy().set_role_name(role).set_policy_name(policy);
            let answer = call.send().await;
            answer.map(|_| json!({})).map_err(failure)
        }
        (service, operation) => {
            bail!("step `{}`: {service} {operation} is not made here", request.step())
        }
    })
}

/// The SDK's own code of an error; where the answer has none, the status of HTTP says what it means.
fn failure<E: ProvideErrorMetadata>(error: SdkError<E>) -> Failure {
    match (error.code(), error.raw_response()) {
        (Some(code), _) => Failure::Refused(code.to_owned()),
        (None, Some(response)) if response.status().as_u16() >= 400 => {
            Failure::Refused(response.status().as_u16().to_string())
        }
        _ => Failure::Unknown(error.to_string()),
    }
}

/// A role, as the API names it: what plans look at.
fn described(role: &Role) -> Value {
    let boundary = role.permissions_boundary().and_then(|one| one.permissions_boundary_arn());
    json!({
        "Arn": role.arn(),
        "AssumeRolePolicyDocument": role.assume_role_policy_document(),
        "MaxSessionDuration": role.max_session_duration(),
        "Path": role.path(),
        "PermissionsBoundary": boundary.map(|arn| json!({ "PermissionsBoundaryArn": arn })),
        "RoleName": role.role_name(),
    })
}

struct Input<'a> {
    request: &'a Request,
    members: Map<String, Value>,
}

impl Input<'_> {
    /// Nothing is left out silently.
    fn only(&self, known: &[&str]) -> Result<()> {
        match self.members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let Self { request, .. } = self;
                bail!(
                    "step `{}`: {name} of {} is not sent here",
                    request.step(),
                    request.operation()
                )
            }
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.members.get(name)?.as_str().map(str::to_owned)
    }

    fn number(&self, name: &str) -> Option<i32> {
        self.members.get(name)?.as_i64()?.try_into().ok()
    }

    fn tags(&self) -> Result<Vec<Tag>> {
        let tags = self.members.get("Tags").and_then(Value::as_array);
        let tags = tags.into_iter().flatten().map(|tag| {
            let text = |name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
            Tag::builder().set_key(text("Key")).set_value(text("Value")).build()
        });
        Ok(tags.collect::<Result<_, _>>()?)
    }
}
