//! The network that a description stands for: the same data that is proved and that the plan makes.

use ipnet::{IpNet, Ipv4Net};

use super::intent::Intents;
use super::reach::Place;
use super::segmentation::{ENDPOINTS, INTERNET, NAT, Parts};
use super::state::{
    Acl, AclEntry, ClientPorts, Destination, Group, GroupRule, Interface, NatGateway, Network,
    PrefixList, Route, RouteTable, RulePeer, Subnet, Target, Vpc,
};
use super::tier::Flow;
use super::traffic::{Protocol, Traffic};

/// Ids in the model. They are names of ours; AWS's own are known when the plan has run.
pub(super) const VPC: &str = "vpc";
pub(super) const GATEWAY: &str = "internet-gateway";
/// What nobody is associated with on purpose: the VPC's own group, ACL and route table.
pub(super) const DEFAULT: &str = "default";

/// Numbers of ACL entries: for this VPC's own tiers, then a denial of the rest of the VPC, then what is for everybody.
const OWN: u16 = 100;
const REST: u16 = 10_000;
const WIDE: u16 = 10_100;
const STEP: u16 = 10;

pub(super) fn network(parts: &Parts) -> Network {
    let mut network = Network {
        vpcs: vec![Vpc {
            id: VPC.to_owned(),
            name: parts.app.clone(),
            ranges: vec![IpNet::V4(parts.layout.vpc())],
            internet_gateway: parts.needs_gateway().then(|| GATEWAY.to_owned()),
        }],
        subnets: subnets(parts),
        groups: groups(parts),
        acls: acls(parts),
        route_tables: route_tables(parts),
        prefix_lists: prefix_lists(parts),
        nat_gateways: nat_gateways(parts),
        interfaces: Vec::new(),
    };
    network.interfaces = interfaces(parts);
    network
}

/// The parties of a description, and what is declared.
pub(super) fn intents(parts: &Parts, network: &Network) -> Intents {
    let ids = |group: &str| {
        let fitting = network.interfaces.iter().filter(|it| it.groups == [group]);
        Place::interfaces(fitting.map(|interface| interface.id.clone()))
    };
    let mut intents = Intents::new();
    for tier in &parts.tiers {
        intents = intents.party(&tier.name, ids(&tier.name));
    }
    for endpoint in &parts.endpoints {
        let place = if endpoint.is_gateway() {
            let list = network.prefix_lists.iter().find(|list| list.id == endpoint.service);
            Place::outside(list.into_iter().flat_map(|list| list.ranges.iter().copied()))
        } else {
            ids(&endpoint_group(&endpoint.slug()))
        };
        intents = intents.party(&endpoint.service, place);
    }
    for (name, range) in &parts.ranges {
        intents = intents.party(name, Place::outside([IpNet::V4(*range)]));
    }
    intents = intents
        .party(INTERNET, internet(parts, network))
        .party("default group", ids(DEFAULT))
        .stranger("any other interface in the VPC", ids(ANYBODY));
    declare(parts, intents)
}

/// The flows; and what is for everybody outside is for those outside who have a name, too.
pub(super) fn declare(parts: &Parts, mut intents: Intents) -> Intents {
    let gateways = parts.endpoints.iter().filter(|endpoint| endpoint.is_gateway());
    let named: Vec<&str> = gateways
        .map(|endpoint| endpoint.service.as_str())
        .chain(parts.ranges.iter().map(|(name, _)| name.as_str()))
        .collect();
    for flow in &parts.flows {
        intents = intents.allow(&flow.from, &flow.to, flow.traffic);
        for name in &named {
            if flow.from == INTERNET {
                intents = intents.permit(*name, &flow.to, flow.traffic);
            }
            if flow.to == INTERNET {
                intents = intents.permit(&flow.from, *name, flow.traffic);
            }
        }
    }
    intents
}

/// Everybody outside who has no name. Private addresses are not routed there (RFC 1918, RFC 6598).
fn internet(parts: &Parts, network: &Network) -> Place {
    let lists = network.prefix_lists.iter().flat_map(|list| list.ranges.iter().copied());
    let ranges = parts.ranges.iter().map(|(_, range)| IpNet::V4(*range));
    let private = super::ranges::private().map(IpNet::V4);
    Place::internet().except(lists.chain(ranges).chain(private).collect::<Vec<_>>())
}

/// The group of an interface that somebody else put into the VPC, with everything open: it shows whether a tier's own group
/// would let it in. It is in the model only.
const ANYBODY: &str = "anybody";

pub(super) fn endpoint_group(slug: &str) -> String {
    format!("endpoint-{slug}")
}

fn subnets(parts: &Parts) -> Vec<Subnet> {
    let subnet = |placed: &super::layout::PlacedSubnet| Subnet {
        id: placed.id(),
        name: format!("{}-{}", parts.app, placed.id()),
        vpc: VPC.to_owned(),
        ranges: vec![IpNet::V4(placed.range())],
        acl: placed.tier().to_owned(),
        route_table: parts.table_of(placed.tier(), placed.zone()),
    };
    parts.layout.subnets().iter().map(subnet).collect()
}

fn groups(parts: &Parts) -> Vec<Group> {
    let mut groups = Vec::new();
    for tier in &parts.tiers {
        let mut group = group(parts, &tier.name);
        for flow in &parts.flows {
            if flow.to == tier.name {
                group.ingress.push(rule(parts, flow, &flow.from, "from"));
            }
            if flow.from == tier.name {
                group.egress.push(rule(parts, flow, &flow.to, "to"));
            }
        }
        for extra in parts.rules.iter().filter(|rule| rule.tier == tier.name) {
            let rule = GroupRule {
                id: String::new(),
                description: extra.description.clone(),
                traffic: extra.traffic,
                peer: RulePeer::Range(IpNet::V4(extra.range)),
            };
            if extra.egress {
                group.egress.push(rule);
            } else {
                group.ingress.push(rule);
            }
        }
        groups.push(group);
    }
    for endpoint in parts.endpoints.iter().filter(|endpoint| !endpoint.is_gateway()) {
        let mut group = group(parts, &endpoint_group(&endpoint.slug()));
        for flow in parts.flows.iter().filter(|flow| flow.to == endpoint.service) {
            group.ingress.push(rule(parts, flow, &flow.from, "from"));
        }
        groups.push(group);
    }
    groups.push(Group { id: DEFAULT.to_owned(), name: DEFAULT.to_owned(), ..Group::default() });
    let open = GroupRule {
        id: String::new(),
        description: "anything".to_owned(),
        traffic: Traffic::ALL,
        peer: RulePeer::Range(IpNet::V4(EVERYWHERE)),
    };
    groups.push(Group {
        id: ANYBODY.to_owned(),
        name: "any other group".to_owned(),
        ingress: vec![open.clone()],
        egress: vec![open],
    });
    groups
}

fn group(parts: &Parts, id: &str) -> Group {
    Group { id: id.to_owned(), name: format!("{}-{id}", parts.app), ..Group::default() }
}

fn rule(parts: &Parts, flow: &Flow, other: &str, word: &str) -> GroupRule {
    let endpoint = parts.endpoints.iter().find(|endpoint| endpoint.service == *other);
    let peer = match (other, parts.range(other), endpoint) {
        (INTERNET, ..) => RulePeer::Range(IpNet::V4(EVERYWHERE)),
        (_, Some(range), _) => RulePeer::Range(IpNet::V4(range)),
        (_, _, Some(endpoint)) if endpoint.is_gateway() => {
            RulePeer::PrefixList(endpoint.service.clone())
        }
        (_, _, Some(endpoint)) => RulePeer::Group(endpoint_group(&endpoint.slug())),
        (name, ..) => RulePeer::Group(name.to_owned()),
    };
    let description = format!("{word} {other}");
    GroupRule { id: String::new(), description, traffic: flow.traffic, peer }
}

/// An ACL for each tier, those of endpoints and NAT gateways included, and the VPC's own without entries.
fn acls(parts: &Parts) -> Vec<Acl> {
    let mut acls: Vec<Acl> = parts
        .layout_tiers()
        .map(|tier| {
            let mut entries =
                Entries { vpc: parts.layout.vpc(), own: Vec::new(), wide: Vec::new() };
            for flow in &parts.flows {
                entries.flow(parts, flow, tier);
            }
            Acl {
                id: tier.to_owned(),
                name: format!("{}-{tier}", parts.app),
                entries: entries.finish(),
            }
        })
        .collect();
    acls.push(Acl { id: DEFAULT.to_owned(), name: DEFAULT.to_owned(), entries: Vec::new() });
    acls
}

/// Entries of one ACL, in two parts: a wide one comes after the rest of the VPC is denied.
struct Entries {
    vpc: Ipv4Net,
    own: Vec<(bool, Traffic, Ipv4Net)>,
    wide: Vec<(bool, Traffic, Ipv4Net)>,
}

impl Entries {
    /// What a flow needs at the edges of a tier's subnets: packets one way, and answers the other.
    fn flow(&mut self, parts: &Parts, flow: &Flow, tier: &str) {
        let (from, to) = (Edge::of(parts, &flow.from), Edge::of(parts, &flow.to));
        let client = parts.client_ports(&flow.from);
        let through_nat = parts.goes_through_nat(flow);
        if from.tier.as_deref() == Some(tier) {
            self.allow(true, flow.traffic, to.range);
            self.answer(false, flow.traffic, client, to.range);
        }
        if to.tier.as_deref() == Some(tier) {
            self.allow(false, flow.traffic, from.range);
            self.answer(true, flow.traffic, client, from.range);
        }
        if through_nat && tier == NAT {
            self.allow(false, flow.traffic, from.range);
            self.answer(true, flow.traffic, client, from.range);
            self.allow(true, flow.traffic, to.range);
            self.answer(false, flow.traffic, ClientPorts::Any, to.range);
        }
    }

    fn answer(&mut self, egress: bool, traffic: Traffic, client: ClientPorts, range: Ipv4Net) {
        let (first, last) = client.range();
        let answer = match traffic.protocol() {
            Some(protocol) if protocol.has_ports() => Traffic::of(protocol, first..=last),
            Some(Protocol::ICMP) => Traffic::of(Protocol::ICMP, 0..=0x00ff),
            _ => traffic,
        };
        self.allow(egress, answer, range);
    }

    fn allow(&mut self, egress: bool, traffic: Traffic, range: Ipv4Net) {
        let list = if self.vpc.contains(&range) { &mut self.own } else { &mut self.wide };
        let entry = (egress, traffic, range);
        if !list.contains(&entry) {
            list.push(entry);
        }
    }

    fn finish(self) -> Vec<AclEntry> {
        let mut entries = Vec::new();
        for egress in [false, true] {
            let mut add = |list: &[(bool, Traffic, Ipv4Net)], first: u16| {
                let own = list.iter().filter(|(way, ..)| *way == egress);
                for (&(_, traffic, range), at) in own.zip(0_u16..) {
                    let number = first.saturating_add(at.saturating_mul(STEP));
                    let range = IpNet::V4(range);
                    entries.push(AclEntry { number, egress, allow: true, traffic, range });
                }
            };
            add(&self.own, OWN);
            add(&self.wide, WIDE);
            if self.wide.iter().any(|(way, ..)| *way == egress) {
                entries.push(AclEntry {
                    number: REST,
                    egress,
                    allow: false,
                    traffic: Traffic::ALL,
                    range: IpNet::V4(self.vpc),
                });
            }
        }
        entries.sort_by_key(|entry| (entry.egress, entry.number));
        entries
    }
}

/// A party as ACLs see it: its addresses, and the tier whose subnets it is in.
struct Edge {
    range: Ipv4Net,
    tier: Option<String>,
}

impl Edge {
    fn of(parts: &Parts, party: &str) -> Self {
        let endpoint = parts.endpoints.iter().find(|endpoint| endpoint.service == party);
        let tier = match endpoint {
            Some(endpoint) if endpoint.is_gateway() => None,
            Some(_) => Some(ENDPOINTS),
            None => Some(party),
        };
        let block = tier.and_then(|tier| Some((tier, parts.layout.block(tier)?)));
        match block {
            Some((tier, range)) => Self { range, tier: Some(tier.to_owned()) },
            // ACLs cannot name prefix lists: a gateway endpoint's addresses are everybody's. The group and the routes are narrower.
            None => Self { range: parts.range(party).unwrap_or(EVERYWHERE), tier: None },
        }
    }
}

/// Every table has the local route; the VPC's main one has nothing else.
fn route_tables(parts: &Parts) -> Vec<RouteTable> {
    let local =
        || Route { to: Destination::Range(IpNet::V4(parts.layout.vpc())), through: Target::Local };
    let default = |through| Route { to: Destination::Range(IpNet::V4(EVERYWHERE)), through };
    let mut tables: Vec<RouteTable> = Vec::new();
    for placed in parts.layout.subnets() {
        let id = parts.table_of(placed.tier(), placed.zone());
        if tables.iter().any(|table| table.id == id) {
            continue;
        }
        let mut routes = vec![local()];
        let is_public =
            placed.tier() == NAT || parts.tier(placed.tier()).is_some_and(|tier| tier.is_public());
        if is_public {
            routes.push(default(Target::InternetGateway(GATEWAY.to_owned())));
        } else if parts.uses_nat(placed.tier()) {
            let nat = format!("{NAT}-{}", placed.zone());
            routes.push(default(Target::NatGateway(nat)));
        }
        for endpoint in parts.endpoints.iter().filter(|endpoint| endpoint.is_gateway()) {
            let is_used = parts
                .flows
                .iter()
                .any(|flow| flow.from == placed.tier() && flow.to == endpoint.service);
            if is_used {
                routes.push(Route {
                    to: Destination::PrefixList(endpoint.service.clone()),
                    through: Target::GatewayEndpoint(endpoint.service.clone()),
                });
            }
        }
        let name = format!("{}-{id}", parts.app);
        tables.push(RouteTable { id, name, routes });
    }
    tables.push(RouteTable {
        id: DEFAULT.to_owned(),
        name: DEFAULT.to_owned(),
        routes: vec![local()],
    });
    tables
}

/// The addresses of AWS's prefix lists are known when the plan runs, and change. In the model they have some that nobody has
/// (240.0.0.0/4, RFC 1112).
fn prefix_lists(parts: &Parts) -> Vec<PrefixList> {
    let gateways = parts.endpoints.iter().filter(|endpoint| endpoint.is_gateway());
    let list = |(endpoint, number): (&super::tier::Endpoint, u8)| PrefixList {
        id: endpoint.service.clone(),
        name: endpoint.service.clone(),
        ranges: vec![IpNet::V4(Ipv4Net::new_assert([240, 0, number, 0].into(), 24))],
    };
    gateways.zip(0..).map(list).collect()
}

fn nat_gateways(parts: &Parts) -> Vec<NatGateway> {
    let homes = parts.layout.subnets().iter().filter(|placed| placed.tier() == NAT);
    let gateway = |placed: &super::layout::PlacedSubnet| NatGateway {
        id: placed.id(),
        name: format!("{}-{}", parts.app, placed.id()),
        subnet: placed.id(),
        address: address(placed.range(), 4),
        public: true,
    };
    homes.map(gateway).collect()
}

/// Interfaces that stand for all there may be: in every subnet of a tier two for each class of addresses that rules may tell
/// apart, once with the tier's group and once with somebody else's; and one with the VPC's own group.
fn interfaces(parts: &Parts) -> Vec<Interface> {
    let mut interfaces = Vec::new();
    for placed in parts.layout.subnets() {
        let public = parts.tier(placed.tier()).is_some_and(|tier| tier.is_public());
        let client_ports = parts.client_ports(placed.tier());
        let mut add = |id: String, name: &str, group: &str, at: Option<std::net::IpAddr>| {
            interfaces.push(Interface {
                id,
                name: name.to_owned(),
                subnet: placed.id(),
                addresses: at.into_iter().collect(),
                public,
                groups: vec![group.to_owned()],
                client_ports,
            });
        };
        if placed.tier() == ENDPOINTS {
            let own = parts.endpoints.iter().filter(|endpoint| !endpoint.is_gateway());
            for (endpoint, number) in own.zip(8..) {
                let slug = endpoint.slug();
                let id = format!("{slug}-{}", placed.id());
                add(id, &endpoint.service, &endpoint_group(&slug), address(placed.range(), number));
            }
        } else if placed.tier() != NAT {
            for offset in told_apart(parts, placed.range()) {
                let at = address(placed.range(), offset);
                add(format!("{}-{offset}", placed.id()), placed.tier(), placed.tier(), at);
                add(format!("{ANYBODY}-{}-{offset}", placed.id()), ANYBODY, ANYBODY, at);
            }
        }
        add(format!("{DEFAULT}-{}", placed.id()), DEFAULT, DEFAULT, address(placed.range(), 5));
    }
    interfaces
}

/// Offsets in a subnet: the first usable addresses, and those where a range of an extra rule begins or has ended, each with a
/// neighbour, so that every class of addresses has two. Where a tier's interface may be, somebody else's may be, too.
fn told_apart(parts: &Parts, subnet: Ipv4Net) -> Vec<u32> {
    let base = u32::from(subnet.network());
    let size = 1_u32.checked_shl(32 - u32::from(subnet.prefix_len())).unwrap_or(u32::MAX);
    let usable = 4..size.saturating_sub(1);
    let extra = parts.rules.iter().map(|rule| rule.range).filter(|range| subnet.contains(range));
    let edges = extra.flat_map(|range| {
        let (first, last) =
            (u32::from(range.network()) - base, u32::from(range.broadcast()) - base);
        [first, first.saturating_add(1), last.saturating_add(1), last.saturating_add(2)]
    });
    let mut offsets: Vec<u32> = edges.chain([4, 7]).filter(|at| usable.contains(at)).collect();
    offsets.sort_unstable();
    offsets.dedup();
    offsets
}

fn address(range: Ipv4Net, offset: u32) -> Option<std::net::IpAddr> {
    let address = std::net::Ipv4Addr::from(u32::from(range.network()).checked_add(offset)?);
    range.contains(&address).then_some(address.into())
}

const EVERYWHERE: Ipv4Net = Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0);
