//! Permissions that end.

use super::trust::{self, Trust};
use super::values::GuardrailError;
use crate::glob;
use crate::policy::keys::{DateTime, aws};
use crate::policy::{Effect, Policy, Statement};

/// The permissions of a policy until an instant, and nothing from then on.
///
/// Every Allow gets the date, and a Deny of everything after it is added: a date on the Allow alone does not stop the policy of a
/// resource that names the session. Nothing has to run for the access to end.
///
/// ```
/// use zt_core::guardrails::temporary_access;
/// use zt_core::policy::{Policy, Statement, keys::DateTime};
///
/// let read = Policy::new([Statement::allow("Read").actions(["s3:GetObject"]).resources(["arn:aws:s3:::bucket/*"])])?;
/// let end: DateTime = "2026-06-01T12:00:00Z".parse()?;
/// let access = temporary_access(read, end);
/// let policy = access.build()?;
/// assert_eq!(policy.statements().last().and_then(Statement::sid), Some("DenyAfterExpiry"));
///
/// let administrator = Policy::new([Statement::allow(None).actions(["iam:*"]).any_resource()])?;
/// let end: DateTime = "2026-06-01T12:00:00Z".parse()?;
/// assert!(temporary_access(administrator, end).build().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn temporary_access(permissions: Policy, not_after: impl Into<DateTime>) -> TemporaryAccess {
    TemporaryAccess { permissions, not_before: None, not_after: not_after.into() }
}

/// Parameters of [`temporary_access`].
#[derive(Clone, Debug)]
pub struct TemporaryAccess {
    permissions: Policy,
    not_before: Option<DateTime>,
    not_after: DateTime,
}

impl TemporaryAccess {
    /// The first instant of access. Default: at once.
    #[must_use]
    pub fn not_before(mut self, instant: impl Into<DateTime>) -> Self {
        self.not_before = Some(instant.into());
        self
    }

    /// The policy of the temporary role, session or user.
    ///
    /// # Errors
    ///
    /// When the end is not after the start; when a statement names a principal; when an Allow has `NotAction`; when it allows, by a wildcard, one of
    /// [`OUTLIVING_ACTIONS`]: name it if you mean it.
    pub fn build(&self) -> Result<Policy, GuardrailError> {
        self.check()?;
        let mut policy = Policy::builder().version(self.permissions.version());
        if let Some(id) = self.permissions.id() {
            policy = policy.id(id);
        }
        for statement in self.permissions.statements() {
            policy = policy.statement(match statement.effect() {
                Effect::Allow => self.dated(statement.clone()),
                Effect::Deny => statement.clone(),
            });
        }
        if let Some(start) = &self.not_before {
            policy = policy.statement(
                Statement::deny("DenyBeforeStart")
                    .actions(["*"])
                    .any_resource()
                    .when(aws::current_time().before(start.clone())),
            );
        }
        policy = policy.statement(
            Statement::deny("DenyAfterExpiry")
                .actions(["*"])
                .any_resource()
                .when(aws::current_time().at_or_after(self.not_after.clone())),
        );
        Ok(policy.build()?)
    }

    /// The trust policy of a role for this access: this user or role may assume it until the same instant.
    ///
    /// # Errors
    ///
    /// When the ARN is not one of a user or role.
    pub fn trust(&self, principal_arn: &str) -> Result<Trust, GuardrailError> {
        let mut trust = trust::principal(principal_arn)?.not_after(self.not_after.clone());
        if let Some(start) = &self.not_before {
            trust = trust.not_before(start.clone());
        }
        Ok(trust)
    }

    /// What the policy does not cover.
    #[must_use]
    pub fn limits(&self) -> Vec<&'static str> {
        vec![
            "It ends what its holder may do, not what its holder has done: resources, grants, keys and copies made in time stay.",
            "The role or user itself stays, without rights, until somebody deletes it.",
            "Only actions of IAM, STS and KMS that outlive the grant are refused; a Lambda function or a bucket policy written in time outlives it too.",
            "Nothing is allowed beyond what a permissions boundary and the organisation allow.",
        ]
    }

    fn check(&self) -> Result<(), GuardrailError> {
        if let Some(start) = &self.not_before
            && !start.is_before(&self.not_after)
        {
            let expected = format!("an instant after {start}");
            return Err(GuardrailError::invalid("not after", expected, self.not_after.to_string()));
        }
        for statement in self.permissions.statements() {
            if statement.principal_element().is_some()
                || statement.not_principal_element().is_some()
            {
                let expected = "a policy of the one who gets access: it names no principal";
                return Err(GuardrailError::invalid("permissions", expected, "Principal"));
            }
            if statement.effect() == Effect::Deny {
                continue;
            }
            if let Some(excepted) = statement.not_action_element() {
                let found = excepted.iter().map(|action| action.as_str()).collect::<Vec<_>>();
                let expected = "actions by name: NotAction allows those AWS adds later, too";
                return Err(GuardrailError::invalid("permissions", expected, found.join(", ")));
            }
            for action in statement.action_element().into_iter().flatten() {
                let pattern = action.as_str();
                let outlives = OUTLIVING_ACTIONS.iter().find(|outliving| {
                    pattern.contains(['*', '?'])
                        && glob::fits(
                            &pattern.to_ascii_lowercase(),
                            &outliving.to_ascii_lowercase(),
                        )
                });
                if let Some(outliving) = outlives {
                    let expected = format!(
                        "no pattern that allows {outliving}, whose effects outlive the grant (name it if you mean it)"
                    );
                    return Err(GuardrailError::invalid("permissions", expected, pattern));
                }
            }
        }
        Ok(())
    }

    /// Dates that a statement already has are kept where they are in another operator; the Deny holds in any case.
    fn dated(&self, mut statement: Statement) -> Statement {
        let tests = |statement: &Statement, operator: &str| {
            statement.condition_element().is_some_and(|conditions| {
                conditions.iter().any(|(other, key, _)| {
                    other.as_str() == operator && key.eq_ignore_ascii_case("aws:CurrentTime")
                })
            })
        };
        if let Some(start) = &self.not_before
            && !tests(&statement, "DateGreaterThanEquals")
        {
            statement = statement.when(aws::current_time().at_or_after(start.clone()));
        }
        if !tests(&statement, "DateLessThan") {
            statement = statement.when(aws::current_time().before(self.not_after.clone()));
        }
        statement
    }
}

/// Actions whose effects stay when the access has ended: each makes a credential, a grant, or a way to become somebody else.
pub const OUTLIVING_ACTIONS: &[&str] = &[
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:CreateRole",
    "iam:CreateSAMLProvider",
    "iam:CreateOpenIDConnectProvider",
    "iam:CreateServiceSpecificCredential",
    "iam:CreateUser",
    "iam:PassRole",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "iam:UploadSigningCertificate",
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
    "sts:AssumeRole",
    "sts:GetFederationToken",
];
