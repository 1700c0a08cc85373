//! Who may assume a role.
//!
//! Each function starts a [`Trust`] with what its kind of principal needs to be told apart from everybody else's.
//!
//! ```
//! use zt_core::guardrails::trust;
//!
//! let policy = trust::service("lambda.amazonaws.com", "111122223333")?.source_arn("arn:aws:lambda:*:111122223333:function:f")?.build()?;
//! assert!(policy.to_json().contains("aws:SourceAccount"));
//!
//! let policy = trust::third_party("444455556666", "7f3c9a52")?.build()?;
//! assert!(policy.to_json().contains("sts:ExternalId"));
//! # Ok::<(), zt_core::guardrails::GuardrailError>(())
//! ```

use super::values::{self, GuardrailError};
use crate::policy::keys::{DateTime, Key, Str, aws};
use crate::policy::{Condition, Policy, Principal, Statement};

/// An AWS service, acting for a resource in this account: without a source, anybody could make the service assume the role for
/// them (IAM User Guide, *The confused deputy problem*).
///
/// # Errors
///
/// When the service principal or the account id cannot be one.
pub fn service(name: &str, source_account: &str) -> Result<Trust, GuardrailError> {
    values::account(source_account)?;
    let mut trust = service_without_source(name)?;
    trust.kind = Kind::Service { has_source: true };
    Ok(trust.when(aws::source_account().is(source_account)))
}

/// An AWS service that sends no source, such as `ec2.amazonaws.com`: it assumes roles of its own account only.
///
/// For services that do send one, use [`service`].
///
/// # Errors
///
/// When the service principal cannot be one.
pub fn service_without_source(name: &str) -> Result<Trust, GuardrailError> {
    values::service("service", name)?;
    Ok(Trust::new(Principal::service(name), "sts:AssumeRole", Kind::Service { has_source: false }))
}

/// One user or role, of any account that you run.
///
/// # Errors
///
/// When the ARN is not one of a user or role.
pub fn principal(arn: &str) -> Result<Trust, GuardrailError> {
    values::principal_arn("principal", arn)?;
    Ok(Trust::new(Principal::aws(arn), "sts:AssumeRole", Kind::Own))
}

/// The account of somebody else, who works for several customers: the external id is the one they use for you alone (IAM User
/// Guide, *Access to AWS accounts owned by third parties*).
///
/// # Errors
///
/// When the account id or the external id cannot be one (2 to 1,224 letters, digits and `+=,.@:/-_`).
pub fn third_party(account: &str, external_id: &str) -> Result<Trust, GuardrailError> {
    values::account(account)?;
    let fits = (2..=1224).contains(&external_id.len())
        && external_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@:/-_".contains(&byte));
    if !fits {
        let expected = "2 to 1224 letters, digits and signs of +=,.@:/-_";
        return Err(GuardrailError::invalid("external id", expected, external_id));
    }
    let trust = Trust::new(Principal::aws(account), "sts:AssumeRole", Kind::ThirdParty);
    Ok(trust.when(Key::<Str>::new("sts:ExternalId").is(external_id)))
}

/// An OpenID Connect provider, by its ARN: tokens for this audience, of these subjects. A subject may be a pattern, as
/// `repo:owner/name:ref:refs/heads/*`, but not for the issuer's every tenant.
///
/// # Errors
///
/// When the ARN is not one of a provider; when there is no audience or no subject; when a subject starts with a wildcard, or
/// `repo:` is followed by one: anybody can have such a subject.
pub fn oidc(
    provider_arn: &str,
    audience: &str,
    subjects: impl IntoIterator<Item = impl Into<String>>,
) -> Result<Trust, GuardrailError> {
    let expected = "the ARN of a provider, such as arn:aws:iam::111122223333:oidc-provider/host";
    let Some(issuer) = provider(provider_arn, "oidc-provider/") else {
        return Err(GuardrailError::invalid("provider", expected, provider_arn));
    };
    if audience.is_empty() || audience.contains(['*', '?']) {
        return Err(GuardrailError::invalid(
            "audience",
            "one audience without wildcards",
            audience,
        ));
    }
    let subjects: Vec<String> = subjects.into_iter().map(Into::into).collect();
    if subjects.is_empty() {
        return Err(GuardrailError::missing("subjects", "at least one subject"));
    }
    for subject in &subjects {
        let tenant = subject.strip_prefix("repo:").unwrap_or(subject);
        if tenant.is_empty() || tenant.starts_with(['*', '?']) {
            let expected = "a subject that names its owner, such as repo:owner/name:*";
            return Err(GuardrailError::invalid("subject", expected, subject));
        }
    }
    let key = |claim: &str| Key::<Str>::new(format!("{issuer}:{claim}"));
    let wild = subjects.iter().any(|subject| subject.contains(['*', '?']));
    let trust = Trust::new(
        Principal::federated(provider_arn),
        "sts:AssumeRoleWithWebIdentity",
        Kind::Oidc { wild },
    )
    .when(key("aud").is(audience));
    Ok(trust.when(if wild { key("sub").is_like(subjects) } else { key("sub").is_in(subjects) }))
}

/// A SAML provider, by its ARN, for signing in to AWS.
///
/// # Errors
///
/// When the ARN is not one of a provider.
pub fn saml(provider_arn: &str) -> Result<Trust, GuardrailError> {
    if provider(provider_arn, "saml-provider/").is_none() {
        let expected =
            "the ARN of a provider, such as arn:aws:iam::111122223333:saml-provider/name";
        return Err(GuardrailError::invalid("provider", expected, provider_arn));
    }
    let principal = Principal::federated(provider_arn);
    let trust = Trust::new(principal, "sts:AssumeRoleWithSAML", Kind::Saml);
    Ok(trust.when(Key::<Str>::new("SAML:aud").is("https://signin.aws.amazon.com/saml")))
}

/// A trust policy in the making.
#[derive(Clone, Debug)]
pub struct Trust {
    principal: Principal,
    action: &'static str,
    conditions: Vec<Condition>,
    source_identity: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Service { has_source: bool },
    Own,
    ThirdParty,
    Oidc { wild: bool },
    Saml,
}

impl Trust {
    /// The resource that a service acts for, exactly or as a pattern.
    ///
    /// # Errors
    ///
    /// When it is not an ARN.
    pub fn source_arn(self, arn: &str) -> Result<Self, GuardrailError> {
        if arn.splitn(6, ':').count() != 6 || !arn.starts_with("arn:") {
            let expected = "an ARN such as arn:aws:lambda:*:111122223333:function:name";
            return Err(GuardrailError::invalid("source ARN", expected, arn));
        }
        let condition = aws::source_arn().is_like(arn);
        Ok(self.when(condition))
    }

    /// Only callers who proved a second factor. Default: anybody named. Only IAM users can: sessions of roles have no MFA context.
    #[must_use]
    pub fn require_mfa(self) -> Self {
        self.when(aws::multi_factor_auth_present().is(true))
    }

    /// Callers must say who they are (`sts:SourceIdentity`), which follows the session into CloudTrail. Default: no.
    #[must_use]
    pub fn require_source_identity(mut self) -> Self {
        self.source_identity = true;
        self.when(Key::<Str>::new("sts:SourceIdentity").is_present())
    }

    /// The first instant at which the role can be assumed. Default: at once.
    #[must_use]
    pub fn not_before(self, instant: impl Into<DateTime>) -> Self {
        self.when(aws::current_time().at_or_after(instant.into()))
    }

    /// The instant from which the role cannot be assumed any more. Default: never.
    #[must_use]
    pub fn not_after(self, instant: impl Into<DateTime>) -> Self {
        self.when(aws::current_time().before(instant.into()))
    }

    /// One more condition.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The trust policy.
    ///
    /// # Errors
    ///
    /// When two conditions contradict in form: one operator tests one key twice.
    pub fn build(&self) -> Result<Policy, GuardrailError> {
        let mut actions = vec![self.action];
        if self.source_identity {
            actions.push("sts:SetSourceIdentity");
        }
        let statement =
            Statement::allow("AllowAssumeRole").principal(self.principal.clone()).actions(actions);
        Ok(Policy::new([self.conditions.iter().cloned().fold(statement, Statement::when)])?)
    }

    /// What the policy does not cover.
    #[must_use]
    pub fn limits(&self) -> Vec<&'static str> {
        values::sentences([
            (
                true,
                "It says who may assume the role, not what the role may do; sessions already begun go on until they end.",
            ),
            (
                self.kind == Kind::Own,
                "When the user or role is deleted and made anew under the same name, IAM does not recognise it: save the policy again.",
            ),
            (
                self.kind == Kind::ThirdParty,
                "An external id is not a secret: it keeps the third party from confusing its customers, and does not protect from the third party itself.",
            ),
            (
                self.kind == Kind::ThirdParty,
                "Everybody whom the third party's account lets assume roles can assume this one.",
            ),
            (
                self.kind == (Kind::Service { has_source: false }),
                "Nothing tells for whom the service acts: only for services that send no aws:SourceAccount.",
            ),
            (
                self.kind == (Kind::Service { has_source: true }),
                "Services that send no aws:SourceAccount cannot assume the role.",
            ),
            (
                self.kind == (Kind::Oidc { wild: true }),
                "A pattern of subjects trusts whoever can make a subject that fits, such as by naming a branch.",
            ),
            (
                matches!(self.kind, Kind::Oidc { .. } | Kind::Saml),
                "Whoever controls the identity provider, or its signing key, can be anybody.",
            ),
        ])
    }

    fn new(principal: Principal, action: &'static str, kind: Kind) -> Self {
        Self { principal, action, conditions: Vec::new(), source_identity: false, kind }
    }
}

/// What follows the kind in the ARN of an identity provider.
fn provider<'a>(arn: &'a str, kind: &str) -> Option<&'a str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, name] if values::account(account).is_ok() => {
            name.strip_prefix(kind).filter(|name| !name.is_empty())
        }
        _ => None,
    }
}
