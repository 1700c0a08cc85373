//! A network with its names resolved, and the addresses that its rules tell apart.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::super::error::NetworkError;
use super::super::state::{AclEntry, Destination, Network, Route, RulePeer};
use super::super::traffic::Protocol;
use super::{End, Place, PlaceKind};

/// A network, and where in its lists everything is.
#[derive(Clone, Debug)]
pub(super) struct Index {
    pub(super) network: Network,
    pub(super) protocols: BTreeSet<Protocol>,
    /// Whether network ACLs are taken to let everything through.
    pub(super) ignores_acls: bool,
    subnets: BTreeMap<String, usize>,
    interfaces: BTreeMap<String, usize>,
    groups: BTreeMap<String, usize>,
    prefix_lists: BTreeMap<String, usize>,
    nat_gateways: BTreeMap<String, usize>,
    acls: BTreeMap<String, usize>,
    route_tables: BTreeMap<String, usize>,
    vpcs: BTreeMap<String, usize>,
    /// Where one class of addresses ends and another begins: family and number.
    edges: BTreeSet<(bool, u128)>,
}

impl Index {
    pub(super) fn new(mut network: Network) -> Result<Self, NetworkError> {
        for acl in &mut network.acls {
            acl.entries.sort_by_key(|entry| entry.number);
        }
        let index = Self {
            protocols: super::protocols(&network),
            subnets: positions("subnet", network.subnets.iter().map(|subnet| &subnet.id))?,
            interfaces: positions("interface", network.interfaces.iter().map(|it| &it.id))?,
            groups: positions("security group", network.groups.iter().map(|group| &group.id))?,
            prefix_lists: positions("prefix list", network.prefix_lists.iter().map(|it| &it.id))?,
            nat_gateways: positions("NAT gateway", network.nat_gateways.iter().map(|it| &it.id))?,
            acls: positions("network ACL", network.acls.iter().map(|acl| &acl.id))?,
            route_tables: positions("route table", network.route_tables.iter().map(|it| &it.id))?,
            vpcs: positions("VPC", network.vpcs.iter().map(|vpc| &vpc.id))?,
            edges: edges(&network),
            ignores_acls: false,
            network,
        };
        index.check()?;
        Ok(index)
    }

    pub(super) fn without_acls(&self) -> Self {
        Self { ignores_acls: true, ..self.clone() }
    }

    /// The ends of a place: an interface's addresses, or one address of each class outside.
    pub(super) fn ends(&self, place: &Place) -> Result<Vec<End>, NetworkError> {
        match &place.kind {
            PlaceKind::Interfaces(ids) => {
                let mut ends = Vec::new();
                for id in ids {
                    let at = *self
                        .interfaces
                        .get(id)
                        .ok_or_else(|| NetworkError::invalid("place", "an interface", id))?;
                    let Some(interface) = self.network.interfaces.get(at) else { continue };
                    let name = place
                        .name
                        .clone()
                        .unwrap_or_else(|| label(&interface.name, &interface.id).to_owned());
                    ends.extend(interface.addresses.iter().map(|&address| End {
                        address,
                        interface: Some(at),
                        name: name.clone(),
                    }));
                }
                Ok(ends)
            }
            PlaceKind::Outside { ranges, except } => {
                let inside = self.network.vpcs.iter().flat_map(|vpc| &vpc.ranges);
                let holes: Vec<&IpNet> = inside.chain(except).collect();
                let end = |address| End {
                    address,
                    interface: None,
                    name: place.name.clone().unwrap_or_else(|| address.to_string()),
                };
                let addresses = self.classes(ranges, &holes);
                Ok(addresses
                    .into_iter()
                    .filter(|address| !holes.iter().any(|hole| hole.contains(address)))
                    .map(end)
                    .collect())
            }
        }
    }

    pub(super) fn subnet_of(&self, interface: usize) -> Option<usize> {
        self.subnets.get(&self.network.interfaces.get(interface)?.subnet).copied()
    }

    pub(super) fn vpc_of(&self, subnet: usize) -> Option<usize> {
        self.vpcs.get(&self.network.subnets.get(subnet)?.vpc).copied()
    }

    pub(super) fn subnet_named(&self, id: &str) -> Option<usize> {
        self.subnets.get(id).copied()
    }

    pub(super) fn nat_named(&self, id: &str) -> Option<usize> {
        self.nat_gateways.get(id).copied()
    }

    /// The groups of an interface.
    pub(super) fn groups_of(&self, interface: usize) -> impl Iterator<Item = usize> {
        let interface = self.network.interfaces.get(interface);
        interface
            .into_iter()
            .flat_map(|interface| &interface.groups)
            .filter_map(|id| self.groups.get(id).copied())
    }

    /// The entries of a subnet's ACL for one direction, lowest number first.
    pub(super) fn entries(&self, subnet: usize, egress: bool) -> impl Iterator<Item = &AclEntry> {
        let subnet = self.network.subnets.get(subnet);
        let acl = subnet
            .and_then(|subnet| self.acls.get(&subnet.acl))
            .and_then(|&at| self.network.acls.get(at));
        acl.into_iter().flat_map(|acl| &acl.entries).filter(move |entry| entry.egress == egress)
    }

    pub(super) fn acl_name(&self, subnet: usize) -> &str {
        let subnet = self.network.subnets.get(subnet);
        let acl = subnet
            .and_then(|subnet| self.acls.get(&subnet.acl))
            .and_then(|&at| self.network.acls.get(at));
        acl.map_or("", |acl| label(&acl.name, &acl.id))
    }

    pub(super) fn table_name(&self, subnet: usize) -> &str {
        self.table(subnet).map_or("", |table| label(&table.name, &table.id))
    }

    /// Whether the other side of a group's rule is this address.
    pub(super) fn is_peer(
        &self,
        peer: &RulePeer,
        address: IpAddr,
        interface: Option<usize>,
    ) -> bool {
        match peer {
            RulePeer::Range(range) => range.contains(&address),
            RulePeer::PrefixList(id) => self.list(id).any(|range| range.contains(&address)),
            RulePeer::Group(id) => interface
                .and_then(|interface| self.network.interfaces.get(interface))
                .is_some_and(|interface| interface.groups.contains(id)),
        }
    }

    /// The most specific route of a subnet to an address. Of two alike, one for a range rather than one for a prefix list
    /// (Amazon VPC User Guide, *Route priority*).
    pub(super) fn route(&self, subnet: usize, to: IpAddr) -> Option<&Route> {
        let fits = |route: &Route| match &route.to {
            Destination::Range(range) => range.contains(&to).then(|| (range.prefix_len(), 1)),
            Destination::PrefixList(id) => self
                .list(id)
                .filter(|range| range.contains(&to))
                .map(|range| (range.prefix_len(), 0))
                .max(),
        };
        let routes = &self.table(subnet)?.routes;
        let fitting = routes.iter().filter_map(|route| Some((fits(route)?, route)));
        fitting.max_by_key(|(rank, _)| *rank).map(|(_, route)| route)
    }

    /// Routes of all tables of a VPC's subnets that are for an address.
    pub(super) fn routes_of_vpc(&self, vpc: usize, to: IpAddr) -> impl Iterator<Item = &Route> {
        let subnets =
            (0..self.network.subnets.len()).filter(move |&subnet| self.vpc_of(subnet) == Some(vpc));
        subnets.filter_map(|subnet| self.table(subnet)).flat_map(|table| &table.routes).filter(
            move |route| match &route.to {
                Destination::Range(range) => range.contains(&to),
                Destination::PrefixList(id) => self.list(id).any(|range| range.contains(&to)),
            },
        )
    }

    fn table(&self, subnet: usize) -> Option<&super::super::state::RouteTable> {
        let subnet = self.network.subnets.get(subnet)?;
        self.network.route_tables.get(*self.route_tables.get(&subnet.route_table)?)
    }

    fn list(&self, id: &str) -> impl Iterator<Item = &IpNet> {
        let list = self.prefix_lists.get(id).and_then(|&at| self.network.prefix_lists.get(at));
        list.into_iter().flat_map(|list| &list.ranges)
    }

    /// One address of each class in some ranges.
    fn classes(&self, ranges: &[IpNet], holes: &[&IpNet]) -> Vec<IpAddr> {
        let mut classes = BTreeSet::new();
        let mut edges = self.edges.clone();
        edges.extend(holes.iter().copied().flat_map(ends_of));
        for range in ranges {
            let (family, first) = number(range.network());
            let (_, last) = number(range.broadcast());
            classes.insert((family, first));
            classes.extend(edges.range((family, first)..=(family, last)));
        }
        classes.into_iter().map(address).collect()
    }

    fn check(&self) -> Result<(), NetworkError> {
        let network = &self.network;
        for subnet in &network.subnets {
            let place = || format!("subnet {}", label(&subnet.name, &subnet.id));
            named(&self.vpcs, place, "a VPC", &subnet.vpc)?;
            named(&self.acls, place, "a network ACL", &subnet.acl)?;
            named(&self.route_tables, place, "a route table", &subnet.route_table)?;
        }
        for interface in &network.interfaces {
            let place = || format!("interface {}", label(&interface.name, &interface.id));
            named(&self.subnets, place, "a subnet", &interface.subnet)?;
            for group in &interface.groups {
                named(&self.groups, place, "a security group", group)?;
            }
            let ranges =
                self.subnets.get(&interface.subnet).and_then(|&at| network.subnets.get(at));
            for address in &interface.addresses {
                if !ranges.is_some_and(|it| it.ranges.iter().any(|range| range.contains(address))) {
                    let expected = "addresses inside its subnet";
                    return Err(NetworkError::invalid(place(), expected, address.to_string()));
                }
            }
        }
        for gateway in &network.nat_gateways {
            let place = || format!("NAT gateway {}", label(&gateway.name, &gateway.id));
            named(&self.subnets, place, "a subnet", &gateway.subnet)?;
        }
        for group in &network.groups {
            let place = || format!("security group {}", label(&group.name, &group.id));
            for rule in group.ingress.iter().chain(&group.egress) {
                if let RulePeer::PrefixList(id) = &rule.peer {
                    named(&self.prefix_lists, place, "a prefix list", id)?;
                }
            }
        }
        for table in &network.route_tables {
            let place = || format!("route table {}", label(&table.name, &table.id));
            for route in &table.routes {
                if let Destination::PrefixList(id) = &route.to {
                    named(&self.prefix_lists, place, "a prefix list", id)?;
                }
            }
        }
        Ok(())
    }
}

/// The name, or the id where there is none.
pub(super) fn label<'a>(name: &'a str, id: &'a str) -> &'a str {
    if name.is_empty() { id } else { name }
}

fn named(
    all: &BTreeMap<String, usize>,
    place: impl Fn() -> String,
    expected: &'static str,
    id: &str,
) -> Result<(), NetworkError> {
    if all.contains_key(id) {
        return Ok(());
    }
    let remedy = "add it to the network, or observe it as well";
    Err(NetworkError::invalid(place(), format!("{expected} that is there"), id).remedy(remedy))
}

fn positions<'a>(
    kind: &'static str,
    ids: impl Iterator<Item = &'a String>,
) -> Result<BTreeMap<String, usize>, NetworkError> {
    let mut positions = BTreeMap::new();
    for (at, id) in ids.enumerate() {
        if positions.insert(id.clone(), at).is_some() {
            return Err(NetworkError::invalid(kind, "every id only once", id));
        }
    }
    Ok(positions)
}

/// Every place where a range of a rule, an entry, a route, a list or a VPC begins, and where it has ended.
fn edges(network: &Network) -> BTreeSet<(bool, u128)> {
    let rules = network.groups.iter().flat_map(|group| group.ingress.iter().chain(&group.egress));
    let peers = rules.filter_map(|rule| match &rule.peer {
        RulePeer::Range(range) => Some(range),
        _ => None,
    });
    let entries = network.acls.iter().flat_map(|acl| &acl.entries).map(|entry| &entry.range);
    let routes = network.route_tables.iter().flat_map(|table| &table.routes);
    let routes = routes.filter_map(|route| match &route.to {
        Destination::Range(range) => Some(range),
        Destination::PrefixList(_) => None,
    });
    let lists = network.prefix_lists.iter().flat_map(|list| &list.ranges);
    let vpcs = network.vpcs.iter().flat_map(|vpc| &vpc.ranges);
    peers.chain(entries).chain(routes).chain(lists).chain(vpcs).flat_map(ends_of).collect()
}

fn ends_of(range: &IpNet) -> impl Iterator<Item = (bool, u128)> + use<> {
    let (family, first) = number(range.network());
    let after = number(range.broadcast()).1.checked_add(1).map(|after| (family, after));
    [Some((family, first)), after].into_iter().flatten()
}

fn number(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(address) => (false, u128::from(u32::from(address))),
        IpAddr::V6(address) => (true, u128::from(address)),
    }
}

fn address((is_v6, number): (bool, u128)) -> IpAddr {
    match (is_v6, u32::try_from(number)) {
        (false, Ok(number)) => IpAddr::V4(Ipv4Addr::from(number)),
        _ => IpAddr::V6(Ipv6Addr::from(number)),
    }
}
