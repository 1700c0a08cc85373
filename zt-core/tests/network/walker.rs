//! A packet's walk, step by step over the plain data: written apart from the library's engine, slow, and without any sets.

use std::net::IpAddr;

use zt_core::network::{
    Destination, Interface, Network, Protocol, Route, RulePeer, Subnet, Target, Traffic,
};

/// One end: an interface with one of its addresses, or an address outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    pub(crate) address: IpAddr,
    pub(crate) interface: Option<&'a Interface>,
}

/// Whether a packet from port `source` to port `port` arrives.
pub(crate) fn arrives(
    network: &Network,
    from: Side<'_>,
    to: Side<'_>,
    protocol: Protocol,
    port: u16,
) -> bool {
    match (from.interface, to.interface) {
        (Some(a), Some(b)) => {
            group(network, a, true, to, protocol, port)
                && group(network, b, false, from, protocol, port)
                && (a.subnet == b.subnet
                    || acl(network, &a.subnet, true, to.address, protocol, port)
                        && acl(network, &b.subnet, false, from.address, protocol, port))
        }
        (Some(a), None) => {
            group(network, a, true, to, protocol, port)
                && acl(network, &a.subnet, true, to.address, protocol, port)
                && match route(network, &a.subnet, to.address) {
                    Some(Target::InternetGateway(id)) => is_attached(network, id) && a.public,
                    Some(Target::GatewayEndpoint(_) | Target::Other(_)) => true,
                    Some(Target::NatGateway(id)) => {
                        let nat = network.nat_gateways.iter().find(|nat| nat.id == *id).unwrap();
                        let enters = nat.subnet == a.subnet
                            || acl(network, &nat.subnet, false, from.address, protocol, port);
                        let leaves = acl(network, &nat.subnet, true, to.address, protocol, port);
                        let on = match route(network, &nat.subnet, to.address) {
                            Some(Target::InternetGateway(id)) => {
                                is_attached(network, id) && nat.public
                            }
                            Some(Target::Other(_) | Target::GatewayEndpoint(_)) => true,
                            _ => false,
                        };
                        enters && leaves && on
                    }
                    _ => false,
                }
        }
        (None, Some(b)) => {
            let through_gateway = network.vpcs[0].internet_gateway.is_some() && b.public;
            let through_other = network.subnets.iter().any(|subnet| {
                let table =
                    network.route_tables.iter().find(|it| it.id == subnet.route_table).unwrap();
                table.routes.iter().any(|route| {
                    matches!(route.through, Target::Other(_))
                        && prefix(network, route, from.address).is_some()
                })
            });
            (through_gateway || through_other)
                && acl(network, &b.subnet, false, from.address, protocol, port)
                && group(network, b, false, from, protocol, port)
        }
        (None, None) => false,
    }
}

/// Whether the answer comes back to port `source`.
pub(crate) fn is_answered(
    network: &Network,
    from: Side<'_>,
    to: Side<'_>,
    protocol: Protocol,
    port: u16,
    source: u16,
) -> bool {
    // What the answer's packets go to: a port, a type of message, or nothing that rules could tell.
    let reply = match protocol {
        Protocol::TCP | Protocol::UDP => source,
        Protocol::ICMP if port == 8 * 256 => 0,
        Protocol::ICMP => return back_route(network, from, to),
        _ => source,
    };
    let lets = |subnet: &str, egress: bool, remote: IpAddr| {
        acl(network, subnet, egress, remote, protocol, reply)
    };
    back_route(network, from, to)
        && match (from.interface, to.interface) {
            (Some(a), Some(b)) => {
                a.subnet == b.subnet
                    || lets(&b.subnet, true, from.address) && lets(&a.subnet, false, to.address)
            }
            (None, Some(b)) => lets(&b.subnet, true, from.address),
            (Some(a), None) => match route(network, &a.subnet, to.address) {
                Some(Target::NatGateway(id)) => {
                    let nat = network.nat_gateways.iter().find(|nat| nat.id == *id).unwrap();
                    // The NAT gateway takes ports of its own: all that it may take have to be let in.
                    let into_nat = if matches!(protocol, Protocol::TCP | Protocol::UDP) {
                        [
                            1024, 1025, 2047, 2048, 2049, 32_766, 32_767, 32_768, 32_769, 60_999,
                            61_000, 61_001, 61_002, 65_533, 65_534, 65_535,
                        ]
                        .into_iter()
                        .all(|own| acl(network, &nat.subnet, false, to.address, protocol, own))
                    } else {
                        lets(&nat.subnet, false, to.address)
                    };
                    into_nat
                        && (nat.subnet == a.subnet
                            || lets(&nat.subnet, true, from.address)
                                && lets(&a.subnet, false, to.address))
                }
                _ => lets(&a.subnet, false, to.address),
            },
            (None, None) => false,
        }
}

fn back_route(network: &Network, from: Side<'_>, to: Side<'_>) -> bool {
    let (None, Some(b)) = (from.interface, to.interface) else { return true };
    let is_public = network.vpcs[0].internet_gateway.is_some() && b.public;
    match route(network, &b.subnet, from.address) {
        Some(Target::InternetGateway(id)) => is_public && is_attached(network, id),
        Some(Target::Other(_)) => !is_public,
        _ => false,
    }
}

fn is_attached(network: &Network, id: &str) -> bool {
    network.vpcs[0].internet_gateway.as_deref() == Some(id)
}

fn fits(traffic: Traffic, protocol: Protocol, port: u16) -> bool {
    traffic.protocol().is_none_or(|own| own == protocol)
        && traffic.first() <= port
        && port <= traffic.last()
}

fn group(
    network: &Network,
    own: &Interface,
    egress: bool,
    other: Side<'_>,
    protocol: Protocol,
    port: u16,
) -> bool {
    own.groups.iter().any(|id| {
        let group = network.groups.iter().find(|group| group.id == *id).unwrap();
        let rules = if egress { &group.egress } else { &group.ingress };
        rules.iter().any(|rule| {
            let is_peer = match &rule.peer {
                RulePeer::Range(range) => range.contains(&other.address),
                RulePeer::Group(id) => {
                    other.interface.is_some_and(|other| other.groups.contains(id))
                }
                RulePeer::PrefixList(id) => {
                    let list = network.prefix_lists.iter().find(|list| list.id == *id).unwrap();
                    list.ranges.iter().any(|range| range.contains(&other.address))
                }
            };
            is_peer && fits(rule.traffic, protocol, port)
        })
    })
}

fn subnet<'a>(network: &'a Network, id: &str) -> &'a Subnet {
    network.subnets.iter().find(|subnet| subnet.id == id).unwrap()
}

fn acl(
    network: &Network,
    subnet_id: &str,
    egress: bool,
    remote: IpAddr,
    protocol: Protocol,
    port: u16,
) -> bool {
    let acl = network.acls.iter().find(|acl| acl.id == subnet(network, subnet_id).acl).unwrap();
    let mut best: Option<(u16, bool)> = None;
    for entry in &acl.entries {
        let is_for = entry.egress == egress
            && entry.range.contains(&remote)
            && fits(entry.traffic, protocol, port);
        if is_for && best.is_none_or(|(number, _)| entry.number < number) {
            best = Some((entry.number, entry.allow));
        }
    }
    best.is_some_and(|(_, allow)| allow)
}

fn route<'a>(network: &'a Network, subnet_id: &str, to: IpAddr) -> Option<&'a Target> {
    let id = &subnet(network, subnet_id).route_table;
    let table = network.route_tables.iter().find(|table| table.id == *id).unwrap();
    let mut best: Option<(u8, bool, &Target)> = None;
    for route in &table.routes {
        let Some(length) = prefix(network, route, to) else { continue };
        let is_range = matches!(route.to, Destination::Range(_));
        let is_better = match best {
            None => true,
            Some((other, other_is_range, _)) => (length, is_range) >= (other, other_is_range),
        };
        if is_better {
            best = Some((length, is_range, &route.through));
        }
    }
    best.map(|(.., target)| target)
}

fn prefix(network: &Network, route: &Route, to: IpAddr) -> Option<u8> {
    match &route.to {
        Destination::Range(range) => range.contains(&to).then(|| range.prefix_len()),
        Destination::PrefixList(id) => {
            let list = network.prefix_lists.iter().find(|list| list.id == *id).unwrap();
            list.ranges
                .iter()
                .filter(|range| range.contains(&to))
                .map(|range| range.prefix_len())
                .max()
        }
    }
}
