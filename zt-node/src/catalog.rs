//! What AWS defines: services, actions, types of resources, condition keys.

use napi_derive::napi;
use zt_core::catalog;

/// A service.
#[napi(object)]
#[derive(Debug)]
pub struct CatalogService {
    /// What its actions begin with: `s3`.
    pub prefix: String,
    /// What AWS calls it: `Amazon S3`.
    pub name: String,
    /// Whether resource control policies apply to it.
    pub supports_resource_control_policies: bool,
}

/// A type of resource.
#[napi(object)]
#[derive(Debug)]
pub struct CatalogResourceType {
    /// The prefix of its service.
    pub service: String,
    /// `bucket`.
    pub name: String,
    /// `arn:${Partition}:s3:::${BucketName}`.
    pub arn_pattern: String,
    /// The condition keys that requests for such resources can have.
    pub condition_keys: Vec<String>,
}

/// A type of resource, as one action knows it.
#[napi(object)]
#[derive(Debug)]
pub struct CatalogActionResource {
    /// The type.
    pub resource_type: CatalogResourceType,
    /// Whether every request for the action names such a resource.
    pub required: bool,
    /// The condition keys that the action knows with this type only.
    pub condition_keys: Vec<String>,
}

/// An action.
#[napi(object)]
#[derive(Debug)]
pub struct CatalogAction {
    /// `s3:GetObject`.
    pub name: String,
    /// `List`, `Read`, `Write`, `Permissions management` or `Tagging`.
    pub access_level: String,
    /// The types of resources that it acts on. Without any, a statement must name `*`.
    pub resources: Vec<CatalogActionResource>,
    /// The condition keys that it knows whatever it acts on.
    pub condition_keys: Vec<String>,
}

/// A condition key.
#[napi(object)]
#[derive(Debug)]
pub struct CatalogConditionKey {
    /// `s3:prefix`.
    pub name: String,
    /// `String`, `Numeric`, `Date`, `Bool`, `IPAddress`, `ARN` or `Binary`.
    pub kind: String,
    /// Whether a request can have several values for it.
    pub multivalued: bool,
}

/// All services.
#[napi]
#[must_use]
pub fn catalog_services() -> Vec<CatalogService> {
    catalog::services().map(service).collect()
}

/// The service with a prefix.
#[napi]
#[must_use]
pub fn catalog_service(prefix: String) -> Option<CatalogService> {
    catalog::service(&prefix).map(service)
}

/// The action with a name.
#[napi]
#[must_use]
pub fn catalog_action(name: String) -> Option<CatalogAction> {
    let action = catalog::action(&name)?;
    let resources = action.resources().map(|resource| CatalogActionResource {
        resource_type: resource_type(resource.resource_type()),
        required: resource.is_required(),
        condition_keys: names(resource.condition_keys()),
    });
    Some(CatalogAction {
        name: action.to_string(),
        access_level: action.access_level().name().to_owned(),
        resources: resources.collect(),
        condition_keys: names(action.condition_keys()),
    })
}

/// The actions that fit a pattern.
#[napi]
#[must_use]
pub fn catalog_expand(pattern: String) -> Vec<String> {
    catalog::expand(&pattern).iter().map(ToString::to_string).collect()
}

/// Few patterns instead of many actions.
#[napi]
#[must_use]
pub fn catalog_shrink(actions: Vec<String>) -> Vec<String> {
    catalog::shrink(actions)
}

/// The condition key with a name.
#[napi]
#[must_use]
pub fn catalog_condition_key(name: String) -> Option<CatalogConditionKey> {
    let key = catalog::condition_key(&name)?;
    let kind = key.key_type().name().to_owned();
    Some(CatalogConditionKey { name: key.name(), kind, multivalued: key.is_multivalued() })
}

/// The condition keys of a service.
#[napi]
#[must_use]
pub fn catalog_condition_keys(prefix: String) -> Vec<String> {
    let service = catalog::service(&prefix);
    names(service.iter().flat_map(catalog::Service::condition_keys))
}

/// The types of resources that an ARN can be of.
#[napi]
#[must_use]
pub fn catalog_resource_types(arn: String) -> Vec<CatalogResourceType> {
    catalog::resource_types(&arn).into_iter().map(resource_type).collect()
}

/// Actions or services with a name close to a misspelt one.
#[napi]
#[must_use]
pub fn catalog_did_you_mean(name: String) -> Vec<String> {
    catalog::did_you_mean(&name)
}

/// Condition keys with a name close to a misspelt one.
#[napi]
#[must_use]
pub fn catalog_did_you_mean_key(name: String) -> Vec<String> {
    catalog::did_you_mean_key(&name)
}

fn service(service: catalog::Service) -> CatalogService {
    CatalogService {
        prefix: service.prefix(),
        name: service.name(),
        supports_resource_control_policies: service.supports_resource_control_policies(),
    }
}

fn resource_type(kind: catalog::ResourceType) -> CatalogResourceType {
    CatalogResourceType {
        service: kind.service().prefix(),
        name: kind.name(),
        arn_pattern: kind.arn_pattern(),
        condition_keys: names(kind.condition_keys()),
    }
}

fn names(keys: impl Iterator<Item = catalog::ConditionKey>) -> Vec<String> {
    keys.map(|key| key.name()).collect()
}
