//! Protocols, ports, and sets of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::error::NetworkError;

/// An IP protocol by its number (IANA, *Protocol Numbers*).
///
/// ```
/// use zt_core::network::Protocol;
///
/// assert_eq!("tcp".parse::<Protocol>()?, Protocol::TCP);
/// assert_eq!(Protocol::from_number(50).to_string(), "protocol 50");
/// # Ok::<(), zt_core::network::NetworkError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Protocol(u8);

impl Protocol {
    /// Control messages of IPv4. Types and codes stand where other protocols have ports: type × 256 + code.
    pub const ICMP: Self = Self(1);
    /// Connections.
    pub const TCP: Self = Self(6);
    /// Datagrams.
    pub const UDP: Self = Self(17);
    /// Control messages of IPv6: see [`ICMP`](Self::ICMP).
    pub const ICMPV6: Self = Self(58);

    /// The protocol with a number.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether rules can tell its packets apart by port: TCP and UDP.
    #[must_use]
    pub const fn has_ports(self) -> bool {
        matches!(self, Self::TCP | Self::UDP)
    }

    /// Whether its packets have a type and a code.
    #[must_use]
    pub const fn has_types(self) -> bool {
        matches!(self, Self::ICMP | Self::ICMPV6)
    }

    /// The port, or type and code, that the answer to a control message has; `None`: it has no answer. RFC 792, RFC 4443:
    /// an echo is answered by an echo reply.
    pub(super) fn reply_of(self, message: u16) -> Option<u16> {
        match (self, message) {
            (Self::ICMP, 0x0800) => Some(0x0000),
            (Self::ICMPV6, 0x8000) => Some(0x8100),
            _ => None,
        }
    }

    /// As EC2 names it in security groups: a name where there is one, else the number.
    pub(super) fn ec2_name(self) -> String {
        match self {
            Self::ICMP => "icmp".to_owned(),
            Self::TCP => "tcp".to_owned(),
            Self::UDP => "udp".to_owned(),
            Self::ICMPV6 => "icmpv6".to_owned(),
            Self(number) => number.to_string(),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ICMP | Self::TCP | Self::UDP | Self::ICMPV6 => f.write_str(&self.ec2_name()),
            Self(number) => write!(f, "protocol {number}"),
        }
    }
}

/// A name or a number, as EC2 has them.
impl FromStr for Protocol {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        match text {
            "icmp" => Ok(Self::ICMP),
            "tcp" => Ok(Self::TCP),
            "udp" => Ok(Self::UDP),
            "icmpv6" => Ok(Self::ICMPV6),
            _ => text.parse().map(Self).map_err(|_| {
                NetworkError::invalid("protocol", "tcp, udp, icmp, icmpv6 or 0 to 255", text)
            }),
        }
    }
}

/// Traffic that a flow, a rule or an intent is about: a protocol, or all, and ports.
///
/// Reads and writes as `tcp 443`, `tcp 8000-8010`, `udp 53`, `icmp echo`, `protocol 50`, `all`.
///
/// ```
/// use zt_core::network::Traffic;
///
/// assert_eq!("tcp 8000-8010".parse::<Traffic>()?, Traffic::tcp(8000..=8010));
/// let error = "tcp 70000".parse::<Traffic>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "traffic: expected a form such as `tcp 443`, `tcp 8000-8010`, `udp 53`, `icmp echo`, `protocol 50` or `all`, found `tcp 70000`",
/// );
/// # Ok::<(), zt_core::network::NetworkError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Traffic {
    protocol: Option<Protocol>,
    first: u16,
    last: u16,
}

impl Traffic {
    /// Everything.
    pub const ALL: Self = Self { protocol: None, first: 0, last: u16::MAX };

    /// TCP to a port, `443`, or a range of ports, `8000..=8010`.
    pub fn tcp(ports: impl Into<Ports>) -> Self {
        Self::of(Protocol::TCP, ports)
    }

    /// UDP to a port or a range of ports.
    pub fn udp(ports: impl Into<Ports>) -> Self {
        Self::of(Protocol::UDP, ports)
    }

    /// Echo requests of IPv4 (`ping`).
    #[must_use]
    pub fn icmp_echo() -> Self {
        Self::of(Protocol::ICMP, 0x0800)
    }

    /// All of one protocol.
    #[must_use]
    pub const fn protocol_only(protocol: Protocol) -> Self {
        Self { protocol: Some(protocol), first: 0, last: u16::MAX }
    }

    /// A protocol and ports; for ICMP types and codes: see [`Protocol::ICMP`]. Protocols that have neither are meant whole.
    pub fn of(protocol: Protocol, ports: impl Into<Ports>) -> Self {
        if !protocol.has_ports() && !protocol.has_types() {
            return Self::protocol_only(protocol);
        }
        let Ports { first, last } = ports.into();
        Self { protocol: Some(protocol), first, last }
    }

    /// The protocol; `None`: all.
    #[must_use]
    pub const fn protocol(&self) -> Option<Protocol> {
        self.protocol
    }

    /// The first port.
    #[must_use]
    pub const fn first(&self) -> u16 {
        self.first
    }

    /// The last port.
    #[must_use]
    pub const fn last(&self) -> u16 {
        self.last
    }

    /// Whether there is no such traffic: the first port is after the last.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first > self.last
    }

    /// The ports it has of a protocol.
    #[must_use]
    pub fn ports(&self, protocol: Protocol) -> PortSet {
        if self.protocol.is_none_or(|own| own == protocol) {
            PortSet::range(self.first, self.last)
        } else {
            PortSet::EMPTY
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            None => f.write_str("all"),
            Some(protocol) => write_ports(f, protocol, &PortSet::range(self.first, self.last)),
        }
    }
}

impl FromStr for Traffic {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let expected = "a form such as `tcp 443`, `tcp 8000-8010`, `udp 53`, `icmp echo`, `protocol 50` or `all`";
        let wrong = || NetworkError::invalid("traffic", expected, text);
        let ports = |text: &str| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            let (first, last) = (first.parse::<u16>().ok()?, last.parse::<u16>().ok()?);
            (first <= last).then_some(first..=last)
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["all"] => Ok(Self::ALL),
            ["icmp", "echo"] => Ok(Self::icmp_echo()),
            ["protocol", number] => {
                number.parse().map(Protocol).map(Self::protocol_only).map_err(|_| wrong())
            }
            [name @ ("tcp" | "udp" | "icmp" | "icmpv6")] => {
                Ok(Self::protocol_only(name.parse::<Protocol>()?))
            }
            ["tcp", range] => ports(range).map(Self::tcp).ok_or_else(wrong),
            ["udp", range] => ports(range).map(Self::udp).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }
}

/// One port or a range of ports: `443` or `8000..=8010`. A range that ends before it starts is refused where it is used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ports {
    first: u16,
    last: u16,
}

impl From<u16> for Ports {
    fn from(port: u16) -> Self {
        Self { first: port, last: port }
    }
}

impl From<RangeInclusive<u16>> for Ports {
    fn from(range: RangeInclusive<u16>) -> Self {
        Self { first: *range.start(), last: *range.end() }
    }
}

/// A set of ports.
///
/// ```
/// use zt_core::network::PortSet;
///
/// let web = PortSet::range(443, 443).union(&PortSet::range(8000, 8010));
/// assert_eq!(web.without(&PortSet::range(8005, 8005)).to_string(), "443, 8000-8004, 8006-8010");
/// ```
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct PortSet {
    /// INVARIANT: sorted, and between two ranges there is a port that is in neither.
    ranges: Vec<(u16, u16)>,
}

impl PortSet {
    /// No port.
    pub const EMPTY: Self = Self { ranges: Vec::new() };

    /// Every port.
    #[must_use]
    pub fn all() -> Self {
        Self::range(0, u16::MAX)
    }

    /// The ports from one to another, both included. Empty when the last is before the first.
    #[must_use]
    pub fn range(first: u16, last: u16) -> Self {
        if first > last { Self::EMPTY } else { Self { ranges: vec![(first, last)] } }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether every port is in it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.ranges == [(0, u16::MAX)]
    }

    /// Whether a port is in it.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.ranges.iter().any(|&(first, last)| (first..=last).contains(&port))
    }

    /// Whether every port of another set is in it.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        other.without(self).is_empty()
    }

    /// The lowest port.
    #[must_use]
    pub fn first(&self) -> Option<u16> {
        self.ranges.first().map(|&(first, _)| first)
    }

    /// Its ranges, sorted: first and last port of each.
    #[must_use]
    pub fn ranges(&self) -> &[(u16, u16)] {
        &self.ranges
    }

    /// Ports that are in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut ranges: Vec<_> = self.ranges.iter().chain(&other.ranges).copied().collect();
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
                _ => merged.push((first, last)),
            }
        }
        Self { ranges: merged }
    }

    /// Ports that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        for &(first, last) in &self.ranges {
            for &(other_first, other_last) in &other.ranges {
                let (start, end) = (first.max(other_first), last.min(other_last));
                if start <= end {
                    ranges.push((start, end));
                }
            }
        }
        Self { ranges }
    }

    /// Ports that are in this set and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        for &(first, last) in &self.ranges {
            // The next port that may be left; `None` when the range is used up to the very last port.
            let mut next = Some(first);
            for &(hole_first, hole_last) in &other.ranges {
                let Some(start) = next else { break };
                if hole_last < start || hole_first > last {
                    continue;
                }
                if hole_first > start {
                    ranges.push((start, hole_first.saturating_sub(1)));
                }
                next = hole_last.checked_add(1);
            }
            if let Some(start) = next
                && start <= last
            {
                ranges.push((start, last));
            }
        }
        Self { ranges }
    }
}

impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (at, (first, last)) in self.ranges.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

/// A set of traffic: ports by protocol.
///
/// Protocols that are not listed are alike: a rule names them or it does not.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TrafficSet {
    listed: BTreeMap<Protocol, PortSet>,
    others: PortSet,
}

impl TrafficSet {
    /// No traffic.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// All traffic.
    #[must_use]
    pub fn all() -> Self {
        Self { listed: BTreeMap::new(), others: PortSet::all() }
    }

    /// Made by asking for the ports of some protocols, and of `None` for all others.
    pub(super) fn build(
        protocols: &BTreeSet<Protocol>,
        mut ports: impl FnMut(Option<Protocol>) -> PortSet,
    ) -> Self {
        let listed = protocols.iter().map(|&protocol| (protocol, ports(Some(protocol)))).collect();
        Self { listed, others: ports(None) }
    }

    /// The ports of a protocol.
    #[must_use]
    pub fn ports(&self, protocol: Protocol) -> &PortSet {
        self.listed.get(&protocol).unwrap_or(&self.others)
    }

    /// The ports of protocols that are not listed.
    pub(super) fn others(&self) -> &PortSet {
        &self.others
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.others.is_empty() && self.listed.values().all(PortSet::is_empty)
    }

    /// Whether a packet of a protocol to a port is in it.
    #[must_use]
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.ports(protocol).contains(port)
    }

    /// Traffic that is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, PortSet::union)
    }

    /// Traffic that is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, PortSet::intersection)
    }

    /// Traffic that is in this set and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.combine(other, PortSet::without)
    }

    /// One packet of it: the protocol, and the port. TCP before UDP before the rest.
    #[must_use]
    pub fn example(&self) -> Option<(Protocol, u16)> {
        let first = |protocol| Some((protocol, self.ports(protocol).first()?));
        [Protocol::TCP, Protocol::UDP]
            .into_iter()
            .chain(self.listed.keys().copied())
            .chain((0..=u8::MAX).map(Protocol::from_number))
            .find_map(first)
    }

    fn combine(&self, other: &Self, with: impl Fn(&PortSet, &PortSet) -> PortSet) -> Self {
        let protocols: BTreeSet<_> = self.listed.keys().chain(other.listed.keys()).collect();
        let listed = protocols
            .into_iter()
            .map(|&protocol| (protocol, with(self.ports(protocol), other.ports(protocol))));
        Self { listed: listed.collect(), others: with(&self.others, &other.others) }
    }
}

impl From<Traffic> for TrafficSet {
    fn from(traffic: Traffic) -> Self {
        let ports = PortSet::range(traffic.first, traffic.last);
        match traffic.protocol {
            None => Self { listed: BTreeMap::new(), others: ports },
            Some(protocol) => {
                Self { listed: BTreeMap::from([(protocol, ports)]), others: PortSet::EMPTY }
            }
        }
    }
}

impl FromIterator<Traffic> for TrafficSet {
    fn from_iter<I: IntoIterator<Item = Traffic>>(traffic: I) -> Self {
        traffic.into_iter().fold(Self::none(), |all, traffic| all.union(&traffic.into()))
    }
}

/// `tcp 443, 8080; udp 53`, `all`, `all but tcp`, `nothing`.
impl fmt::Display for TrafficSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing");
        }
        let mut separator = "";
        if !self.others.is_empty() {
            let except: Vec<String> = self
                .listed
                .iter()
                .filter(|(_, ports)| !ports.is_all())
                .map(|(protocol, _)| protocol.to_string())
                .collect();
            f.write_str("all")?;
            if !except.is_empty() {
                write!(f, " but {}", except.join(", "))?;
            }
            separator = "; ";
        }
        let listed = self
            .listed
            .iter()
            .filter(|(_, ports)| !ports.is_empty() && (!ports.is_all() || self.others.is_empty()));
        for (protocol, ports) in listed {
            f.write_str(separator)?;
            write_ports(f, *protocol, ports)?;
            separator = "; ";
        }
        Ok(())
    }
}

/// A protocol with some of its ports: `tcp 443`, `icmp echo`, `udp`.
pub(super) fn describe(protocol: Protocol, port: u16) -> String {
    Traffic::of(protocol, port).to_string()
}

fn write_ports(f: &mut fmt::Formatter<'_>, protocol: Protocol, ports: &PortSet) -> fmt::Result {
    if ports.is_all() || !(protocol.has_ports() || protocol.has_types()) {
        return write!(f, "{protocol}");
    }
    if protocol.has_ports() {
        return write!(f, "{protocol} {ports}");
    }
    write!(f, "{protocol} ")?;
    for (at, &(first, last)) in ports.ranges().iter().enumerate() {
        let comma = if at > 0 { ", " } else { "" };
        match (protocol.reply_of(first), first / 256, first % 256, last / 256, last % 256) {
            (Some(_), ..) if first == last => write!(f, "{comma}echo")?,
            (_, a, 0, b, 255) if a == b => write!(f, "{comma}type {a}")?,
            (_, a, 0, b, 255) => write!(f, "{comma}types {a}-{b}")?,
            (_, a, code, b, end) if a == b && code == end => {
                write!(f, "{comma}type {a} code {code}")?;
            }
            (_, a, code, b, end) => {
                write!(f, "{comma}type {a} code {code} to type {b} code {end}")?
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set() -> impl Strategy<Value = PortSet> {
        prop::collection::vec((any::<u16>(), 0u16..2000), 0..5).prop_map(|ranges| {
            ranges.into_iter().fold(PortSet::EMPTY, |all, (first, length)| {
                all.union(&PortSet::range(first, first.saturating_add(length)))
            })
        })
    }

    proptest! {
        #[test]
        fn sets_of_ports_are_sets(a in set(), b in set(), port: u16) {
            let (in_a, in_b) = (a.contains(port), b.contains(port));
            prop_assert_eq!(a.union(&b).contains(port), in_a || in_b);
            prop_assert_eq!(a.intersection(&b).contains(port), in_a && in_b);
            prop_assert_eq!(a.without(&b).contains(port), in_a && !in_b);
            // One set has one form, whatever it was made from.
            prop_assert_eq!(a.without(&b).union(&a.intersection(&b)), a.clone());
            prop_assert!(a.union(&b).includes(&a));
        }
    }

    #[test]
    fn the_edges_of_the_range_of_ports() {
        let last = PortSet::range(u16::MAX, u16::MAX);
        assert_eq!(PortSet::all().without(&last), PortSet::range(0, u16::MAX - 1));
        assert_eq!(PortSet::range(0, u16::MAX - 1).union(&last), PortSet::all());
        assert!(last.without(&PortSet::all()).is_empty());
        assert!(PortSet::range(5, 4).is_empty());
    }

    #[test]
    fn traffic_reads_as_it_is_written() {
        for text in
            ["all", "tcp 443", "tcp 8000-8010", "udp 53", "udp", "icmp echo", "icmp", "protocol 50"]
        {
            assert_eq!(text.parse::<Traffic>().unwrap().to_string(), text);
        }
        for text in ["", "tcp 443-", "tcp 9-8", "sctp 1", "protocol 256", "tcp 1 2"] {
            assert!(text.parse::<Traffic>().is_err(), "{text}");
        }
    }

    #[test]
    fn sets_of_traffic_read_as_sentences() {
        let set: TrafficSet =
            [Traffic::tcp(443), Traffic::tcp(80), Traffic::icmp_echo()].into_iter().collect();
        assert_eq!(set.to_string(), "icmp echo; tcp 80, 443");
        assert_eq!(
            TrafficSet::all().without(&Traffic::tcp(443).into()).to_string(),
            "all but tcp; tcp 0-442, 444-65535"
        );
        assert_eq!(TrafficSet::none().to_string(), "nothing");
        assert_eq!(TrafficSet::all().to_string(), "all");
    }
}
