//! The reachability model, rule by rule, on small networks.

use ipnet::IpNet;
use zt_core::network::{
    Acl, AclEntry, ClientPorts, Destination, Group, GroupRule, Interface, Network, NetworkError,
    Place, Protocol, Reachability, Route, RouteTable, RulePeer, Subnet, Target, Traffic, Vpc,
};

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn rule(traffic: Traffic, peer: RulePeer) -> GroupRule {
    GroupRule { id: String::new(), description: String::new(), traffic, peer }
}

fn entry(number: u16, egress: bool, allow: bool, traffic: Traffic, range: &str) -> AclEntry {
    AclEntry { number, egress, allow, traffic, range: net(range) }
}

/// Two subnets with one interface each, open ACLs, a rule from `a` to `b` on tcp 80.
fn two() -> Network {
    let subnet = |id: &str, range: &str| Subnet {
        id: id.into(),
        name: id.into(),
        vpc: "vpc".into(),
        ranges: vec![net(range)],
        acl: format!("acl-{id}"),
        route_table: format!("rtb-{id}"),
    };
    let interface = |id: &str, address: &str| Interface {
        id: id.into(),
        subnet: id.into(),
        addresses: vec![address.parse().unwrap()],
        groups: vec![format!("sg-{id}")],
        ..Interface::default()
    };
    let open = |id: &str| Acl {
        id: id.into(),
        entries: vec![
            entry(100, true, true, Traffic::ALL, "0.0.0.0/0"),
            entry(100, false, true, Traffic::ALL, "0.0.0.0/0"),
        ],
        ..Acl::default()
    };
    let local = Route { to: Destination::Range(net("10.0.0.0/16")), through: Target::Local };
    let table =
        |id: &str| RouteTable { id: id.into(), name: String::new(), routes: vec![local.clone()] };
    Network {
        vpcs: vec![Vpc { id: "vpc".into(), ranges: vec![net("10.0.0.0/16")], ..Vpc::default() }],
        subnets: vec![subnet("a", "10.0.1.0/24"), subnet("b", "10.0.2.0/24")],
        interfaces: vec![interface("a", "10.0.1.10"), interface("b", "10.0.2.10")],
        groups: vec![
            Group {
                id: "sg-a".into(),
                egress: vec![rule(Traffic::tcp(80), RulePeer::Group("sg-b".into()))],
                ..Group::default()
            },
            Group {
                id: "sg-b".into(),
                ingress: vec![rule(Traffic::tcp(80), RulePeer::Group("sg-a".into()))],
                ..Group::default()
            },
        ],
        acls: vec![open("acl-a"), open("acl-b")],
        route_tables: vec![table("rtb-a"), table("rtb-b")],
        ..Network::default()
    }
}

fn works(network: &Network) -> String {
    let map = Reachability::new(network.clone()).unwrap();
    map.between(&Place::interface("a"), &Place::interface("b")).unwrap().works().to_string()
}

fn sentence(network: &Network) -> String {
    let map = Reachability::new(network.clone()).unwrap();
    map.explain(&Place::interface("a"), &Place::interface("b"), Traffic::tcp(80))
        .unwrap()
        .to_string()
}

#[test]
fn both_groups_have_to_agree() {
    let network = two();
    assert_eq!(works(&network), "tcp 80");
    assert_eq!(
        sentence(&network),
        "tcp 80 from a to b gets through: group `sg-a` lets it out (`tcp 80, group sg-b`); network ACL `acl-a` lets it out \
         (entry 100); the VPC's local route leads there; network ACL `acl-b` lets it in (entry 100); group `sg-b` lets it in \
         (`tcp 80, group sg-a`)",
    );
    let mut closed = network.clone();
    closed.groups[1].ingress.clear();
    assert_eq!(
        sentence(&closed),
        "tcp 80 from a to b is stopped: no ingress rule of group `sg-b` allows it"
    );
    let mut none = network;
    none.interfaces[1].groups.clear();
    assert_eq!(
        sentence(&none),
        "tcp 80 from a to b is stopped: no egress rule of group `sg-a` allows it",
    );
}

#[test]
fn an_acl_needs_an_entry_for_the_answers() {
    let mut network = two();
    network.interfaces[0].client_ports = ClientPorts::Linux;
    network.acls[1].entries = vec![
        entry(100, false, true, Traffic::tcp(80), "10.0.1.0/24"),
        entry(100, true, true, Traffic::tcp(32_768..=60_999), "10.0.1.0/24"),
    ];
    // One port of the range is missing: some connections fail, and nobody sees why.
    assert_eq!(works(&network), "nothing");
    assert!(sentence(&network).ends_with(
        "the answer is stopped: network ACL `acl-b` has no entry that lets tcp 61000 out to a; answers of b go to ports up to 61000"
    ), "{}", sentence(&network));
    network.acls[1].entries[1].traffic = Traffic::tcp(32_768..=61_000);
    assert_eq!(works(&network), "tcp 80");
    // What arrives counts, answered or not.
    network.acls[1].entries.remove(1);
    let map = Reachability::new(network).unwrap();
    let reach = map.between(&Place::interface("a"), &Place::interface("b")).unwrap();
    assert_eq!(
        (reach.delivered().to_string(), reach.works().to_string()),
        ("tcp 80".into(), "nothing".into())
    );
}

#[test]
fn the_lowest_entry_that_fits_decides() {
    let mut network = two();
    network.acls[1].entries.push(entry(50, false, false, Traffic::tcp(80), "10.0.1.0/24"));
    assert_eq!(
        sentence(&network),
        "tcp 80 from a to b is stopped: network ACL `acl-b` denies tcp 80 in from a (entry 50)"
    );
    network.acls[1].entries.push(entry(40, false, true, Traffic::tcp(80), "10.0.1.10/32"));
    assert_eq!(works(&network), "tcp 80");
}

#[test]
fn neighbours_in_a_subnet_pass_no_acl() {
    let mut network = two();
    network.acls[0].entries.clear();
    assert_eq!(works(&network), "nothing");
    network.interfaces[1].subnet = "a".into();
    network.interfaces[1].addresses = vec!["10.0.1.11".parse().unwrap()];
    assert_eq!(works(&network), "tcp 80");
    assert!(sentence(&network).contains("both are in one subnet, where no network ACL acts"));
}

#[test]
fn the_internet_needs_a_gateway_an_address_and_a_route() {
    let mut network = two();
    network.groups[1].ingress.push(rule(Traffic::tcp(443), RulePeer::Range(net("0.0.0.0/0"))));
    let ask = |network: &Network| {
        let map = Reachability::new(network.clone()).unwrap();
        map.explain(&Place::internet(), &Place::interface("b"), Traffic::tcp(443)).unwrap()
    };
    assert_eq!(
        ask(&network).gate().unwrap(),
        "VPC `vpc` has no internet gateway and no route to another network"
    );
    network.vpcs[0].internet_gateway = Some("igw-1".into());
    assert_eq!(ask(&network).gate().unwrap(), "b has no public address");
    network.interfaces[1].public = true;
    // A public address without a route: packets come in, answers do not go out.
    assert!(ask(&network).is_delivered() && !ask(&network).works());
    assert!(ask(&network).gate().unwrap().starts_with("route table `rtb-b` has no route to"));
    let through = Target::InternetGateway("igw-1".into());
    network.route_tables[1]
        .routes
        .push(Route { to: Destination::Range(net("0.0.0.0/0")), through });
    assert!(ask(&network).works(), "{}", ask(&network));
    // IPv6 addresses are public by themselves; there is a rule for IPv4 only.
    network.subnets[1].ranges.push(net("2001:db8::/64"));
    network.vpcs[0].ranges.push(net("2001:db8::/56"));
    network.interfaces[1].addresses.push("2001:db8::10".parse().unwrap());
    let map = Reachability::new(network.clone()).unwrap();
    let from = Place::outside([net("2600::/16")]);
    assert!(map.between(&from, &Place::interface("b")).unwrap().delivered().is_empty());
    network.groups[1].ingress.push(rule(Traffic::tcp(443), RulePeer::Range(net("::/0"))));
    network.acls[1].entries.push(entry(101, false, true, Traffic::ALL, "::/0"));
    let map = Reachability::new(network).unwrap();
    assert_eq!(
        map.between(&from, &Place::interface("b")).unwrap().delivered().to_string(),
        "tcp 443"
    );
}

#[test]
fn another_vpc_needs_a_way_of_its_own() {
    let mut network = two();
    network.vpcs.push(Vpc {
        id: "vpc-2".into(),
        ranges: vec![net("10.1.0.0/16")],
        ..Vpc::default()
    });
    network.subnets[1].vpc = "vpc-2".into();
    network.subnets[1].ranges = vec![net("10.1.2.0/24")];
    network.interfaces[1].addresses = vec!["10.1.2.10".parse().unwrap()];
    network.route_tables[1].routes[0].to = Destination::Range(net("10.1.0.0/16"));
    assert_eq!(
        sentence(&network),
        "tcp 80 from a to b is stopped: route table `rtb-a` has no route to 10.1.2.10"
    );
    let peering = |to: &str| Route {
        to: Destination::Range(net(to)),
        through: Target::Other("pcx-1".into()),
    };
    network.route_tables[0].routes.push(peering("10.1.0.0/16"));
    assert!(
        sentence(&network)
            .contains("the answer is stopped: route table `rtb-b` has no route to 10.0.1.10"),
        "{}",
        sentence(&network)
    );
    network.route_tables[1].routes.push(peering("10.0.0.0/16"));
    assert_eq!(works(&network), "tcp 80");
}

#[test]
fn what_is_left_after_every_gate() {
    let mut network = two();
    network.acls[0].entries = vec![entry(100, true, true, Traffic::udp(53), "0.0.0.0/0")];
    let map = Reachability::new(network).unwrap();
    let answer = map.explain_any(&Place::interface("a"), &Place::interface("b")).unwrap();
    assert_eq!(
        answer.to_string(),
        "everything from a to b is stopped: network ACL `acl-a` lets nothing of it out to b, where only tcp 80 is left",
    );
}

#[test]
fn a_ping_is_answered_by_another_message() {
    let mut network = two();
    network.groups[0].egress[0].traffic = Traffic::icmp_echo();
    network.groups[1].ingress[0].traffic = Traffic::icmp_echo();
    assert_eq!(works(&network), "icmp echo");
    network.acls[0].entries.push(entry(
        10,
        false,
        false,
        Traffic::of(Protocol::ICMP, 0..=255),
        "10.0.2.0/24",
    ));
    assert_eq!(works(&network), "nothing");
    let map = Reachability::new(network).unwrap();
    let answer =
        map.explain(&Place::interface("a"), &Place::interface("b"), Traffic::icmp_echo()).unwrap();
    assert_eq!(
        answer.gate().unwrap(),
        "network ACL `acl-a` denies icmp type 0 code 0 in from b (entry 10)"
    );
}

#[test]
fn a_network_that_is_not_whole_says_what_is_missing() {
    let error = |change: fn(&mut Network)| {
        let mut network = two();
        change(&mut network);
        Reachability::new(network).unwrap_err().to_string()
    };
    assert_eq!(
        error(|network| network.acls.clear()),
        "subnet a: expected a network ACL that is there, found `acl-a`: add it to the network, or observe it as well",
    );
    assert!(
        error(|network| network.interfaces[0].groups.push("sg-x".into()))
            .contains("a security group that is there, found `sg-x`")
    );
    assert!(
        error(|network| network.interfaces[0].addresses.push("10.9.9.9".parse().unwrap()))
            .contains("addresses inside its subnet, found `10.9.9.9`")
    );
    assert!(
        error(|network| {
            let copy = network.groups[0].clone();
            network.groups.push(copy)
        })
        .contains("every id only once, found `sg-a`")
    );
    assert!(
        error(|network| network.groups[0]
            .egress
            .push(rule(Traffic::ALL, RulePeer::PrefixList("pl-1".into()))))
        .contains("a prefix list that is there")
    );
    // A group that is not there has nobody in it.
    let mut network = two();
    network.groups[0].egress.push(rule(Traffic::ALL, RulePeer::Group("sg-deleted".into())));
    assert_eq!(works(&network), "tcp 80");
    let map = Reachability::new(network).unwrap();
    assert!(matches!(
        map.between(&Place::interface("x"), &Place::interface("a")),
        Err(NetworkError::Invalid(_))
    ));
    assert!(
        map.explain(&Place::internet(), &Place::internet(), Traffic::tcp(80))
            .unwrap()
            .gate()
            .is_some()
    );
    assert!(map.explain(&Place::interface("a"), &Place::interface("a"), Traffic::tcp(80)).is_err());
}
