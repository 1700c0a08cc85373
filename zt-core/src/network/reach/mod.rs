//! What can reach what: security groups, network ACLs both ways, and routes.
//!
//! Two answers, because two people ask. Who defends asks what may arrive: one packet is enough, from any port
//! ([`Reach::delivered`]). Who operates asks what works: the packet arrives and the answer comes back, whichever port the client
//! took ([`Reach::works`]).

mod answer;
mod gates;
mod index;
mod passage;

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

pub use self::answer::{Answer, Outcome};
use self::gates::Filter;
use self::index::Index;
use self::passage::Passage;
use super::error::NetworkError;
use super::state::Network;
use super::traffic::{PortSet, Protocol, Traffic, TrafficSet};

/// A network whose reachability can be asked for.
///
/// Everything is exact for the model: all ports, all protocols, and all addresses, which fall into classes that no rule tells
/// apart. Answers to what was let out of a security group are let in (it is stateful); a network ACL acts at the edge of a
/// subnet only, and needs an entry for the answers. What is not modelled: [`UNFILTERED`]; connections that were open before a
/// rule changed; policies of VPC endpoints; listeners of load balancers, which connect anew; an interface reaching another's
/// public address through the internet gateway; AWS Network Firewall; public access that is blocked for the whole VPC.
///
/// ```
/// use zt_core::network::{
///     Acl, AclEntry, Group, GroupRule, Interface, Network, Place, Reachability, RouteTable, RulePeer, Subnet, Traffic, Vpc,
/// };
///
/// let everything = |egress| AclEntry { number: 100, egress, allow: true, traffic: Traffic::ALL, range: "0.0.0.0/0".parse().unwrap() };
/// let rule = |peer: &str| GroupRule { id: String::new(), description: String::new(), traffic: Traffic::tcp(5432), peer: RulePeer::Group(peer.into()) };
/// let interface = |id: &str, address: &str| Interface {
///     id: id.into(), subnet: "subnet-1".into(), addresses: vec![address.parse().unwrap()], groups: vec![format!("sg-{id}")],
///     ..Interface::default()
/// };
/// let network = Network {
///     vpcs: vec![Vpc { id: "vpc-1".into(), ranges: vec!["10.0.0.0/16".parse()?], ..Vpc::default() }],
///     subnets: vec![Subnet {
///         id: "subnet-1".into(), vpc: "vpc-1".into(), ranges: vec!["10.0.1.0/24".parse()?], acl: "acl-1".into(),
///         route_table: "rtb-1".into(), ..Subnet::default()
///     }],
///     acls: vec![Acl { id: "acl-1".into(), entries: vec![everything(true), everything(false)], ..Acl::default() }],
///     route_tables: vec![RouteTable { id: "rtb-1".into(), ..RouteTable::default() }],
///     groups: vec![
///         Group { id: "sg-app".into(), egress: vec![rule("sg-db")], ..Group::default() },
///         Group { id: "sg-db".into(), ingress: vec![rule("sg-app")], ..Group::default() },
///     ],
///     interfaces: vec![interface("app", "10.0.1.4"), interface("db", "10.0.1.5")],
///     ..Network::default()
/// };
/// let map = Reachability::new(network)?;
/// let (app, db) = (Place::interface("app"), Place::interface("db"));
/// assert_eq!(map.between(&app, &db)?.works().to_string(), "tcp 5432");
/// assert!(map.between(&db, &app)?.delivered().is_empty());
/// assert_eq!(
///     map.explain(&db, &app, Traffic::tcp(22))?.to_string(),
///     "tcp 22 from db to app is stopped: no egress rule of group `sg-db` allows it",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reachability {
    index: Index,
}

impl Reachability {
    /// Reads a network.
    ///
    /// # Errors
    ///
    /// When two things of one kind have the same id; when a subnet, an ACL, a route table, a prefix list or a group of an
    /// interface is named and not there; when an address is outside its subnet. A rule may name a security group that is not
    /// there: one that was deleted, or of another VPC; no interface is in it.
    pub fn new(network: Network) -> Result<Self, NetworkError> {
        Ok(Self { index: Index::new(network)? })
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.index.network
    }

    /// What one place can send to another.
    ///
    /// # Errors
    ///
    /// When a place is an interface that is not there.
    pub fn between(&self, from: &Place, to: &Place) -> Result<Reach, NetworkError> {
        let mut delivered = TrafficSet::none();
        let mut works: Option<TrafficSet> = None;
        for (from, to) in self.pairs(from, to)? {
            let (arrives, answered) = match self.index.passage(&from, &to) {
                Ok(passage) => self.traffic(&passage, &from),
                Err(_) => (TrafficSet::none(), TrafficSet::none()),
            };
            delivered = delivered.union(&arrives);
            works = Some(match works {
                Some(works) => works.intersection(&answered),
                None => answered,
            });
        }
        Ok(Reach { delivered, works: works.unwrap_or_default() })
    }

    /// Whether some traffic gets from one place to another, and by what path; or the gate that stops it.
    ///
    /// Of several ports the first is asked about, and of several interfaces and addresses the first pair that lets it through.
    ///
    /// # Errors
    ///
    /// When a place is an interface that is not there, when the places have no addresses of one family, or when there is no
    /// such traffic.
    pub fn explain(
        &self,
        from: &Place,
        to: &Place,
        traffic: Traffic,
    ) -> Result<Answer, NetworkError> {
        if traffic.is_empty() {
            let found = format!("{}-{}", traffic.first(), traffic.last());
            return Err(NetworkError::invalid("traffic", "a last port after the first", found));
        }
        let protocol = traffic.protocol().unwrap_or(Protocol::TCP);
        answer::explain(&self.index, &self.pairs(from, to)?, protocol, traffic.first())
            .ok_or_else(|| no_pair(from, to))
    }

    /// As [`explain`](Self::explain), for whatever gets through: what does, or the gate after which nothing is left.
    ///
    /// # Errors
    ///
    /// When a place is an interface that is not there, or the places have no addresses of one family.
    pub fn explain_any(&self, from: &Place, to: &Place) -> Result<Answer, NetworkError> {
        match self.between(from, to)?.delivered.example() {
            Some((protocol, port)) => self.explain(from, to, Traffic::of(protocol, port)),
            None => {
                let pairs = self.pairs(from, to)?;
                answer::explain_nothing(&self.index, &pairs).ok_or_else(|| no_pair(from, to))
            }
        }
    }

    /// The same network if every network ACL let everything through: what security groups and routes alone let through.
    #[must_use]
    pub fn without_acls(&self) -> Self {
        Self { index: self.index.without_acls() }
    }

    /// Whether there is anybody at both ends.
    pub(super) fn is_pair(&self, from: &Place, to: &Place) -> Result<bool, NetworkError> {
        Ok(!self.pairs(from, to)?.is_empty())
    }

    /// As [`explain`](Self::explain), about the first pair that does not work.
    pub(super) fn explain_worst(
        &self,
        from: &Place,
        to: &Place,
        traffic: Traffic,
    ) -> Result<Answer, NetworkError> {
        let protocol = traffic.protocol().unwrap_or(Protocol::TCP);
        answer::explain_worst(&self.index, &self.pairs(from, to)?, protocol, traffic.first())
            .ok_or_else(|| no_pair(from, to))
    }

    /// Every pair of ends that rules may tell apart: of one family, and not an interface with itself.
    fn pairs(&self, from: &Place, to: &Place) -> Result<Vec<(End, End)>, NetworkError> {
        let (from, to) = (self.index.ends(from)?, self.index.ends(to)?);
        let mut pairs = Vec::new();
        for from in &from {
            let others = to.iter().filter(|to| {
                from.address.is_ipv4() == to.address.is_ipv4()
                    && (from.interface.is_none() || from.interface != to.interface)
            });
            pairs.extend(others.map(|to| (from.clone(), to.clone())));
        }
        Ok(pairs)
    }

    /// What arrives, and what of that is answered.
    fn traffic(&self, passage: &Passage, from: &End) -> (TrafficSet, TrafficSet) {
        let delivered = TrafficSet::build(&self.index.protocols, |protocol| {
            passage.forward.iter().filter_map(passage::Leg::filter).fold(
                PortSet::all(),
                |ports, filter| {
                    if ports.is_empty() {
                        return ports;
                    }
                    ports.intersection(&self.index.ports(filter, protocol))
                },
            )
        });
        let works = TrafficSet::build(&self.index.protocols, |protocol| {
            let arrives = protocol
                .map_or_else(|| delivered_others(&delivered), |own| delivered.ports(own).clone());
            if arrives.is_empty() {
                return arrives;
            }
            match &passage.back {
                Ok(back) => arrives.without(&self.unanswered(back, from, protocol)),
                Err(_) => PortSet::EMPTY,
            }
        });
        (delivered, works)
    }

    /// The ports whose answers some filter on the way back may stop.
    fn unanswered(&self, back: &[passage::Leg], from: &End, protocol: Option<Protocol>) -> PortSet {
        let mut stopped = PortSet::EMPTY;
        for leg in back {
            let Some(filter) = leg.filter() else { continue };
            let lets = self.index.ports(filter, protocol);
            stopped = stopped.union(&match protocol {
                Some(protocol) if protocol.has_ports() => {
                    let (first, last) = self.index.reply_ports(leg, from);
                    if lets.includes(&PortSet::range(first, last)) {
                        PortSet::EMPTY
                    } else {
                        PortSet::all()
                    }
                }
                Some(protocol) if protocol.has_types() => unanswered_messages(protocol, &lets),
                _ if lets.is_all() => PortSet::EMPTY,
                _ => PortSet::all(),
            });
        }
        stopped
    }
}

/// What one place can send to another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reach {
    delivered: TrafficSet,
    works: TrafficSet,
}

impl Reach {
    /// Traffic of which some packet may arrive: from some interface and address, to some interface and address, from some port.
    #[must_use]
    pub fn delivered(&self) -> &TrafficSet {
        &self.delivered
    }

    /// Traffic that works: between all interfaces and addresses, from all ports that clients use, with the answers coming back.
    #[must_use]
    pub fn works(&self) -> &TrafficSet {
        &self.works
    }
}

/// One end of a question: interfaces of the network, or addresses outside of its VPCs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    name: Option<String>,
    kind: PlaceKind,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum PlaceKind {
    Interfaces(Vec<String>),
    Outside { ranges: Vec<IpNet>, except: Vec<IpNet> },
}

impl Place {
    /// One interface, by its id.
    #[must_use]
    pub fn interface(id: impl Into<String>) -> Self {
        Self::interfaces([id])
    }

    /// Several interfaces, by their ids.
    pub fn interfaces<I: Into<String>>(ids: impl IntoIterator<Item = I>) -> Self {
        let ids = ids.into_iter().map(Into::into).collect();
        Self { name: None, kind: PlaceKind::Interfaces(ids) }
    }

    /// All addresses outside of the VPCs, IPv4 and IPv6.
    #[must_use]
    pub fn internet() -> Self {
        let all = [IpNet::V4(ipnet::Ipv4Net::default()), IpNet::V6(ipnet::Ipv6Net::default())];
        Self::outside(all).named("internet")
    }

    /// Some addresses outside of the VPCs. Those inside are left out.
    pub fn outside(ranges: impl IntoIterator<Item = IpNet>) -> Self {
        let ranges = ranges.into_iter().collect();
        Self { name: None, kind: PlaceKind::Outside { ranges, except: Vec::new() } }
    }

    /// Without some addresses. Interfaces stay as they are.
    #[must_use]
    pub fn except(mut self, ranges: impl IntoIterator<Item = IpNet>) -> Self {
        if let PlaceKind::Outside { except, .. } = &mut self.kind {
            except.extend(ranges);
        }
        self
    }

    pub(super) fn is_outside(&self) -> bool {
        matches!(self.kind, PlaceKind::Outside { .. })
    }

    /// Gives it the name that sentences have. Default: the name or id of an interface, or the address.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// An address, and the interface that has it.
#[derive(Clone, Debug, Eq, PartialEq)]
struct End {
    address: IpAddr,
    interface: Option<usize>,
    name: String,
}

/// What neither security groups nor network ACLs filter: it is reachable from every interface, whatever the rules say.
///
/// From the Amazon VPC User Guide, *Control traffic to your AWS resources using security groups* and *Control subnet traffic with
/// network access control lists*. Switch off the metadata service, or demand its version 2, at the instance; filter names with
/// Route 53 Resolver DNS Firewall.
pub const UNFILTERED: &[(&str, &str)] = &[
    ("Route 53 Resolver (DNS)", "169.254.169.253, and the VPC's address + 2"),
    ("DHCP", "the router of the subnet"),
    ("instance metadata", "169.254.169.254"),
    ("task metadata of Amazon ECS", "169.254.170.2"),
    ("Windows license activation", "169.254.169.250 and 169.254.169.251"),
    ("Amazon Time Sync Service", "169.254.169.123"),
    ("the VPC's router", "the subnet's address + 1"),
];

fn delivered_others(delivered: &TrafficSet) -> PortSet {
    delivered.others().clone()
}

/// Messages that are to be answered and whose answer is not let through.
fn unanswered_messages(protocol: Protocol, lets: &PortSet) -> PortSet {
    let echo = if protocol == Protocol::ICMP { 0x0800 } else { 0x8000 };
    match protocol.reply_of(echo) {
        Some(reply) if !lets.contains(reply) => PortSet::range(echo, echo),
        _ => PortSet::EMPTY,
    }
}

fn no_pair(from: &Place, to: &Place) -> NetworkError {
    let name = |place: &Place| match (&place.name, &place.kind) {
        (Some(name), _) => name.clone(),
        (None, PlaceKind::Interfaces(ids)) => ids.join(", "),
        (None, PlaceKind::Outside { ranges, .. }) => {
            ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
    };
    let found = format!("{} and {}", name(from), name(to));
    NetworkError::invalid("places", "two different ends with addresses of one family", found)
}

/// The protocols that a network's rules name, and those people ask for: all others are alike.
fn protocols(network: &Network) -> BTreeSet<Protocol> {
    let groups = network.groups.iter().flat_map(|group| group.ingress.iter().chain(&group.egress));
    let entries = network.acls.iter().flat_map(|acl| &acl.entries);
    let named = groups.map(|rule| rule.traffic).chain(entries.map(|entry| entry.traffic));
    [Protocol::ICMP, Protocol::TCP, Protocol::UDP, Protocol::ICMPV6]
        .into_iter()
        .chain(named.filter_map(|traffic| traffic.protocol()))
        .collect()
}
