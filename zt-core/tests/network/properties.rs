//! Random networks against the packet walk, and random descriptions against what every description must keep to.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use proptest::prelude::*;
use zt_core::network::{
    Acl, AclEntry, ClientPorts, Destination, Endpoint, Group, GroupRule, Interface, NatGateway,
    Network, Place, PrefixList, Protocol, Reachability, Route, RouteTable, RulePeer, Segmentation,
    SegmentationBuilder, Subnet, Target, Tier, Traffic, Vpc,
};

use crate::walker::{Side, arrives, is_answered};

const PORTS: [u16; 14] =
    [0, 22, 79, 80, 443, 1023, 1024, 2048, 32_767, 32_768, 61_000, 61_001, 65_534, 65_535];
const PROTOCOLS: [Protocol; 4] =
    [Protocol::TCP, Protocol::UDP, Protocol::ICMP, Protocol::from_number(50)];

fn traffic() -> impl Strategy<Value = Traffic> {
    let port = prop::sample::select(&PORTS[..]);
    (0..5_usize, port.clone(), port).prop_map(|(protocol, a, b)| match PROTOCOLS.get(protocol) {
        Some(protocol) => Traffic::of(*protocol, a.min(b)..=a.max(b)),
        None => Traffic::ALL,
    })
}

/// Ranges in the VPC (10.0.0.0/24), outside of it (198.51.100.0/28), and around both.
fn range() -> impl Strategy<Value = IpNet> {
    let inside = (0..=255_u8, 24..=32_u8).prop_map(|(last, prefix)| ([10, 0, 0, last], prefix));
    let outside = (0..=15_u8, 28..=32_u8).prop_map(|(last, prefix)| ([198, 51, 100, last], prefix));
    prop_oneof![3 => inside, 3 => outside, 2 => Just(([0, 0, 0, 0], 0))].prop_map(
        |(address, prefix)| {
            IpNet::V4(Ipv4Net::new(Ipv4Addr::from(address), prefix).unwrap().trunc())
        },
    )
}

fn peer() -> impl Strategy<Value = RulePeer> {
    prop_oneof![
        3 => range().prop_map(RulePeer::Range),
        2 => (0..4_u8).prop_map(|group| RulePeer::Group(format!("sg-{group}"))),
        1 => Just(RulePeer::PrefixList("pl".into())),
    ]
}

fn rules() -> impl Strategy<Value = Vec<GroupRule>> {
    let rule = (traffic(), peer()).prop_map(|(traffic, peer)| GroupRule {
        id: String::new(),
        description: String::new(),
        traffic,
        peer,
    });
    prop::collection::vec(rule, 0..4)
}

fn acl(id: String) -> impl Strategy<Value = Acl> {
    let entry = (1..40_u16, any::<bool>(), prop::bool::weighted(0.75), traffic(), range())
        .prop_map(|(number, egress, allow, traffic, range)| AclEntry {
            number,
            egress,
            allow,
            traffic,
            range,
        });
    (prop::collection::vec(entry, 0..6), prop::bool::weighted(0.5)).prop_map(
        move |(mut entries, is_open)| {
            entries.sort_by_key(|entry| (entry.egress, entry.number));
            entries.dedup_by_key(|entry| (entry.egress, entry.number));
            if is_open {
                for egress in [false, true] {
                    let range = "0.0.0.0/0".parse().unwrap();
                    entries.push(AclEntry {
                        number: 100,
                        egress,
                        allow: true,
                        traffic: Traffic::ALL,
                        range,
                    });
                }
            }
            Acl { id: id.clone(), name: String::new(), entries }
        },
    )
}

fn table(id: String) -> impl Strategy<Value = RouteTable> {
    let target = prop_oneof![
        3 => Just(Target::InternetGateway("igw".into())),
        1 => Just(Target::InternetGateway("igw-elsewhere".into())),
        2 => Just(Target::NatGateway("nat".into())),
        1 => Just(Target::GatewayEndpoint("vpce".into())),
        1 => Just(Target::Other("tgw".into())),
        1 => Just(Target::Blackhole),
    ];
    let to = prop_oneof![
        Just(Destination::Range("0.0.0.0/0".parse().unwrap())),
        (0..=15_u8, 28..=32_u8).prop_map(|(last, prefix)| {
            let range = Ipv4Net::new(Ipv4Addr::new(198, 51, 100, last), prefix).unwrap().trunc();
            Destination::Range(IpNet::V4(range))
        }),
        Just(Destination::PrefixList("pl".into())),
    ];
    let route = (to, target).prop_map(|(to, through)| Route { to, through });
    prop::collection::vec(route, 0..4).prop_map(move |mut routes| {
        routes.push(Route {
            to: Destination::Range("10.0.0.0/24".parse().unwrap()),
            through: Target::Local,
        });
        // One route for each destination, as AWS has it.
        let mut seen = Vec::new();
        routes.retain(|route| {
            let is_new = !seen.contains(&route.to);
            seen.push(route.to.clone());
            is_new
        });
        RouteTable { id: id.clone(), name: String::new(), routes }
    })
}

fn interface(number: u8) -> impl Strategy<Value = Interface> {
    let client =
        prop::sample::select(&[ClientPorts::Any, ClientPorts::Linux, ClientPorts::Windows][..]);
    (0..3_u8, 4..60_u8, any::<bool>(), prop::collection::btree_set(0..4_u8, 0..3), client).prop_map(
        move |(subnet, host, public, groups, client_ports)| Interface {
            id: format!("eni-{number}"),
            name: String::new(),
            subnet: format!("subnet-{subnet}"),
            addresses: vec![IpAddr::V4(Ipv4Addr::new(10, 0, 0, subnet * 64 + host))],
            public,
            groups: groups.into_iter().map(|group| format!("sg-{group}")).collect(),
            client_ports,
        },
    )
}

fn network() -> impl Strategy<Value = Network> {
    let groups: Vec<_> = (0..4)
        .map(|at| {
            (rules(), rules()).prop_map(move |(ingress, egress)| Group {
                id: format!("sg-{at}"),
                name: String::new(),
                ingress,
                egress,
            })
        })
        .collect();
    let acls: Vec<_> = (0..3).map(|at| acl(format!("acl-{at}"))).collect();
    let tables: Vec<_> = (0..3).map(|at| table(format!("rtb-{at}"))).collect();
    let interfaces: Vec<_> = (0..3).map(interface).collect();
    let list = prop::collection::vec((0..=15_u8, 28..=32_u8), 0..3);
    (groups, acls, tables, interfaces, list, any::<bool>(), 0..3_u8, any::<bool>()).prop_map(
        |(groups, acls, route_tables, interfaces, list, has_gateway, home, nat_public)| Network {
            vpcs: vec![Vpc {
                id: "vpc".into(),
                name: String::new(),
                ranges: vec!["10.0.0.0/24".parse().unwrap()],
                internet_gateway: has_gateway.then(|| "igw".into()),
            }],
            subnets: (0..3_u8)
                .map(|at| Subnet {
                    id: format!("subnet-{at}"),
                    name: String::new(),
                    vpc: "vpc".into(),
                    ranges: vec![IpNet::V4(
                        Ipv4Net::new(Ipv4Addr::new(10, 0, 0, at * 64), 26).unwrap(),
                    )],
                    acl: format!("acl-{at}"),
                    route_table: format!("rtb-{at}"),
                })
                .collect(),
            interfaces,
            groups,
            acls,
            route_tables,
            prefix_lists: vec![PrefixList {
                id: "pl".into(),
                name: String::new(),
                ranges: list
                    .into_iter()
                    .map(|(last, prefix)| {
                        IpNet::V4(
                            Ipv4Net::new(Ipv4Addr::new(198, 51, 100, last), prefix)
                                .unwrap()
                                .trunc(),
                        )
                    })
                    .collect(),
            }],
            nat_gateways: vec![NatGateway {
                id: "nat".into(),
                name: String::new(),
                subnet: format!("subnet-{home}"),
                address: None,
                public: nat_public,
            }],
        },
    )
}

/// The ports from which a client may connect, as far as rules tell them apart.
fn sources(client: Option<&Interface>) -> Vec<u16> {
    let (first, last) = client.map_or(ClientPorts::Any, |client| client.client_ports).range();
    let edges =
        PORTS.iter().flat_map(|port| [port.saturating_sub(1), *port, port.saturating_add(1)]);
    edges.chain([first, last]).filter(|port| (first..=last).contains(port)).collect()
}

/// Asks the walk about every pair of ends, and every port that rules may tell apart.
fn compare(
    network: &Network,
    from: &[Side<'_>],
    to: &[Side<'_>],
    a: &Place,
    b: &Place,
) -> Result<(), TestCaseError> {
    let map = Reachability::new(network.clone()).unwrap();
    let reach = map.between(a, b).unwrap();
    let pairs: Vec<_> =
        from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to))).collect();
    for protocol in PROTOCOLS.into_iter().chain([Protocol::from_number(51)]) {
        for port in
            PORTS.iter().flat_map(|port| [port.saturating_sub(1), *port, port.saturating_add(1)])
        {
            let delivered =
                pairs.iter().any(|&(from, to)| arrives(network, from, to, protocol, port));
            let works = pairs.iter().all(|&(from, to)| {
                arrives(network, from, to, protocol, port)
                    && sources(from.interface)
                        .iter()
                        .all(|&source| is_answered(network, from, to, protocol, port, source))
            });
            prop_assert_eq!(
                reach.delivered().contains(protocol, port),
                delivered,
                "delivered {} {}",
                protocol,
                port
            );
            prop_assert_eq!(
                reach.works().contains(protocol, port),
                works,
                "works {} {}",
                protocol,
                port
            );
            let answer = map.explain(a, b, Traffic::of(protocol, port)).unwrap();
            prop_assert_eq!(answer.is_delivered(), delivered, "{}", answer);
            prop_assert!(!works || answer.works(), "{}", answer);
        }
    }
    let nothing = map.explain_any(a, b).unwrap();
    prop_assert_eq!(nothing.is_delivered(), !reach.delivered().is_empty(), "{}", nothing);
    prop_assert!(
        nothing.is_delivered() || nothing.gate().is_some_and(|gate| gate != "nothing"),
        "{}",
        nothing
    );
    Ok(())
}

fn side(interface: &Interface) -> Side<'_> {
    Side { address: interface.addresses[0], interface: Some(interface) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn interfaces_reach_each_other_as_the_walk_says(network in network()) {
        for from in &network.interfaces {
            for to in network.interfaces.iter().filter(|to| to.id != from.id) {
                compare(&network, &[side(from)], &[side(to)], &Place::interface(&from.id), &Place::interface(&to.id))?;
            }
        }
    }

    #[test]
    fn interfaces_reach_outside_as_the_walk_says(network in network(), last in 0..=15_u8, prefix in 28..=32_u8) {
        let range = Ipv4Net::new(Ipv4Addr::new(198, 51, 100, last), prefix).unwrap().trunc();
        let outside = Place::outside([IpNet::V4(range)]);
        let first = u32::from(range.network());
        let sides: Vec<Side<'_>> = (first..=u32::from(range.broadcast()))
            .map(|address| Side { address: Ipv4Addr::from(address).into(), interface: None })
            .collect();
        for interface in &network.interfaces {
            let place = Place::interface(&interface.id);
            compare(&network, &[side(interface)], &sides, &place, &outside)?;
            compare(&network, &sides, &[side(interface)], &outside, &place)?;
        }
    }
}

/// Descriptions of up to five tiers with random flows among them, endpoints and NAT gateways.
fn description() -> impl Strategy<Value = SegmentationBuilder> {
    let flows = prop::collection::vec(
        (
            0..5_usize,
            0..5_usize,
            prop::sample::select(&["tcp 8080", "udp 53", "tcp 9000-9010", "icmp echo"][..]),
        ),
        0..5,
    );
    let zones = 1..=4_usize;
    (
        1..=5_usize,
        zones,
        flows,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        16..=20_u8,
        any::<u8>(),
    )
        .prop_map(|(tiers, zones, flows, s3, kms, nat, prefix, place)| {
            let range = Ipv4Net::new(Ipv4Addr::new(10, place, 0, 0), prefix).unwrap();
            let mut description = Segmentation::builder("shop", range.to_string())
                .zones(["a", "b", "c", "d"].into_iter().take(zones))
                .nat(nat);
            for tier in 0..tiers {
                let own = Tier::new(format!("t{tier}"));
                description = description.tier(if tier == 0 { own.public() } else { own });
            }
            description = description.allow("internet", "t0", Traffic::tcp(443));
            for (from, to, traffic) in flows {
                description = description.allow(
                    format!("t{}", from % tiers),
                    format!("t{}", to % tiers),
                    traffic.parse().unwrap(),
                );
            }
            let last = format!("t{}", tiers - 1);
            if s3 {
                description = description.endpoint(Endpoint::gateway("s3")).allow(
                    &last,
                    "s3",
                    Traffic::tcp(443),
                );
            }
            if kms {
                description = description.endpoint(Endpoint::interface("kms")).allow(
                    &last,
                    "kms",
                    Traffic::tcp(443),
                );
            }
            if nat {
                description = description.allow(&last, "internet", Traffic::tcp(443));
            }
            description
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn subnets_are_inside_the_vpc_aligned_and_apart(description in description()) {
        let built = description.clone().build().unwrap();
        let layout = built.layout();
        for (at, subnet) in layout.subnets().iter().enumerate() {
            let range = subnet.range();
            prop_assert!(layout.vpc().contains(&range));
            prop_assert_eq!(range.trunc(), range);
            prop_assert_eq!(range.prefix_len(), layout.subnets()[0].range().prefix_len());
            prop_assert!(layout.block(subnet.tier()).unwrap().contains(&range));
            for other in &layout.subnets()[at + 1..] {
                prop_assert!(!other.range().contains(&range) && !range.contains(&other.range()));
            }
        }
        // The same description, the same layout; a tier more at the end moves nothing.
        let again = description.clone().build().unwrap();
        prop_assert_eq!(again.layout(), layout);
        let more = description.tier(Tier::new("more")).build().unwrap();
        for subnet in layout.subnets() {
            prop_assert!(more.layout().subnets().contains(subnet));
        }
    }

    #[test]
    fn no_tier_reaches_another_without_a_declared_flow(description in description()) {
        let built = description.build().unwrap();
        let tiers: Vec<&str> = built.tiers().iter().map(Tier::name).collect();
        for from in tiers.iter().copied().chain(["internet"]) {
            for to in tiers.iter().copied().chain(["internet"]) {
                if from == "internet" && to == "internet" {
                    continue;
                }
                let reach = built.reachable(from, to).unwrap();
                let declared: zt_core::network::TrafficSet =
                    built.flows().iter().filter(|flow| flow.from() == from && flow.to() == to).map(|flow| flow.traffic()).collect();
                // What goes to everybody and comes from everybody may go straight between neighbours.
                let between = |a: &str, b: &str| -> zt_core::network::TrafficSet {
                    let flows = built.flows().iter().filter(|flow| flow.from() == a && flow.to() == b);
                    flows.map(|flow| flow.traffic()).collect()
                };
                let straight = between(from, "internet").intersection(&between("internet", to));
                prop_assert!(reach.delivered().without(&declared).without(&straight).is_empty(), "{}", reach);
                prop_assert!(declared.without(reach.works()).is_empty(), "{}", reach);
            }
        }
        // And the walk agrees about every pair of interfaces of different tiers.
        let network = built.network();
        for from in &network.interfaces {
            for to in network.interfaces.iter().filter(|to| to.name != from.name) {
                if !tiers.contains(&from.name.as_str()) || !tiers.contains(&to.name.as_str()) {
                    continue;
                }
                for port in [22, 443, 8080, 9005] {
                    let declared = built.flows().iter().any(|flow| {
                        flow.from() == from.name && flow.to() == to.name && flow.traffic().ports(Protocol::TCP).contains(port)
                    });
                    prop_assert_eq!(arrives(network, side(from), side(to), Protocol::TCP, port), declared);
                }
            }
        }
    }
}
