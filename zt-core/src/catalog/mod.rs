//! What AWS defines: services, actions, types of resources, condition keys.
//!
//! ```
//! use zt_core::catalog::{self, AccessLevel, KeyType};
//!
//! let action = catalog::action("S3:getobject").unwrap();
//! assert_eq!(action.to_string(), "s3:GetObject");
//! assert_eq!(action.access_level(), AccessLevel::Read);
//! assert!(action.resources().any(|resource| resource.resource_type().name() == "object"));
//!
//! let found = catalog::expand("s3:Get*Tagging");
//! assert!(found.iter().any(|action| action.name() == "GetBucketTagging"));
//!
//! let key = catalog::condition_key("aws:SourceIp").unwrap();
//! assert_eq!(key.key_type(), KeyType::IpAddress);
//! assert!(!key.is_multivalued());
//!
//! assert_eq!(catalog::did_you_mean("s3:GetObjct"), ["s3:GetObject"]);
//! ```
//!
//! The facts are those of AWS's *Service Authorization Reference*, as [`source`] names it. AWS adds actions every week:
//! a name that is not here may exist. Not here are the columns *Dependent actions* and *permission only*, which the source
//! leaves empty. All names are found in any case, as IAM does; nothing is prepared or kept in
//! memory, and handles such as [`Action`] are small and `Copy`.

mod entity;
mod find;
mod form;
mod shrink;
mod suggest;
mod table;

use self::table::{List, Reader, TABLE};

pub use self::entity::{
    AccessLevel, Action, ActionResource, ConditionKey, KeyType, ResourceType, Service,
};
pub use self::shrink::shrink;
pub use self::suggest::{did_you_mean, did_you_mean_key};

/// The data set that the facts come from: name, version and licence.
#[must_use]
pub fn source() -> &'static str {
    str::from_utf8(TABLE.source).unwrap_or_default()
}

/// All services, sorted by prefix.
pub fn services() -> impl ExactSizeIterator<Item = Service> + DoubleEndedIterator + Clone {
    Service::all()
}

/// The service with a prefix, in any case: `s3`.
#[must_use]
pub fn service(prefix: &str) -> Option<Service> {
    Service::find(prefix)
}

/// The actions of the service with a prefix, sorted by name without regard to case. None when there is no such service.
pub fn actions(prefix: &str) -> impl Iterator<Item = Action> + Clone + use<> {
    service(prefix).into_iter().flat_map(|service| service.actions())
}

/// The action with a name, in any case: `s3:GetObject`.
#[must_use]
pub fn action(name: &str) -> Option<Action> {
    let (prefix, name) = name.split_once(':')?;
    service(prefix)?.action(name)
}

/// The actions that fit a pattern, in any case, sorted: `s3:Get*`, `*`. `*` is any run of characters, `?` exactly one.
///
/// ```
/// assert_eq!(zt_core::catalog::expand("*").len(), 22_091);
/// assert!(zt_core::catalog::expand("s3:Gte*").is_empty());
/// ```
#[must_use]
pub fn expand(pattern: &str) -> Vec<Action> {
    let mut found = Vec::new();
    let (prefix, name) = match pattern.split_once(':') {
        Some(parts) => parts,
        None if pattern == "*" => ("*", "*"),
        None => return found,
    };
    if prefix.contains(['*', '?']) {
        for service in services() {
            if find::fits(prefix.as_bytes(), service.prefix().as_bytes()) {
                service.matching(name, &mut found);
            }
        }
    } else if let Some(service) = service(prefix) {
        service.matching(name, &mut found);
    }
    found
}

/// All condition keys, sorted by name without regard to case: those that services document, and those of AWS itself.
///
/// One name can occur twice when services disagree on its type.
pub fn condition_keys() -> impl ExactSizeIterator<Item = ConditionKey> + DoubleEndedIterator + Clone
{
    ConditionKey::all()
}

/// The condition key with a name, in any case: `aws:SourceIp`, `aws:ResourceTag/team`.
///
/// ```
/// let key = zt_core::catalog::condition_key("aws:resourcetag/team").unwrap();
/// assert_eq!(key.name(), "aws:ResourceTag/${TagKey}");
/// ```
#[must_use]
pub fn condition_key(name: &str) -> Option<ConditionKey> {
    ConditionKey::find(name)
}

/// The types of resources that an ARN can be of, the one whose form is closest first.
///
/// ```
/// let types = zt_core::catalog::resource_types("arn:aws:iam::111122223333:role/service/app");
/// assert_eq!((types[0].service().prefix(), types[0].name()), ("iam".into(), "role".into()));
/// ```
#[must_use]
pub fn resource_types(arn: &str) -> Vec<ResourceType> {
    let Some(segment) = arn.split(':').nth(2) else {
        return Vec::new();
    };
    let (mut low, mut high) = (0, TABLE.arns.len() / table::ARN);
    while low < high {
        let middle = low + (high - low) / 2;
        let mut record = Reader::at(TABLE.arns, middle * table::ARN);
        let found = TABLE.string(record.little_endian(3));
        match found.as_str().cmp(segment) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => return closest(arn, List::at(record.little_endian(3))),
        }
    }
    Vec::new()
}

/// Whether the catalogue has an action, or, for a pattern such as `s3:Get*`, one that fits it. Works in constants.
///
/// ```
/// const { assert!(zt_core::catalog::is_action("s3:GetObject")) };
/// assert!(!zt_core::catalog::is_action("s3:GetObjct"));
/// ```
#[must_use]
pub const fn is_action(text: &str) -> bool {
    find::is_action(text.as_bytes())
}

fn closest(arn: &str, mut list: List) -> Vec<ResourceType> {
    let mut found = Vec::new();
    while let (Some(service), Some(number)) = (list.next(), list.next()) {
        let Some(resource) = ResourceType::of(service, number) else {
            continue;
        };
        if let Some(specificity) = resource.specificity(arn) {
            // `ssm` documents a bucket too; that of `s3` is closer.
            let is_own = arn.split(':').nth(2) == Some(resource.service().prefix().as_str());
            let at =
                found.partition_point(|(other, own, _)| (*other, *own) >= (specificity, is_own));
            found.insert(at, (specificity, is_own, resource));
        }
    }
    found.into_iter().map(|(_, _, resource)| resource).collect()
}
