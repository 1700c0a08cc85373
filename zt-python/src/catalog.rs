//! The catalogue, as rows that `zt.catalog` makes objects from.

use pyo3::prelude::*;
use zt_core::catalog::{self, ConditionKey, ResourceType};

/// Name, version and licence of the source.
#[pyfunction]
pub(crate) fn catalog_source() -> &'static str {
    catalog::source()
}

/// The prefixes of all services.
#[pyfunction]
pub(crate) fn catalog_services() -> Vec<String> {
    catalog::services().map(|service| service.prefix()).collect()
}

/// Prefix, name, whether resource control policies apply.
#[pyfunction]
pub(crate) fn catalog_service(prefix: &str) -> Option<(String, String, bool)> {
    let service = catalog::service(prefix)?;
    Some((service.prefix(), service.name(), service.supports_resource_control_policies()))
}

/// The name of an action as AWS spells it.
#[pyfunction]
pub(crate) fn catalog_action(name: &str) -> Option<String> {
    catalog::action(name).map(|action| action.to_string())
}

/// Service, name, ARN pattern, condition keys.
type ResourceTypeRow = (String, String, String, Vec<String>);
/// Type, whether it is required, condition keys.
type ActionResourceRow = (ResourceTypeRow, bool, Vec<String>);

/// Access level, resources, condition keys.
#[pyfunction]
pub(crate) fn catalog_action_facts(
    name: &str,
) -> (&'static str, Vec<ActionResourceRow>, Vec<String>) {
    let Some(action) = catalog::action(name) else {
        return ("", Vec::new(), Vec::new());
    };
    let resources = action.resources().map(|resource| {
        let kind = resource_type(resource.resource_type());
        (kind, resource.is_required(), names(resource.condition_keys()))
    });
    (action.access_level().name(), resources.collect(), names(action.condition_keys()))
}

/// The types of resources of a service.
#[pyfunction]
pub(crate) fn catalog_resource_types(prefix: &str) -> Vec<ResourceTypeRow> {
    let service = catalog::service(prefix);
    service.iter().flat_map(catalog::Service::resource_types).map(resource_type).collect()
}

/// The types of resources that an ARN can be of.
#[pyfunction]
pub(crate) fn catalog_resource_types_of(arn: &str) -> Vec<ResourceTypeRow> {
    catalog::resource_types(arn).into_iter().map(resource_type).collect()
}

/// The condition keys of a service.
#[pyfunction]
pub(crate) fn catalog_service_keys(prefix: &str) -> Vec<String> {
    let service = catalog::service(prefix);
    names(service.iter().flat_map(catalog::Service::condition_keys))
}

/// Name, type, whether there are several values.
#[pyfunction]
pub(crate) fn catalog_condition_key(name: &str) -> Option<(String, &'static str, bool)> {
    let key = catalog::condition_key(name)?;
    Some((key.name(), key.key_type().name(), key.is_multivalued()))
}

/// The actions that fit a pattern.
#[pyfunction]
pub(crate) fn expand(pattern: &str) -> Vec<String> {
    catalog::expand(pattern).iter().map(ToString::to_string).collect()
}

/// Few patterns instead of many actions.
#[pyfunction]
pub(crate) fn shrink(py: Python<'_>, actions: Vec<String>) -> Vec<String> {
    py.detach(|| catalog::shrink(actions))
}

/// Actions or services with a name close to a misspelt one, the closest first, three at most.
#[pyfunction]
pub(crate) fn did_you_mean(name: &str) -> Vec<String> {
    catalog::did_you_mean(name)
}

/// Condition keys with a name close to a misspelt one, the closest first, three at most.
#[pyfunction]
pub(crate) fn did_you_mean_key(name: &str) -> Vec<String> {
    catalog::did_you_mean_key(name)
}

fn resource_type(kind: ResourceType) -> ResourceTypeRow {
    (kind.service().prefix(), kind.name(), kind.arn_pattern(), names(kind.condition_keys()))
}

fn names(keys: impl Iterator<Item = ConditionKey>) -> Vec<String> {
    keys.map(|key| key.name()).collect()
}
