//! Ready policies. Parameters that are not given are left to `zt-core`, which has the defaults.

use pyo3::prelude::*;
use zt_core::guardrails::{self, GuardrailError};
use zt_core::policy::Principal;

use crate::error::{guardrail_error, name_error};
use crate::policy::{Condition, Policy, Principals, Statement, source};
use crate::values::{each, instant, range, strings};

/// A ready policy, and what it does not cover.
#[pyclass(frozen, extends = Policy, subclass, module = "zt.policy.guardrails")]
pub(crate) struct Guardrail {
    limits: Vec<&'static str>,
}

type Built<T> = PyResult<PyClassInitializer<T>>;

impl Guardrail {
    fn new(
        policy: Result<zt_core::policy::Policy, GuardrailError>,
        limits: Vec<&'static str>,
    ) -> Built<Self> {
        let policy = policy.map_err(guardrail_error)?;
        Ok(PyClassInitializer::from(Policy(policy)).add_subclass(Self { limits }))
    }

    fn object(
        py: Python<'_>,
        policy: Result<zt_core::policy::Policy, GuardrailError>,
        limits: Vec<&'static str>,
    ) -> PyResult<Py<Self>> {
        Py::new(py, Self::new(policy, limits)?)
    }
}

#[pymethods]
impl Guardrail {
    /// What the policy does not cover, in sentences.
    #[getter]
    fn limits(&self) -> Vec<&'static str> {
        self.limits.clone()
    }
}

/// Denies everything without a second factor, except enrolling one's own.
#[pyfunction]
#[pyo3(signature = (*, partition=None, password_change=None, max_age=None))]
pub(crate) fn require_mfa(
    py: Python<'_>,
    partition: Option<String>,
    password_change: Option<bool>,
    max_age: Option<&Bound<'_, PyAny>>,
) -> PyResult<Py<Guardrail>> {
    let mut guardrail = guardrails::require_mfa();
    if let Some(partition) = partition {
        guardrail = guardrail.partition(partition);
    }
    if let Some(allowed) = password_change {
        guardrail = guardrail.password_change(allowed);
    }
    if let Some(age) = max_age {
        guardrail = guardrail.max_age(seconds(age)?);
    }
    Guardrail::object(py, guardrail.build(), guardrail.limits())
}

/// Whole seconds, from a timedelta or a number.
fn seconds(value: &Bound<'_, PyAny>) -> PyResult<u32> {
    match value.getattr_opt("total_seconds")? {
        Some(total) => total.call0()?.call_method0("__ceil__")?.extract(),
        None => value.extract(),
    }
}

/// Access by network, organisation, Region, time, TLS and second factor.
#[pyfunction]
#[pyo3(signature = (
    *, actions=None, resources=None, principals=None, source_ips=None, source_vpces=None, source_vpcs=None,
    via_aws_services=None, principal_orgs=None, resource_orgs=None, regions=None, exempt_from_regions=None,
    not_before=None, not_after=None, require_tls=None, require_mfa=None,
))]
#[expect(clippy::too_many_arguments, reason = "keywords of Python")]
pub(crate) fn restrict_access(
    actions: Option<&Bound<'_, PyAny>>,
    resources: Option<&Bound<'_, PyAny>>,
    principals: Option<&Bound<'_, PyAny>>,
    source_ips: Option<&Bound<'_, PyAny>>,
    source_vpces: Option<&Bound<'_, PyAny>>,
    source_vpcs: Option<&Bound<'_, PyAny>>,
    via_aws_services: Option<bool>,
    principal_orgs: Option<&Bound<'_, PyAny>>,
    resource_orgs: Option<&Bound<'_, PyAny>>,
    regions: Option<&Bound<'_, PyAny>>,
    exempt_from_regions: Option<&Bound<'_, PyAny>>,
    not_before: Option<&Bound<'_, PyAny>>,
    not_after: Option<&Bound<'_, PyAny>>,
    require_tls: Option<bool>,
    require_mfa: Option<bool>,
) -> PyResult<RestrictAccess> {
    let principals: Vec<Principals> =
        each("principals", principals, |principal| principal.extract())?;
    let principals: Vec<Principal> = principals.into_iter().flat_map(|each| each.0).collect();
    let mut guardrail = guardrails::restrict_access()
        .actions(strings("actions", actions)?)
        .resources(strings("resources", resources)?)
        .principals(principals)
        .source_ips(each("source_ips", source_ips, range)?)
        .source_vpces(strings("source_vpces", source_vpces)?)
        .source_vpcs(strings("source_vpcs", source_vpcs)?)
        .principal_orgs(strings("principal_orgs", principal_orgs)?)
        .resource_orgs(strings("resource_orgs", resource_orgs)?)
        .regions(strings("regions", regions)?)
        .exempt_from_regions(strings("exempt_from_regions", exempt_from_regions)?);
    if let Some(exempt) = via_aws_services {
        guardrail = guardrail.via_aws_services(exempt);
    }
    if let Some(start) = not_before {
        guardrail = guardrail.not_before(instant(start)?);
    }
    if let Some(end) = not_after {
        guardrail = guardrail.not_after(instant(end)?);
    }
    if let Some(required) = require_tls {
        guardrail = guardrail.require_tls(required);
    }
    if let Some(required) = require_mfa {
        guardrail = guardrail.require_mfa(required);
    }
    Ok(RestrictAccess(guardrail))
}

/// Conditional access: an Allow and its Deny twin.
#[pyclass(frozen, module = "zt.policy.guardrails")]
pub(crate) struct RestrictAccess(guardrails::RestrictAccess);

#[pymethods]
impl RestrictAccess {
    /// The policy that allows, when every condition holds.
    fn allow(&self, py: Python<'_>) -> PyResult<Py<Guardrail>> {
        Guardrail::object(py, self.0.allow(), self.0.limits())
    }

    /// The policy that denies, when any condition does not hold.
    fn deny(&self, py: Python<'_>) -> PyResult<Py<Guardrail>> {
        Guardrail::object(py, self.0.deny(), self.0.limits())
    }

    /// What the policies do not cover, in sentences.
    #[getter]
    fn limits(&self) -> Vec<&'static str> {
        self.0.limits()
    }

    fn __repr__(&self) -> &'static str {
        "RestrictAccess(...)"
    }
}

/// The policy of a KMS key that keeps administering and using apart.
#[pyfunction]
#[pyo3(signature = (
    account_id, *, administrators=None, users=None, service_users=None, services=None, key_use=None,
    encryption_context=None, multi_region=None, partition=None, require_mfa_to_destroy=None, statements=None,
))]
#[expect(clippy::too_many_arguments, reason = "keywords of Python")]
pub(crate) fn kms_key_policy(
    py: Python<'_>,
    account_id: String,
    administrators: Option<&Bound<'_, PyAny>>,
    users: Option<&Bound<'_, PyAny>>,
    service_users: Option<&Bound<'_, PyAny>>,
    services: Option<&Bound<'_, PyAny>>,
    key_use: Option<&str>,
    encryption_context: Option<&Bound<'_, PyAny>>,
    multi_region: Option<bool>,
    partition: Option<String>,
    require_mfa_to_destroy: Option<bool>,
    statements: Option<&Bound<'_, PyAny>>,
) -> PyResult<Py<Guardrail>> {
    let mut guardrail = guardrails::kms_key_policy(account_id)
        .administrators(strings("administrators", administrators)?)
        .users(strings("users", users)?)
        .service_users(strings("service_users", service_users)?, strings("services", services)?);
    if let Some(partition) = partition {
        guardrail = guardrail.partition(partition);
    }
    if let Some(name) = key_use {
        guardrail =
            guardrail.key_use(guardrails::key_use(name).map_err(|error| name_error(&error))?);
    }
    if let Some(context) = encryption_context {
        for pair in context.call_method0("items")?.try_iter()? {
            let (key, value): (String, String) = pair?.extract()?;
            guardrail = guardrail.encryption_context(key, value);
        }
    }
    if let Some(replicated) = multi_region {
        guardrail = guardrail.multi_region(replicated);
    }
    if let Some(required) = require_mfa_to_destroy {
        guardrail = guardrail.require_mfa_to_destroy(required);
    }
    let more = each("statements", statements, |one| Ok(one.cast::<Statement>()?.get().0.clone()))?;
    guardrail = more.into_iter().fold(guardrail, guardrails::KmsKeyPolicy::statement);
    Guardrail::object(py, guardrail.build(), guardrail.limits())
}

/// The permissions of a policy until an instant, and nothing from then on.
#[pyfunction]
#[pyo3(signature = (permissions, not_after, *, not_before=None))]
pub(crate) fn temporary_access(
    py: Python<'_>,
    permissions: &Bound<'_, PyAny>,
    not_after: &Bound<'_, PyAny>,
    not_before: Option<&Bound<'_, PyAny>>,
) -> PyResult<Py<TemporaryAccess>> {
    let mut guardrail = guardrails::temporary_access(source(permissions)?, instant(not_after)?);
    if let Some(start) = not_before {
        guardrail = guardrail.not_before(instant(start)?);
    }
    let policy = Guardrail::new(guardrail.build(), guardrail.limits())?;
    Py::new(py, policy.add_subclass(TemporaryAccess(guardrail)))
}

/// Permissions that end.
#[pyclass(frozen, extends = Guardrail, module = "zt.policy.guardrails")]
pub(crate) struct TemporaryAccess(guardrails::TemporaryAccess);

#[pymethods]
impl TemporaryAccess {
    /// The trust policy of a role for this access, until the same instant.
    #[pyo3(signature = (principal_arn, *, require_mfa=false, require_source_identity=false, when=None))]
    fn trust(
        &self,
        py: Python<'_>,
        principal_arn: &str,
        require_mfa: bool,
        require_source_identity: bool,
        when: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<Guardrail>> {
        let trust = self.0.trust(principal_arn);
        Trust { require_mfa, require_source_identity, when, ..Trust::default() }.build(py, trust)
    }
}

/// What every kind of trust policy takes.
#[derive(Default)]
struct Trust<'a, 'py> {
    source_arn: Option<&'a str>,
    require_mfa: bool,
    require_source_identity: bool,
    not_before: Option<&'a Bound<'py, PyAny>>,
    not_after: Option<&'a Bound<'py, PyAny>>,
    when: Option<&'a Bound<'py, PyAny>>,
}

impl Trust<'_, '_> {
    fn build(
        self,
        py: Python<'_>,
        trust: Result<guardrails::trust::Trust, GuardrailError>,
    ) -> PyResult<Py<Guardrail>> {
        let mut trust = trust.map_err(guardrail_error)?;
        if let Some(arn) = self.source_arn {
            trust = trust.source_arn(arn).map_err(guardrail_error)?;
        }
        if self.require_mfa {
            trust = trust.require_mfa();
        }
        if self.require_source_identity {
            trust = trust.require_source_identity();
        }
        if let Some(start) = self.not_before {
            trust = trust.not_before(instant(start)?);
        }
        if let Some(end) = self.not_after {
            trust = trust.not_after(instant(end)?);
        }
        let conditions =
            each("when", self.when, |one| Ok(one.cast::<Condition>()?.get().0.clone()))?;
        trust = conditions.into_iter().fold(trust, guardrails::trust::Trust::when);
        Guardrail::object(py, trust.build(), trust.limits())
    }
}

/// A function for each kind of principal, with the keywords that all have.
macro_rules! trusts {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*) => $make:expr;)*) => {$(
        $(#[$doc])*
        #[pyfunction]
        #[pyo3(signature = (
            $($argument,)* *, source_arn=None, require_mfa=false, require_source_identity=false, not_before=None,
            not_after=None, when=None,
        ))]
        #[expect(clippy::too_many_arguments, reason = "keywords of Python")]
        pub(crate) fn $name(
            py: Python<'_>,
            $($argument: $type,)*
            source_arn: Option<&str>,
            require_mfa: bool,
            require_source_identity: bool,
            not_before: Option<&Bound<'_, PyAny>>,
            not_after: Option<&Bound<'_, PyAny>>,
            when: Option<&Bound<'_, PyAny>>,
        ) -> PyResult<Py<Guardrail>> {
            Trust { source_arn, require_mfa, require_source_identity, not_before, not_after, when }
                .build(py, $make)
        }
    )*};
}

trusts! {
    /// An AWS service, acting for a resource in this account.
    trust_service(name: &str, source_account: &str) => guardrails::trust::service(name, source_account);
    /// An AWS service that sends no source, such as `ec2.amazonaws.com`.
    trust_service_without_source(name: &str) => guardrails::trust::service_without_source(name);
    /// One user or role, of any account that you run.
    trust_principal(arn: &str) => guardrails::trust::principal(arn);
    /// The account of somebody else, who works for several customers.
    trust_third_party(account: &str, external_id: &str) => guardrails::trust::third_party(account, external_id);
    /// An OpenID Connect provider: tokens for this audience, of these subjects.
    trust_oidc(provider_arn: &str, audience: &str, subjects: &Bound<'_, PyAny>)
        => guardrails::trust::oidc(provider_arn, audience, strings("subjects", Some(subjects))?);
    /// A SAML provider, for signing in to AWS.
    trust_saml(provider_arn: &str) => guardrails::trust::saml(provider_arn);
}

/// The actions that [`kms_key_policy`] gives to administrators.
#[pyfunction]
pub(crate) fn key_administration() -> Vec<&'static str> {
    guardrails::KEY_ADMINISTRATION.to_vec()
}

/// The actions that [`kms_key_policy`] gives to users.
#[pyfunction]
pub(crate) fn key_use() -> Vec<&'static str> {
    guardrails::KEY_USE.to_vec()
}

/// What a Deny by Region of all actions exempts.
#[pyfunction]
pub(crate) fn global_services() -> Vec<&'static str> {
    guardrails::GLOBAL_SERVICES.to_vec()
}

/// What [`temporary_access`] refuses where a wildcard allows it.
#[pyfunction]
pub(crate) fn outliving_actions() -> Vec<&'static str> {
    guardrails::OUTLIVING_ACTIONS.to_vec()
}
