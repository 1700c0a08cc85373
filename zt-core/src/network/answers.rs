//! A network as EC2's answers describe it.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value as Json;

use super::error::NetworkError;
use super::state::{
    Acl, AclEntry, ClientPorts, Destination, Group, GroupRule, Interface, NatGateway, Network,
    PrefixList, Route, RouteTable, RulePeer, Subnet, Target, Vpc,
};
use super::traffic::{Protocol, Traffic};

impl Network {
    /// Reads the answers of EC2's `Describe` calls, in the API's own names, put together in one object: `Vpcs`, `Subnets`,
    /// `NetworkInterfaces`, `SecurityGroups`, `SecurityGroupRules`, `NetworkAcls`, `RouteTables`, `InternetGateways`,
    /// `NatGateways`, and `PrefixLists` with their `Cidrs` (from `DescribePrefixLists`).
    ///
    /// Lists that are not there are taken for empty. With `SecurityGroupRules` the rules have their ids, and a violation names
    /// them. Interfaces of NAT gateways are left out: they have no security group.
    ///
    /// ```
    /// use zt_core::network::Network;
    ///
    /// let answers = serde_json::json!({
    ///     "Vpcs": [{ "VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16" }],
    ///     "SecurityGroups": [{ "GroupId": "sg-1", "GroupName": "open", "IpPermissionsEgress": [
    ///         { "IpProtocol": "-1", "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] },
    ///     ] }],
    /// });
    /// let network = Network::from_answers(&answers)?;
    /// assert_eq!(network.groups[0].egress[0].traffic.to_string(), "all");
    /// # Ok::<(), zt_core::network::NetworkError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When something has no id, or a range, an address, a protocol or a port cannot be one.
    pub fn from_answers(answers: &Json) -> Result<Self, NetworkError> {
        let read = |list: &str| Things { list: list.to_owned(), all: array(answers, list) };
        let (acls, tables) = (read("NetworkAcls"), read("RouteTables"));
        Ok(Self {
            vpcs: read("Vpcs").each(|thing| vpc(thing, array(answers, "InternetGateways")))?,
            subnets: read("Subnets").each(|thing| subnet(thing, acls.all, tables.all))?,
            interfaces: interfaces(&read("NetworkInterfaces"))?,
            groups: read("SecurityGroups")
                .each(|thing| group(thing, array(answers, "SecurityGroupRules")))?,
            acls: acls.each(acl)?,
            route_tables: tables.each(route_table)?,
            prefix_lists: read("PrefixLists").each(prefix_list)?,
            nat_gateways: read("NatGateways").each(nat_gateway)?.into_iter().flatten().collect(),
        })
    }
}

/// The things of one list.
struct Things<'a> {
    list: String,
    all: &'a [Json],
}

impl Things<'_> {
    fn each<T>(
        &self,
        read: impl Fn(&Thing<'_>) -> Result<T, NetworkError>,
    ) -> Result<Vec<T>, NetworkError> {
        let things = self.all.iter().enumerate();
        things
            .map(|(at, json)| read(&Thing { place: format!("{}[{at}]", self.list), json }))
            .collect()
    }
}

/// One of them, and where it is.
struct Thing<'a> {
    place: String,
    json: &'a Json,
}

impl<'a> Thing<'a> {
    fn text(&self, member: &str) -> Option<&'a str> {
        self.json.get(member)?.as_str()
    }

    fn needed(&self, member: &str) -> Result<String, NetworkError> {
        let place = || format!("{}.{member}", self.place);
        self.text(member).map(str::to_owned).ok_or_else(|| NetworkError::missing(place(), "a text"))
    }

    fn name(&self) -> String {
        let tags = array(self.json, "Tags").iter();
        let mut names = tags.filter(|tag| tag.get("Key").and_then(Json::as_str) == Some("Name"));
        let name = names.next().and_then(|tag| tag.get("Value")?.as_str());
        name.unwrap_or_default().to_owned()
    }

    fn inner(&self, list: &str) -> Vec<Thing<'a>> {
        let all = array(self.json, list).iter().enumerate();
        all.map(|(at, json)| Thing { place: format!("{}.{list}[{at}]", self.place), json })
            .collect()
    }

    fn range(&self, member: &str) -> Result<Option<IpNet>, NetworkError> {
        let Some(text) = self.text(member) else { return Ok(None) };
        let place = || format!("{}.{member}", self.place);
        let range = text.parse::<IpNet>().map(Some);
        range.map_err(|_| NetworkError::invalid(place(), "an address range", text))
    }

    fn address(&self, member: &str) -> Result<Option<IpAddr>, NetworkError> {
        let Some(text) = self.text(member) else { return Ok(None) };
        let place = || format!("{}.{member}", self.place);
        let address = text.parse::<IpAddr>().map(Some);
        address.map_err(|_| NetworkError::invalid(place(), "an address", text))
    }

    /// A protocol with ports, or with a type and a code, where -1 is any.
    fn traffic(
        &self,
        protocol: &str,
        first: Option<&Json>,
        last: Option<&Json>,
    ) -> Result<Traffic, NetworkError> {
        if protocol == "-1" {
            return Ok(Traffic::ALL);
        }
        let protocol: Protocol = protocol.parse()?;
        let number = |json: Option<&Json>| -> Result<Option<u16>, NetworkError> {
            match json.map(|json| (json, json.as_i64())) {
                None | Some((_, Some(-1))) => Ok(None),
                Some((json, found)) => found
                    .and_then(|found| u16::try_from(found).ok())
                    .map(Some)
                    .ok_or_else(|| NetworkError::invalid(&*self.place, "a port", json.to_string())),
            }
        };
        let (first, last) = (number(first)?, number(last)?);
        let wrong = || NetworkError::invalid(&*self.place, "a type and a code of 0 to 255", "more");
        match (first, last) {
            (Some(first), Some(last)) if protocol.has_ports() => {
                Ok(Traffic::of(protocol, first..=last))
            }
            (Some(kind), code) if protocol.has_types() => {
                let start = kind.checked_mul(256).ok_or_else(wrong)?;
                let end = start.checked_add(255).ok_or_else(wrong)?;
                match code {
                    Some(code) if code > 255 => Err(wrong()),
                    Some(code) => Ok(Traffic::of(protocol, start | code)),
                    None => Ok(Traffic::of(protocol, start..=end)),
                }
            }
            _ => Ok(Traffic::protocol_only(protocol)),
        }
    }
}

fn vpc(thing: &Thing<'_>, gateways: &[Json]) -> Result<Vpc, NetworkError> {
    let id = thing.needed("VpcId")?;
    let mut ranges: Vec<IpNet> = thing.range("CidrBlock")?.into_iter().collect();
    for (list, member, state) in [
        ("CidrBlockAssociationSet", "CidrBlock", "CidrBlockState"),
        ("Ipv6CidrBlockAssociationSet", "Ipv6CidrBlock", "Ipv6CidrBlockState"),
    ] {
        for association in thing.inner(list) {
            let state = association.json.get(state).and_then(|state| state.get("State")?.as_str());
            if state.is_none_or(|state| state == "associated")
                && let Some(range) = association.range(member)?
                && !ranges.contains(&range)
            {
                ranges.push(range);
            }
        }
    }
    let is_attached = |gateway: &&Json| {
        let mut attachments = array(gateway, "Attachments").iter();
        attachments.any(|it| it.get("VpcId").and_then(Json::as_str) == Some(id.as_str()))
    };
    let gateway = gateways.iter().find(is_attached);
    let internet_gateway =
        gateway.and_then(|it| it.get("InternetGatewayId")?.as_str()).map(str::to_owned);
    Ok(Vpc { name: thing.name(), id, ranges, internet_gateway })
}

/// A subnet without an association has its VPC's own ACL and main route table.
fn subnet(thing: &Thing<'_>, acls: &[Json], tables: &[Json]) -> Result<Subnet, NetworkError> {
    let (id, vpc) = (thing.needed("SubnetId")?, thing.needed("VpcId")?);
    let mut ranges: Vec<IpNet> = thing.range("CidrBlock")?.into_iter().collect();
    for association in thing.inner("Ipv6CidrBlockAssociationSet") {
        ranges.extend(association.range("Ipv6CidrBlock")?);
    }
    let has =
        |it: &Json, member: &str, value: &str| it.get(member).and_then(Json::as_str) == Some(value);
    let of_vpc = |it: &&Json| has(it, "VpcId", &vpc);
    let is_own = |it: &&Json| array(it, "Associations").iter().any(|it| has(it, "SubnetId", &id));
    let is_main = |it: &&Json| {
        let mut associations = array(it, "Associations").iter();
        associations.any(|it| it.get("Main").and_then(Json::as_bool) == Some(true))
    };
    let is_default = |it: &&Json| it.get("IsDefault").and_then(Json::as_bool) == Some(true);
    let acl = acls.iter().find(is_own).or_else(|| acls.iter().filter(of_vpc).find(is_default));
    let table = tables.iter().find(is_own).or_else(|| tables.iter().filter(of_vpc).find(is_main));
    let name = |it: Option<&Json>, member: &str| {
        it.and_then(|it| it.get(member)?.as_str()).unwrap_or_default().to_owned()
    };
    Ok(Subnet {
        name: thing.name(),
        ranges,
        acl: name(acl, "NetworkAclId"),
        route_table: name(table, "RouteTableId"),
        id,
        vpc,
    })
}

fn interfaces(things: &Things<'_>) -> Result<Vec<Interface>, NetworkError> {
    let all = things.each(|thing| {
        if thing.text("InterfaceType") == Some("nat_gateway") {
            return Ok(None);
        }
        let (mut addresses, mut public) = (Vec::new(), false);
        for address in thing.inner("PrivateIpAddresses") {
            addresses.extend(address.address("PrivateIpAddress")?);
            public |=
                address.json.get("Association").is_some_and(|it| it.get("PublicIp").is_some());
        }
        if addresses.is_empty() {
            addresses.extend(thing.address("PrivateIpAddress")?);
        }
        public |= thing.json.get("Association").is_some_and(|it| it.get("PublicIp").is_some());
        for address in thing.inner("Ipv6Addresses") {
            addresses.extend(address.address("Ipv6Address")?);
        }
        let groups = thing.inner("Groups");
        Ok(Some(Interface {
            id: thing.needed("NetworkInterfaceId")?,
            name: thing.name(),
            subnet: thing.needed("SubnetId")?,
            addresses,
            public,
            groups: groups.iter().map(|it| it.needed("GroupId")).collect::<Result<_, _>>()?,
            client_ports: ClientPorts::Any,
        }))
    })?;
    Ok(all.into_iter().flatten().collect())
}

/// Its rules one by one where they were asked for, since these have ids; else its permissions.
fn group(thing: &Thing<'_>, rules: &[Json]) -> Result<Group, NetworkError> {
    let id = thing.needed("GroupId")?;
    let own: Vec<Thing<'_>> = rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.get("GroupId").and_then(Json::as_str) == Some(id.as_str()))
        .map(|(at, json)| Thing { place: format!("SecurityGroupRules[{at}]"), json })
        .collect();
    let (mut ingress, mut egress) = (Vec::new(), Vec::new());
    for rule in &own {
        let is_egress = rule.json.get("IsEgress").and_then(Json::as_bool).unwrap_or(false);
        let list = if is_egress { &mut egress } else { &mut ingress };
        list.push(single_rule(rule)?);
    }
    if own.is_empty() {
        for permission in thing.inner("IpPermissions") {
            ingress.extend(permission_rules(&permission)?);
        }
        for permission in thing.inner("IpPermissionsEgress") {
            egress.extend(permission_rules(&permission)?);
        }
    }
    Ok(Group { name: thing.text("GroupName").unwrap_or_default().to_owned(), id, ingress, egress })
}

fn single_rule(rule: &Thing<'_>) -> Result<GroupRule, NetworkError> {
    let protocol = rule.needed("IpProtocol")?;
    let referenced = rule.json.get("ReferencedGroupInfo");
    let referenced = referenced.and_then(|group| group.get("GroupId")?.as_str());
    let peer = match (rule.range("CidrIpv4")?, rule.range("CidrIpv6")?, referenced) {
        (Some(range), ..) | (_, Some(range), _) => RulePeer::Range(range),
        (.., Some(group)) => RulePeer::Group(group.to_owned()),
        _ => RulePeer::PrefixList(rule.needed("PrefixListId")?),
    };
    Ok(GroupRule {
        id: rule.text("SecurityGroupRuleId").unwrap_or_default().to_owned(),
        description: rule.text("Description").unwrap_or_default().to_owned(),
        traffic: rule.traffic(&protocol, rule.json.get("FromPort"), rule.json.get("ToPort"))?,
        peer,
    })
}

/// A permission stands for a rule with each of its other sides.
fn permission_rules(permission: &Thing<'_>) -> Result<Vec<GroupRule>, NetworkError> {
    let protocol = permission.needed("IpProtocol")?;
    let (first, last) = (permission.json.get("FromPort"), permission.json.get("ToPort"));
    let traffic = permission.traffic(&protocol, first, last)?;
    let mut rules = Vec::new();
    for (list, member) in [
        ("IpRanges", "CidrIp"),
        ("Ipv6Ranges", "CidrIpv6"),
        ("UserIdGroupPairs", "GroupId"),
        ("PrefixListIds", "PrefixListId"),
    ] {
        for side in permission.inner(list) {
            let peer = match (member, side.range(member)) {
                ("GroupId", _) => RulePeer::Group(side.needed(member)?),
                ("PrefixListId", _) => RulePeer::PrefixList(side.needed(member)?),
                (_, range) => match range? {
                    Some(range) => RulePeer::Range(range),
                    None => continue,
                },
            };
            let description = side.text("Description").unwrap_or_default().to_owned();
            rules.push(GroupRule { id: String::new(), description, traffic, peer });
        }
    }
    Ok(rules)
}

fn acl(thing: &Thing<'_>) -> Result<Acl, NetworkError> {
    let mut entries = Vec::new();
    for entry in thing.inner("Entries") {
        let number = entry.json.get("RuleNumber").and_then(Json::as_u64);
        let number = number.and_then(|number| u16::try_from(number).ok());
        let Some(number) = number else {
            return Err(NetworkError::missing(format!("{}.RuleNumber", entry.place), "1 to 32767"));
        };
        let range = match entry.range("CidrBlock")? {
            Some(range) => Some(range),
            None => entry.range("Ipv6CidrBlock")?,
        };
        let Some(range) = range else {
            return Err(NetworkError::missing(entry.place, "CidrBlock or Ipv6CidrBlock"));
        };
        let protocol = entry.needed("Protocol")?;
        let pair = |member: &str, first: &str, last: &str| {
            let of = entry.json.get(member)?;
            Some((of.get(first), of.get(last)))
        };
        let (first, last) = pair("IcmpTypeCode", "Type", "Code")
            .or_else(|| pair("PortRange", "From", "To"))
            .unwrap_or((None, None));
        entries.push(AclEntry {
            number,
            egress: entry.json.get("Egress").and_then(Json::as_bool).unwrap_or(false),
            allow: entry.text("RuleAction") == Some("allow"),
            traffic: entry.traffic(&protocol, first, last)?,
            range,
        });
    }
    Ok(Acl { id: thing.needed("NetworkAclId")?, name: thing.name(), entries })
}

fn route_table(thing: &Thing<'_>) -> Result<RouteTable, NetworkError> {
    let mut routes = Vec::new();
    for route in thing.inner("Routes") {
        let range = match route.range("DestinationCidrBlock")? {
            Some(range) => Some(range),
            None => route.range("DestinationIpv6CidrBlock")?,
        };
        let to = match range {
            Some(range) => Destination::Range(range),
            None => Destination::PrefixList(route.needed("DestinationPrefixListId")?),
        };
        routes.push(Route { to, through: target(&route) });
    }
    Ok(RouteTable { id: thing.needed("RouteTableId")?, name: thing.name(), routes })
}

fn target(route: &Thing<'_>) -> Target {
    if route.text("State") == Some("blackhole") {
        return Target::Blackhole;
    }
    if let Some(id) = route.text("NatGatewayId") {
        return Target::NatGateway(id.to_owned());
    }
    if let Some(id) = route.text("EgressOnlyInternetGatewayId") {
        return Target::EgressOnlyGateway(id.to_owned());
    }
    match route.text("GatewayId") {
        Some("local") => Target::Local,
        Some(id) if id.starts_with("igw-") => Target::InternetGateway(id.to_owned()),
        Some(id) if id.starts_with("vpce-") => Target::GatewayEndpoint(id.to_owned()),
        Some(id) => Target::Other(id.to_owned()),
        None => {
            let others = [
                "TransitGatewayId",
                "VpcPeeringConnectionId",
                "NetworkInterfaceId",
                "InstanceId",
                "LocalGatewayId",
                "CarrierGatewayId",
                "CoreNetworkArn",
            ];
            let id = others.into_iter().find_map(|member| route.text(member));
            Target::Other(id.unwrap_or("an unknown target").to_owned())
        }
    }
}

fn prefix_list(thing: &Thing<'_>) -> Result<PrefixList, NetworkError> {
    let cidrs = array(thing.json, "Cidrs").iter();
    let ranges = cidrs.map(|cidr| {
        let text = cidr.as_str().unwrap_or_default();
        let wrong =
            |_| NetworkError::invalid(format!("{}.Cidrs", thing.place), "address ranges", text);
        text.parse::<IpNet>().map_err(wrong)
    });
    let ranges = ranges.collect::<Result<_, _>>()?;
    let name = thing.text("PrefixListName").unwrap_or_default().to_owned();
    Ok(PrefixList { id: thing.needed("PrefixListId")?, name, ranges })
}

/// Deleted ones are still listed for a while.
fn nat_gateway(thing: &Thing<'_>) -> Result<Option<NatGateway>, NetworkError> {
    if matches!(thing.text("State"), Some("deleted" | "deleting" | "failed")) {
        return Ok(None);
    }
    let addresses = thing.inner("NatGatewayAddresses");
    let address = match addresses.first() {
        Some(first) => first.address("PrivateIp")?,
        None => None,
    };
    Ok(Some(NatGateway {
        id: thing.needed("NatGatewayId")?,
        name: thing.name(),
        subnet: thing.needed("SubnetId")?,
        address,
        public: thing.text("ConnectivityType") != Some("private"),
    }))
}

fn array<'a>(json: &'a Json, member: &str) -> &'a [Json] {
    json.get(member).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}
