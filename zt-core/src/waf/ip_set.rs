//! Sets of address ranges.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::WafError;
use super::error::name;

/// A set of address ranges of one version of IP, as AWS WAF keeps it.
///
/// An address alone is written as a range of one, which is what AWS WAF wants. A range is refused when it covers
/// everything (`/0`, which AWS WAF does not take) or when its address has bits beyond its prefix: `10.0.0.7/24` says
/// two things.
///
/// ```
/// use zt_core::waf::IpSet;
///
/// let offices = IpSet::new("offices", ["203.0.113.0/24", "198.51.100.7"])?;
/// assert_eq!(offices.addresses(), ["198.51.100.7/32", "203.0.113.0/24"]);
/// let error = IpSet::new("offices", ["10.0.0.7/24"]).unwrap_err();
/// assert_eq!(error.to_string(), "address: expected a range without bits beyond its prefix, such as 10.0.0.0/24, found `10.0.0.7/24`");
/// # Ok::<(), zt_core::waf::WafError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IpSet {
    name: String,
    version: Version,
    addresses: BTreeSet<IpNet>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Version {
    V4,
    V6,
}

impl IpSet {
    /// How many ranges a set may have (AWS WAF Developer Guide, *AWS WAF quotas*).
    pub const LIMIT: usize = 10_000;

    /// A set of this name.
    ///
    /// # Errors
    ///
    /// When the name is not 1 to 128 letters, digits, hyphens and underscores; when an address is none, covers everything, or
    /// has bits beyond its prefix; when both versions of IP are among them; when there are more than 10,000.
    pub fn new<T: AsRef<str>>(
        set: impl AsRef<str>,
        addresses: impl IntoIterator<Item = T>,
    ) -> Result<Self, WafError> {
        let name = name("IP set name", set.as_ref())?;
        let mut kept = BTreeSet::new();
        for text in addresses {
            let range = range(text.as_ref())?;
            let version = |range: &IpNet| matches!(range, IpNet::V4(_));
            if kept.first().is_some_and(|first| version(first) != version(&range)) {
                return Err(WafError::invalid(
                    "address",
                    "one version of IP in a set: make a set for each",
                    range,
                ));
            }
            kept.insert(range);
            if kept.len() > Self::LIMIT {
                return Err(WafError::invalid(
                    "IP set",
                    format!("at most {} addresses", Self::LIMIT),
                    name,
                ));
            }
        }
        let version =
            if matches!(kept.first(), Some(IpNet::V6(_))) { Version::V6 } else { Version::V4 };
        Ok(Self { name, version, addresses: kept })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ranges in CIDR notation, each once, in order.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.addresses.iter().map(ToString::to_string).collect()
    }

    /// Whether an address or range of the set touches one of the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.addresses.iter().any(|range| {
            other.addresses.iter().any(|another| range.contains(another) || another.contains(range))
        })
    }

    /// The input of `CreateIPSet`, for a web ACL of this scope.
    #[must_use]
    pub fn create_input(&self, scope: &super::Scope) -> Value {
        let version = match self.version {
            Version::V4 => "IPV4",
            Version::V6 => "IPV6",
        };
        json!({
            "Name": self.name, "Scope": scope.name(), "IPAddressVersion": version, "Addresses": self.addresses(),
        })
    }
}

fn range(text: &str) -> Result<IpNet, WafError> {
    let expected = "an address or a range in CIDR notation, such as 203.0.113.0/24";
    let range: IpNet = match text.parse() {
        Ok(range) => range,
        Err(_) => text
            .parse::<std::net::IpAddr>()
            .map(IpNet::from)
            .map_err(|_| WafError::invalid("address", expected, text))?,
    };
    if range.prefix_len() == 0 {
        return Err(WafError::invalid(
            "address",
            "a range that does not cover everything: AWS WAF takes no /0",
            text,
        ));
    }
    if range.trunc() != range {
        let expected = format!("a range without bits beyond its prefix, such as {}", range.trunc());
        return Err(WafError::invalid("address", expected, text));
    }
    Ok(range)
}
