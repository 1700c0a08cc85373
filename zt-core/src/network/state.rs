//! A network as it is: interfaces, subnets, groups, ACLs and routes, as plain data.

use std::net::IpAddr;

use ipnet::IpNet;

use super::traffic::Traffic;

/// The state of a network: what was observed in an account, or what a description will make.
///
/// Plain data without checks: [`Reachability::new`](super::Reachability::new) checks that everything named is there. Ids are any
/// texts; those of AWS, such as `sg-0123456789abcdef0`, or your own. Sentences name things by their `name`, and by their id
/// where that is empty.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Network {
    /// VPCs.
    pub vpcs: Vec<Vpc>,
    /// Subnets.
    pub subnets: Vec<Subnet>,
    /// Network interfaces.
    pub interfaces: Vec<Interface>,
    /// Security groups.
    pub groups: Vec<Group>,
    /// Network ACLs.
    pub acls: Vec<Acl>,
    /// Route tables.
    pub route_tables: Vec<RouteTable>,
    /// Prefix lists that rules and routes name.
    pub prefix_lists: Vec<PrefixList>,
    /// NAT gateways.
    pub nat_gateways: Vec<NatGateway>,
}

/// A VPC.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address ranges, IPv4 and IPv6.
    pub ranges: Vec<IpNet>,
    /// The internet gateway that is attached to it.
    pub internet_gateway: Option<String>,
}

/// A subnet.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of its VPC.
    pub vpc: String,
    /// Its address ranges.
    pub ranges: Vec<IpNet>,
    /// The id of its network ACL.
    pub acl: String,
    /// The id of its route table: the VPC's main one where it is associated with none.
    pub route_table: String,
}

/// A network interface.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Interface {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of its subnet.
    pub subnet: String,
    /// Its private addresses, IPv4 and IPv6.
    pub addresses: Vec<IpAddr>,
    /// Whether it has a public IPv4 address. IPv6 addresses of a VPC are public.
    pub public: bool,
    /// The ids of its security groups; an interface of AWS without any, such as a NAT gateway's, is not one to model.
    pub groups: Vec<String>,
    /// Ports that its own connections come from.
    pub client_ports: ClientPorts,
}

/// Ports that connections come from, and so the ports that answers go to: stateless network ACLs have to let them through.
///
/// From the Amazon VPC User Guide, *Custom network ACLs*, "Ephemeral ports".
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum ClientPorts {
    /// Anybody: 1024 to 65535. Elastic Load Balancing, NAT gateways and AWS Lambda use all of these, and so may clients on the
    /// internet. The default, because a range that is too narrow breaks some connections and not others.
    #[default]
    Any,
    /// Linux kernels, Amazon Linux among them: 32768 to 61000.
    Linux,
    /// Windows Server 2008 and later: 49152 to 65535.
    Windows,
}

impl ClientPorts {
    /// The first and the last port.
    #[must_use]
    pub const fn range(self) -> (u16, u16) {
        match self {
            Self::Any => (1_024, 65_535),
            Self::Linux => (32_768, 61_000),
            Self::Windows => (49_152, 65_535),
        }
    }
}

/// A security group: rules that allow, and an answer to what was allowed is let through.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Rules for packets that come in.
    pub ingress: Vec<GroupRule>,
    /// Rules for packets that go out.
    pub egress: Vec<GroupRule>,
}

/// A rule of a security group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GroupRule {
    /// Its id, such as `sgr-0123456789abcdef0`; may be empty.
    pub id: String,
    /// Its description; may be empty.
    pub description: String,
    /// What it allows.
    pub traffic: Traffic,
    /// The other side.
    pub peer: RulePeer,
}

/// The other side of a security group's rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RulePeer {
    /// Addresses.
    Range(IpNet),
    /// Interfaces that have a security group, by its id, at their private addresses.
    Group(String),
    /// Addresses of a prefix list, by its id.
    PrefixList(String),
}

/// A network ACL. It acts where packets enter and leave a subnet, not between neighbours in one, and it remembers nothing:
/// answers need an entry of their own.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Acl {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its entries in any order; the lowest number that fits decides, and none denies.
    pub entries: Vec<AclEntry>,
}

/// An entry of a network ACL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AclEntry {
    /// Its number, 1 to 32766.
    pub number: u16,
    /// Whether it is for packets that leave the subnet.
    pub egress: bool,
    /// Whether it allows.
    pub allow: bool,
    /// The packets it is for: their protocol and the port they go to.
    pub traffic: Traffic,
    /// Addresses of the other side.
    pub range: IpNet,
}

/// A route table. The most specific route decides.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its routes; `local` ones included.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// Where packets go to.
    pub to: Destination,
    /// What they go through.
    pub through: Target,
}

/// What a route is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Destination {
    /// Addresses.
    Range(IpNet),
    /// Addresses of a prefix list, by its id.
    PrefixList(String),
}

/// What a route leads through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Target {
    /// The VPC itself.
    Local,
    /// An internet gateway, by its id.
    InternetGateway(String),
    /// An egress-only internet gateway (IPv6), by its id.
    EgressOnlyGateway(String),
    /// A NAT gateway, by its id.
    NatGateway(String),
    /// A gateway endpoint (Amazon S3, DynamoDB), by its id. Its policy is not looked at.
    GatewayEndpoint(String),
    /// Something beyond which this model does not see, by its id: a peering connection, a transit or virtual private gateway, an
    /// appliance. It is taken to let everything through, both ways.
    Other(String),
    /// Nothing: packets are dropped.
    Blackhole,
}

/// A prefix list.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PrefixList {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address ranges.
    pub ranges: Vec<IpNet>,
}

/// A NAT gateway. It has no security group.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NatGateway {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of its subnet.
    pub subnet: String,
    /// Its private address.
    pub address: Option<IpAddr>,
    /// Whether it has a public address.
    pub public: bool,
}
