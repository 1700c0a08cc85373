//! Address ranges: which a VPC may have, which are free, and how one is divided.

use ipnet::Ipv4Net;

use super::error::NetworkError;

/// A range that is in use somewhere that may be connected one day: `office`, `10.8.0.0/16`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Taken {
    pub(super) name: String,
    pub(super) range: Ipv4Net,
}

impl Taken {
    /// A range and whose it is.
    #[must_use]
    pub fn new(name: impl Into<String>, range: Ipv4Net) -> Self {
        Self { name: name.into(), range }
    }
}

/// A range of a size that overlaps nothing that is taken.
///
/// Looked for in 10.0.0.0/8, then in 172.16.0.0/12 and 192.168.0.0/16 (RFC 1918). The search starts at a place that depends on
/// the name alone, so that networks that do not know of each other mostly differ; the same name and the same taken ranges give
/// the same range.
///
/// ```
/// use zt_core::network::{Taken, allocate};
///
/// let shop = allocate("shop", 20, &[])?;
/// assert_eq!(allocate("shop", 20, &[])?, shop);
/// let other = allocate("shop", 20, &[Taken::new("the old shop", shop)])?;
/// assert_ne!(other, shop);
/// # Ok::<(), zt_core::network::NetworkError>(())
/// ```
///
/// # Errors
///
/// When the prefix is not /16 to /28, or nothing is free.
pub fn allocate(name: &str, prefix: u8, taken: &[Taken]) -> Result<Ipv4Net, NetworkError> {
    if !VPC_PREFIXES.contains(&prefix) {
        return Err(NetworkError::invalid("prefix", "16 to 28", prefix.to_string()));
    }
    let is_free = |range: &Ipv4Net| {
        !overlaps(*range, DOCKER) && !taken.iter().any(|taken| overlaps(*range, taken.range))
    };
    for pool in PRIVATE {
        if pool.prefix_len() > prefix {
            continue;
        }
        let count = 1_u32 << (prefix - pool.prefix_len());
        let start = place(name, count);
        let free = (0..count)
            .map(|step| part(pool, prefix, start.wrapping_add(step) % count))
            .find_map(|range| range.filter(is_free));
        if let Some(range) = free {
            return Ok(range);
        }
    }
    let expected = format!("a free /{prefix} in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
    Err(NetworkError::missing("cidr", expected).remedy("ask for a longer prefix, or take less"))
}

/// Private ranges (RFC 1918).
const PRIVATE: [Ipv4Net; 3] = [
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(std::net::Ipv4Addr::new(192, 168, 0, 0), 16),
];
/// Shared address space (RFC 6598), which VPCs may use as well.
const SHARED: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::new(100, 64, 0, 0), 10);
/// Amazon VPC User Guide, *VPC CIDR blocks*: "some AWS services use the 172.17.0.0/16 CIDR range"; it is Docker's own.
const DOCKER: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::new(172, 17, 0, 0), 16);
/// Amazon VPC User Guide, *VPC CIDR blocks* and *Subnet CIDR blocks*.
const VPC_PREFIXES: std::ops::RangeInclusive<u8> = 16..=28;
/// The same page: of every subnet the first four addresses and the last are AWS's.
pub(super) const RESERVED: u32 = 5;

/// A VPC's range: of a size that there is, private, and free.
pub(super) fn vpc(text: &str, taken: &[Taken]) -> Result<Ipv4Net, NetworkError> {
    let expected =
        "an IPv4 range of /16 to /28 such as 10.20.0.0/16, with no bits set past the prefix";
    let range: Ipv4Net = text
        .parse()
        .ok()
        .filter(|range: &Ipv4Net| {
            range.trunc() == *range && VPC_PREFIXES.contains(&range.prefix_len())
        })
        .ok_or_else(|| NetworkError::invalid("cidr", expected, text))?;
    if !is_private(range) {
        let expected = "a private range (RFC 1918, RFC 6598)";
        let remedy = "addresses of others that are used inside cannot be reached any more";
        return Err(NetworkError::invalid("cidr", expected, text).remedy(remedy));
    }
    if overlaps(range, DOCKER) {
        let expected =
            "a range outside of 172.17.0.0/16, which services of AWS and Docker use themselves";
        return Err(NetworkError::invalid("cidr", expected, text));
    }
    if let Some(other) = taken.iter().find(|taken| overlaps(range, taken.range)) {
        let expected = format!("a range that does not overlap {} of `{}`", other.range, other.name);
        let remedy = match allocate(&other.name, range.prefix_len(), taken) {
            Ok(free) => format!("{free} is free"),
            Err(_) => "no range of this size is free".to_owned(),
        };
        return Err(NetworkError::invalid("cidr", expected, text).remedy(remedy));
    }
    Ok(range)
}

/// Every private range.
pub(super) fn private() -> impl Iterator<Item = Ipv4Net> {
    PRIVATE.into_iter().chain([SHARED])
}

pub(super) fn is_private(range: Ipv4Net) -> bool {
    PRIVATE.iter().chain([&SHARED]).any(|private| private.contains(&range))
}

pub(super) fn overlaps(a: Ipv4Net, b: Ipv4Net) -> bool {
    a.contains(&b) || b.contains(&a)
}

/// The part with a number, of all parts of a size: `part(10.0.0.0/16, 24, 3)` is 10.0.3.0/24.
pub(super) fn part(range: Ipv4Net, prefix: u8, number: u32) -> Option<Ipv4Net> {
    let bits = prefix.checked_sub(range.prefix_len())?;
    if bits < 32 && number >> bits != 0 {
        return None;
    }
    let shift = 32_u8.checked_sub(prefix)?;
    let offset = number.checked_shl(u32::from(shift)).unwrap_or(0);
    Ipv4Net::new((u32::from(range.network()) | offset).into(), prefix).ok()
}

/// A number below another that depends on a name alone (FNV-1a, 64 bits).
fn place(name: &str, below: u32) -> u32 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The upper half: the lower bits of FNV-1a follow the last byte.
    u32::try_from((hash >> 32) % u64::from(below.max(1))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_aligned_and_end() {
        let range: Ipv4Net = "10.0.0.0/16".parse().unwrap();
        assert_eq!(part(range, 24, 3).unwrap().to_string(), "10.0.3.0/24");
        assert_eq!(part(range, 24, 255).unwrap().to_string(), "10.0.255.0/24");
        assert_eq!(part(range, 24, 256), None);
        assert_eq!(part(range, 16, 0), Some(range));
        assert_eq!(part(range, 15, 0), None);
    }

    #[test]
    fn a_range_that_cannot_be_a_vpc_says_why() {
        let taken = [Taken::new("office", "10.8.0.0/14".parse().unwrap())];
        let error = |text: &str| vpc(text, &taken).unwrap_err().to_string();
        assert!(error("10.0.0.0/8").contains("/16 to /28"));
        assert!(error("10.0.0.1/16").contains("no bits set past the prefix"));
        assert!(error("8.8.0.0/16").contains("a private range"));
        assert!(error("172.17.0.0/20").contains("172.17.0.0/16"));
        let error = error("10.9.0.0/16");
        assert!(error.starts_with("cidr: expected a range that does not overlap 10.8.0.0/14 of `office`, found `10.9.0.0/16`: "), "{error}");
        assert!(error.ends_with(" is free"), "{error}");
        assert!(vpc("10.12.0.0/16", &taken).is_ok());
        assert!(vpc("100.64.0.0/16", &taken).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_allocated_is_free(
            name in "[a-z]{1,8}",
            prefix in 16u8..=28,
            taken in prop::collection::vec((any::<u32>(), 8u8..=28), 0..12),
        ) {
            let taken: Vec<Taken> = taken
                .into_iter()
                .map(|(address, prefix)| Taken::new("x", Ipv4Net::new((address & 0x00ff_ffff | 0x0a00_0000).into(), prefix).unwrap().trunc()))
                .collect();
            if let Ok(range) = allocate(&name, prefix, &taken) {
                prop_assert!(taken.iter().all(|taken| !overlaps(range, taken.range)));
                prop_assert!(vpc(&range.to_string(), &taken).is_ok());
            }
        }
    }
}
