//! Ready policies. Parameters that are not given are left to `zt-core`, which has the defaults.

use napi::Result;
use napi_derive::napi;
use zt_core::guardrails::{self, GuardrailError};
use zt_core::policy::keys::{DateTime, ValueError};
use zt_core::policy::{IpRange, Principal};

use crate::error::{guardrail_failure, name_failure, value_failure};
use crate::policy::{Condition, Policy, Statement, principal};

/// A ready policy, and what it does not cover.
#[napi]
#[derive(Debug)]
pub struct Guardrail {
    policy: zt_core::policy::Policy,
    limits: Vec<&'static str>,
}

#[napi]
impl Guardrail {
    /// The policy.
    #[napi]
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy(self.policy.clone())
    }

    /// What the policy does not cover, in sentences.
    #[napi]
    #[must_use]
    pub fn limits(&self) -> Vec<String> {
        self.limits.iter().map(|&limit| limit.to_owned()).collect()
    }

    fn from(
        policy: std::result::Result<zt_core::policy::Policy, GuardrailError>,
        limits: Vec<&'static str>,
    ) -> Result<Self> {
        Ok(Self { policy: policy.map_err(|error| guardrail_failure(&error))?, limits })
    }
}

/// Parameters of [`require_mfa`].
#[napi(object)]
#[derive(Debug)]
pub struct RequireMfaSettings {
    /// The partition of the ARNs.
    pub partition: Option<String>,
    /// Whether a person may change their own password before they have a second factor.
    pub password_change: Option<bool>,
    /// How many seconds a second factor counts.
    pub max_age: Option<u32>,
}

/// Denies everything without a second factor, except enrolling one's own.
///
/// # Errors
/// When a parameter cannot be one.
#[napi]
pub fn require_mfa(settings: RequireMfaSettings) -> Result<Guardrail> {
    let mut guardrail = guardrails::require_mfa();
    if let Some(partition) = settings.partition {
        guardrail = guardrail.partition(partition);
    }
    if let Some(allowed) = settings.password_change {
        guardrail = guardrail.password_change(allowed);
    }
    if let Some(seconds) = settings.max_age {
        guardrail = guardrail.max_age(seconds);
    }
    Guardrail::from(guardrail.build(), guardrail.limits())
}

/// A principal by kind and name.
#[napi(object)]
#[derive(Debug)]
pub struct PrincipalName {
    /// `AWS`, `Service`, `Federated` or `CanonicalUser`; otherwise the name says it.
    pub kind: Option<String>,
    /// The name.
    pub name: String,
}

/// Parameters of [`RestrictAccess`].
#[napi(object)]
#[derive(Debug)]
pub struct RestrictAccessSettings {
    /// The actions.
    pub actions: Vec<String>,
    /// The resources.
    pub resources: Vec<String>,
    /// Makes it the policy of a resource, for these.
    pub principals: Vec<PrincipalName>,
    /// Address ranges that requests may come from.
    pub source_ips: Vec<String>,
    /// VPC endpoints that requests may come through.
    pub source_vpces: Vec<String>,
    /// VPCs that requests may come through.
    pub source_vpcs: Vec<String>,
    /// Whether services that call on the caller's behalf are exempt from the network conditions.
    pub via_aws_services: Option<bool>,
    /// Organisations that callers must belong to.
    pub principal_orgs: Vec<String>,
    /// Organisations that resources must belong to.
    pub resource_orgs: Vec<String>,
    /// Regions whose endpoints may be called.
    pub regions: Vec<String>,
    /// More actions that a Deny by Region exempts.
    pub exempt_from_regions: Vec<String>,
    /// The first instant of access.
    pub not_before: Option<String>,
    /// The instant at which access ends.
    pub not_after: Option<String>,
    /// Whether requests must come over TLS.
    pub require_tls: Option<bool>,
    /// Whether callers must have proved a second factor.
    pub require_mfa: Option<bool>,
}

/// Conditional access: an Allow and its Deny twin.
#[napi]
#[derive(Debug)]
pub struct RestrictAccess(guardrails::RestrictAccess);

#[napi]
impl RestrictAccess {
    /// # Errors
    /// When an instant or a range cannot be one.
    #[napi(constructor)]
    pub fn new(settings: RestrictAccessSettings) -> Result<Self> {
        let principals = settings.principals.into_iter().map(|one| principal(one.kind, one.name));
        let ranges = settings.source_ips.iter().map(|text| text.parse::<IpRange>());
        let mut guardrail = guardrails::restrict_access()
            .actions(settings.actions)
            .resources(settings.resources)
            .principals(principals.collect::<Result<Vec<Principal>>>()?)
            .source_ips(checked(ranges.collect::<std::result::Result<Vec<_>, _>>())?)
            .source_vpces(settings.source_vpces)
            .source_vpcs(settings.source_vpcs)
            .principal_orgs(settings.principal_orgs)
            .resource_orgs(settings.resource_orgs)
            .regions(settings.regions)
            .exempt_from_regions(settings.exempt_from_regions);
        if let Some(exempt) = settings.via_aws_services {
            guardrail = guardrail.via_aws_services(exempt);
        }
        if let Some(start) = settings.not_before {
            guardrail = guardrail.not_before(instant(&start)?);
        }
        if let Some(end) = settings.not_after {
            guardrail = guardrail.not_after(instant(&end)?);
        }
        if let Some(required) = settings.require_tls {
            guardrail = guardrail.require_tls(required);
        }
        if let Some(required) = settings.require_mfa {
            guardrail = guardrail.require_mfa(required);
        }
        Ok(Self(guardrail))
    }

    /// The policy that allows.
    ///
    /// # Errors
    /// When there are no actions or no conditions, or a parameter cannot be one.
    #[napi]
    pub fn allow(&self) -> Result<Guardrail> {
        Guardrail::from(self.0.allow(), self.0.limits())
    }

    /// The policy that denies.
    ///
    /// # Errors
    /// When there are no conditions, or a parameter cannot be one.
    #[napi]
    pub fn deny(&self) -> Result<Guardrail> {
        Guardrail::from(self.0.deny(), self.0.limits())
    }

    /// What the policies do not cover, in sentences.
    #[napi]
    #[must_use]
    pub fn limits(&self) -> Vec<String> {
        self.0.limits().into_iter().map(str::to_owned).collect()
    }
}

/// Parameters of [`kms_key_policy`].
#[napi(object)]
#[derive(Debug)]
pub struct KmsKeyPolicySettings {
    /// The account of the key.
    pub account_id: String,
    /// ARNs of users and roles that manage the key.
    pub administrators: Vec<String>,
    /// ARNs of users and roles that encrypt and decrypt.
    pub users: Vec<String>,
    /// ARNs of users and roles that use the key through services.
    pub service_users: Vec<String>,
    /// The services.
    pub services: Vec<String>,
    /// What using the key means, by name.
    pub key_use: Option<String>,
    /// Pairs that users must name: keys and values in turn.
    pub encryption_context: Vec<String>,
    /// Whether administrators make replicas of the key in other Regions.
    pub multi_region: Option<bool>,
    /// The partition of the account.
    pub partition: Option<String>,
    /// Whether deleting or disabling the key, and changing its policy, takes a second factor.
    pub require_mfa_to_destroy: Option<bool>,
}

/// The policy of a KMS key that keeps administering and using apart.
///
/// # Errors
/// When a parameter cannot be one, or is missing.
#[napi]
pub fn kms_key_policy(
    settings: KmsKeyPolicySettings,
    statements: Vec<&Statement>,
) -> Result<Guardrail> {
    let mut guardrail = guardrails::kms_key_policy(settings.account_id)
        .administrators(settings.administrators)
        .users(settings.users)
        .service_users(settings.service_users, settings.services);
    if let Some(partition) = settings.partition {
        guardrail = guardrail.partition(partition);
    }
    if let Some(name) = settings.key_use {
        let actions = guardrails::key_use(&name).map_err(|error| name_failure(&error))?;
        guardrail = guardrail.key_use(actions);
    }
    let mut context = settings.encryption_context.into_iter();
    while let (Some(key), Some(value)) = (context.next(), context.next()) {
        guardrail = guardrail.encryption_context(key, value);
    }
    if let Some(replicated) = settings.multi_region {
        guardrail = guardrail.multi_region(replicated);
    }
    if let Some(required) = settings.require_mfa_to_destroy {
        guardrail = guardrail.require_mfa_to_destroy(required);
    }
    let statements = statements.into_iter().map(|statement| statement.0.clone());
    guardrail = statements.fold(guardrail, guardrails::KmsKeyPolicy::statement);
    Guardrail::from(guardrail.build(), guardrail.limits())
}

/// Permissions that end.
#[napi]
#[derive(Debug)]
pub struct TemporaryAccess(guardrails::TemporaryAccess);

#[napi]
impl TemporaryAccess {
    /// # Errors
    /// When an instant cannot be one.
    #[napi(constructor)]
    pub fn new(
        permissions: &Policy,
        not_after: String,
        not_before: Option<String>,
    ) -> Result<Self> {
        let mut guardrail =
            guardrails::temporary_access(permissions.0.clone(), instant(&not_after)?);
        if let Some(start) = not_before {
            guardrail = guardrail.not_before(instant(&start)?);
        }
        Ok(Self(guardrail))
    }

    /// The policy of the temporary role, session or user.
    ///
    /// # Errors
    /// When the permissions cannot end.
    #[napi]
    pub fn build(&self) -> Result<Guardrail> {
        Guardrail::from(self.0.build(), self.0.limits())
    }

    /// The trust policy of a role for this access.
    ///
    /// # Errors
    /// When the ARN is not one of a user or role.
    #[napi]
    pub fn trust(
        &self,
        principal_arn: String,
        settings: TrustSettings,
        when: Vec<&Condition>,
    ) -> Result<Guardrail> {
        settings.build(self.0.trust(&principal_arn), &when)
    }
}

/// What every kind of trust policy takes.
#[napi(object)]
#[derive(Debug)]
pub struct TrustSettings {
    /// The resource that a service acts for.
    pub source_arn: Option<String>,
    /// Only callers who proved a second factor.
    pub require_mfa: bool,
    /// Callers must say who they are.
    pub require_source_identity: bool,
    /// The first instant at which the role can be assumed.
    pub not_before: Option<String>,
    /// The instant from which the role cannot be assumed any more.
    pub not_after: Option<String>,
}

impl TrustSettings {
    fn build(
        self,
        trust: std::result::Result<guardrails::trust::Trust, GuardrailError>,
        when: &[&Condition],
    ) -> Result<Guardrail> {
        let failed = |error| guardrail_failure(&error);
        let mut trust = trust.map_err(failed)?;
        if let Some(arn) = self.source_arn {
            trust = trust.source_arn(&arn).map_err(failed)?;
        }
        if self.require_mfa {
            trust = trust.require_mfa();
        }
        if self.require_source_identity {
            trust = trust.require_source_identity();
        }
        if let Some(start) = self.not_before {
            trust = trust.not_before(instant(&start)?);
        }
        if let Some(end) = self.not_after {
            trust = trust.not_after(instant(&end)?);
        }
        let when = when.iter().map(|condition| condition.0.clone());
        trust = when.fold(trust, guardrails::trust::Trust::when);
        Guardrail::from(trust.build(), trust.limits())
    }
}

/// An AWS service, acting for a resource in this account.
///
/// # Errors
/// When a parameter cannot be one.
#[napi]
pub fn trust_service(
    name: String,
    source_account: String,
    settings: TrustSettings,
    when: Vec<&Condition>,
) -> Result<Guardrail> {
    settings.build(guardrails::trust::service(&name, &source_account), &when)
}

/// An AWS service that sends no source.
///
/// # Errors
/// When a parameter cannot be one.
#[napi]
pub fn trust_service_without_source(
    name: String,
    settings: TrustSettings,
    when: Vec<&Condition>,
) -> Result<Guardrail> {
    settings.build(guardrails::trust::service_without_source(&name), &when)
}

/// One user or role.
///
/// # Errors
/// When a parameter cannot be one.
#[napi]
pub fn trust_principal(
    arn: String,
    settings: TrustSettings,
    when: Vec<&Condition>,
) -> Result<Guardrail> {
    settings.build(guardrails::trust::principal(&arn), &when)
}

/// The account of somebody else, who works for several customers.
///
/// # Errors
/// When a parameter cannot be one.
#[napi]
pub fn trust_third_party(
    account: String,
    external_id: String,
    settings: TrustSettings,
    when: Vec<&Condition>,
) -> Result<Guardrail> {
    settings.build(guardrails::trust::third_party(&account, &external_id), &when)
}

/// An OpenID Connect provider.
///
/// # Errors
/// When a parameter cannot be one.
#[napi]
pub fn trust_oidc(
    provider_arn: String,
    audience: String,
    subjects: Vec<String>,
    settings: TrustSettings,
    when: Vec<&Condition>,
) -> Result<Guardrail> {
    settings.build(guardrails::trust::oidc(&provider_arn, &audience, subjects), &when)
}

/// A SAML provider.
///
/// # Errors
/// When a parameter cannot be one.
#[napi]
pub fn trust_saml(
    provider_arn: String,
    settings: TrustSettings,
    when: Vec<&Condition>,
) -> Result<Guardrail> {
    settings.build(guardrails::trust::saml(&provider_arn), &when)
}

/// What managing a key takes.
#[napi]
#[must_use]
pub fn key_administration() -> Vec<String> {
    owned(guardrails::KEY_ADMINISTRATION)
}

/// What encrypting and decrypting with a key takes.
#[napi]
#[must_use]
pub fn key_use() -> Vec<String> {
    owned(guardrails::KEY_USE)
}

/// What a Deny by Region of all actions exempts.
#[napi]
#[must_use]
pub fn global_services() -> Vec<String> {
    owned(guardrails::GLOBAL_SERVICES)
}

/// What temporary access refuses where a wildcard allows it.
#[napi]
#[must_use]
pub fn outliving_actions() -> Vec<String> {
    owned(guardrails::OUTLIVING_ACTIONS)
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn instant(text: &str) -> Result<DateTime> {
    checked(text.parse())
}

fn checked<T>(value: std::result::Result<T, ValueError>) -> Result<T> {
    value.map_err(|error| value_failure(&error))
}
