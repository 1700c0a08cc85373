//! Names that were probably meant.

use super::entity::{ConditionKey, Service};
use super::{action, service, services};

/// How many suggestions are worth reading.
const MOST: usize = 3;
/// Nobody misspells a longer name, and the search costs the product of the lengths.
const LONGEST: usize = 96;

/// Actions or services with a name close to a misspelt one, the closest first, three at most.
///
/// ```
/// use zt_core::catalog::did_you_mean;
///
/// assert_eq!(did_you_mean("s3:GetObjct"), ["s3:GetObject"]);
/// assert_eq!(did_you_mean("s3:DescribeInstances")[0], "ec2:DescribeInstances");
/// assert_eq!(did_you_mean("dynamdb:GetItem"), ["dynamodb:GetItem"]);
/// assert!(did_you_mean("iamx").contains(&"iam".to_owned()));
/// assert!(did_you_mean("s3:GetObject").is_empty());
/// ```
///
/// Empty when the name is right, or when nothing is close.
#[must_use]
pub fn did_you_mean(name: &str) -> Vec<String> {
    if name.len() > LONGEST || action(name).is_some() {
        return Vec::new();
    }
    let Some((prefix, action_name)) = name.split_once(':') else {
        if service(name).is_some() {
            return Vec::new();
        }
        return near_services(name).into_iter().map(|service| service.prefix()).collect();
    };
    let mut found = Vec::new();
    if let Some(service) = service(prefix) {
        found = closest(action_name, &mut service.actions().map(|action| action.name()));
        for name in &mut found {
            *name = format!("{service}:{name}");
        }
        if found.is_empty() {
            found = elsewhere(action_name);
        }
    } else {
        for service in near_services(prefix) {
            if let Some(action) = service.action(action_name) {
                found.push(action.to_string());
            }
        }
        if found.is_empty() {
            found = elsewhere(action_name);
        }
    }
    found.truncate(MOST);
    found
}

/// Condition keys with a name close to a misspelt one, the closest first, three at most.
///
/// ```
/// use zt_core::catalog::did_you_mean_key;
///
/// assert_eq!(did_you_mean_key("aws:SourceIP4")[0], "aws:SourceIp");
/// assert!(did_you_mean_key("aws:SourceIp").is_empty());
/// ```
#[must_use]
pub fn did_you_mean_key(name: &str) -> Vec<String> {
    if name.len() > LONGEST || ConditionKey::find(name).is_some() {
        return Vec::new();
    }
    let mut found = closest(name, &mut ConditionKey::all().map(|key| key.name()));
    found.dedup();
    found
}

fn near_services(prefix: &str) -> Vec<Service> {
    closest(prefix, &mut services().map(|service| service.prefix()))
        .iter()
        .filter_map(|prefix| service(prefix))
        .collect()
}

/// Actions with this very name, of other services.
fn elsewhere(name: &str) -> Vec<String> {
    services()
        .filter_map(|service| service.action(name))
        .map(|action| action.to_string())
        .take(MOST)
        .collect()
}

fn closest(name: &str, known: &mut dyn Iterator<Item = String>) -> Vec<String> {
    let lower = name.to_ascii_lowercase();
    let letters = letters(name);
    let mut found: Vec<(usize, String)> = Vec::with_capacity(MOST + 1);
    for candidate in known {
        let most = most_edits(&candidate);
        if candidate.len().abs_diff(name.len()) > most || missing(&letters, &candidate) > most {
            continue;
        }
        let distance = strsim::osa_distance(&lower, &candidate.to_ascii_lowercase());
        if distance <= most {
            let candidate = (distance, candidate);
            let at = found.partition_point(|other| *other <= candidate);
            found.insert(at, candidate);
            found.truncate(MOST);
        }
    }
    // What is twice as far as the best is noise.
    let best = found.first().map_or(0, |(distance, _)| *distance);
    found.retain(|(distance, _)| *distance < best * 2 || *distance == best);
    found.into_iter().map(|(_, name)| name).collect()
}

/// How often each letter occurs, in any case.
fn letters(name: &str) -> [u8; 32] {
    let mut counts = [0_u8; 32];
    for byte in name.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte & 31)) {
            *count = count.saturating_add(1);
        }
    }
    counts
}

/// How many letters of a name are not among the others: at least so many edits lie between them. Much cheaper than the distance.
fn missing(others: &[u8; 32], name: &str) -> usize {
    let own = letters(name);
    own.iter().zip(others).map(|(own, other)| usize::from(own.saturating_sub(*other))).sum()
}

fn most_edits(name: &str) -> usize {
    (name.len() / 4).max(1)
}
