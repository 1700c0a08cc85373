//! What Amazon EC2 refuses: in one call, and in calls that belong together.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use ipnet::{Ipv4Net, Ipv6Net};

use crate::plan::error::PlanError;
use crate::plan::place::Place;
use crate::plan::step::{Again, Call, Step};
use crate::plan::value::{Reference, Value};

/// Checks constants of a call's input. Amazon VPC User Guide, *VPC CIDR blocks* and *Subnet CIDR blocks*; EC2 API Reference.
pub(super) fn check(place: Place<'_>, call: &Call) -> Result<(), PlanError> {
    if call.input.contains_key("DryRun") {
        let expected = "no DryRun: with it AWS does nothing and answers with an error";
        return Err(PlanError::new(format!("{place}.DryRun"), expected, None));
    }
    ids(place, &call.input)?;
    match call.operation.as_str() {
        "CreateVpc" | "CreateSubnet" => match call.text("CidrBlock") {
            Some(text) if block(call).is_none() => {
                let expected = "an IPv4 network of /16 to /28 with no bits set past the prefix";
                Err(PlanError::new(format!("{place}.CidrBlock"), expected, text.to_owned()))
            }
            _ => Ok(()),
        },
        "CreateSecurityGroup" => security_group(place, call),
        "AuthorizeSecurityGroupEgress"
        | "AuthorizeSecurityGroupIngress"
        | "RevokeSecurityGroupEgress"
        | "RevokeSecurityGroupIngress" => permissions(place, call),
        "CreateNetworkAclEntry" | "ReplaceNetworkAclEntry" => acl_entry(place, call),
        "CreateRoute" | "DeleteRoute" => ranges(place, &call.input),
        "CreateFlowLogs" => flow_logs(place, call),
        "CreateVpcEndpoint" => endpoint(place, call),
        _ => Ok(()),
    }
}

/// EC2 API Reference, *CreateSecurityGroup*.
fn security_group(place: Place<'_>, call: &Call) -> Result<(), PlanError> {
    if !call.input.contains_key("VpcId") {
        let expected = "the VPC: without one the group is in the default VPC";
        return Err(PlanError::new(format!("{place}.VpcId"), expected, None));
    }
    let is_plain = |text: &str| {
        text.chars().count() <= 255
            && text.chars().all(|character| {
                character.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(character)
            })
    };
    for member in ["GroupName", "Description"] {
        if let Some(text) = call.text(member).filter(|text| !is_plain(text)) {
            let expected = "at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*";
            return Err(PlanError::new(format!("{place}.{member}"), expected, text.to_owned()));
        }
    }
    match call.text("GroupName").filter(|name| name.starts_with("sg-") || *name == "default") {
        Some(name) => {
            let expected = "a name that does not begin with sg- and is not default, which is the VPC's own group";
            Err(PlanError::new(format!("{place}.GroupName"), expected, name.to_owned()))
        }
        None => Ok(()),
    }
}

/// EC2 API Reference, *IpPermission*: in a VPC groups are named by their ids, and every rule has another side.
fn permissions(place: Place<'_>, call: &Call) -> Result<(), PlanError> {
    for member in ["CidrIp", "SourceSecurityGroupName", "GroupName"] {
        if let Some(value) = call.input.get(member) {
            let expected = "rules in IpPermissions, and groups by id";
            return Err(PlanError::new(format!("{place}.{member}"), expected, value.to_string()));
        }
    }
    for (at, permission) in list(call.input.get("IpPermissions")).iter().enumerate() {
        let place = format!("{place}.IpPermissions[{at}]");
        let Value::Object(members) = permission else { continue };
        let lists = ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"];
        let has_peer = lists.iter().any(
            |list| matches!(members.get(*list), Some(Value::List(items)) if !items.is_empty()),
        );
        if !has_peer {
            return Err(PlanError::new(place, format!("one of {}", lists.join(", ")), None));
        }
        let protocol = match members.get("IpProtocol") {
            Some(Value::Text(protocol)) => protocol.as_str(),
            Some(_) => continue,
            None => return Err(PlanError::new(place, "IpProtocol", None)),
        };
        if matches!(protocol, "tcp" | "udp" | "6" | "17")
            && !(members.contains_key("FromPort") && members.contains_key("ToPort"))
        {
            let expected = format!("FromPort and ToPort: without them {protocol} has no ports");
            return Err(PlanError::new(place, expected, None));
        }
        if !matches!(protocol, "icmp" | "icmpv6" | "1" | "58") {
            ports(&place, members, "FromPort", "ToPort")?;
        }
        for range in list(members.get("IpRanges")).iter().chain(list(members.get("Ipv6Ranges"))) {
            if let Value::Object(range) = range {
                ranges(Place::Root(&place), range)?;
            }
        }
        for pair in list(members.get("UserIdGroupPairs")) {
            if let Value::Object(pair) = pair {
                ids(Place::Root(&format!("{place}.UserIdGroupPairs")), pair)?;
            }
            if matches!(pair, Value::Object(pair) if !pair.contains_key("GroupId")) {
                let place = format!("{place}.UserIdGroupPairs");
                return Err(PlanError::new(place, "groups by GroupId", pair.to_string()));
            }
        }
    }
    Ok(())
}

/// EC2 API Reference, *CreateNetworkAclEntry*.
fn acl_entry(place: Place<'_>, call: &Call) -> Result<(), PlanError> {
    if let Some(Value::Number(number)) = call.input.get("RuleNumber")
        && !number.as_i64().is_some_and(|number| (1..=32_766).contains(&number))
    {
        let place = format!("{place}.RuleNumber");
        return Err(PlanError::new(place, "1 to 32766", number.to_string()));
    }
    ranges(place, &call.input)?;
    if let Some(Value::Object(range)) = call.input.get("PortRange") {
        ports(&format!("{place}.PortRange"), range, "From", "To")?;
    }
    match call.text("Protocol") {
        Some("6" | "17" | "tcp" | "udp") if !call.input.contains_key("PortRange") => {
            let place = format!("{place}.PortRange");
            Err(PlanError::new(place, "a range of ports for tcp and udp", None))
        }
        Some("1" | "icmp") if !call.input.contains_key("IcmpTypeCode") => {
            let place = format!("{place}.IcmpTypeCode");
            Err(PlanError::new(place, "a type and a code for icmp; -1 is any", None))
        }
        _ => Ok(()),
    }
}

/// EC2 API Reference, *CreateFlowLogs*.
fn flow_logs(place: Place<'_>, call: &Call) -> Result<(), PlanError> {
    let to_bucket = call.text("LogDestinationType") == Some("s3");
    let needed: &[&str] = if to_bucket {
        &["LogDestination"]
    } else if call.input.contains_key("LogDestination") {
        &["DeliverLogsPermissionArn"]
    } else {
        &["LogGroupName", "DeliverLogsPermissionArn"]
    };
    match needed.iter().find(|member| !call.input.contains_key(**member)) {
        Some(member) => {
            Err(PlanError::new(format!("{place}.{member}"), "where the logs go, and by whom", None))
        }
        None => Ok(()),
    }
}

/// EC2 API Reference, *CreateVpcEndpoint*.
fn endpoint(place: Place<'_>, call: &Call) -> Result<(), PlanError> {
    let (needed, why): (&[&str], &str) = match call.text("VpcEndpointType") {
        Some("Interface") => (
            &["SubnetIds", "SecurityGroupIds"],
            "subnets and security groups: without, it has none, or the VPC's own group",
        ),
        Some("Gateway") | None => (&["RouteTableIds"], "route tables: without, nothing goes to it"),
        Some(_) => return Ok(()),
    };
    match needed.iter().find(|member| !call.input.contains_key(**member)) {
        Some(member) => Err(PlanError::new(format!("{place}.{member}"), why, None)),
        None => Ok(()),
    }
}

/// Amazon EC2 User Guide, *Resource IDs*. A name where an id is asked for names nothing.
const IDS: &[(&str, &str)] = &[
    ("AllocationId", "eipalloc-"),
    ("GroupId", "sg-"),
    ("InternetGatewayId", "igw-"),
    ("NatGatewayId", "nat-"),
    ("NetworkAclId", "acl-"),
    ("RouteTableId", "rtb-"),
    ("SubnetId", "subnet-"),
    ("VpcId", "vpc-"),
];

fn ids(place: Place<'_>, members: &BTreeMap<String, Value>) -> Result<(), PlanError> {
    for (member, value) in members {
        if let Value::Text(id) = value
            && let Some((_, start)) = IDS.iter().find(|(name, _)| name == member)
        {
            let rest = id.strip_prefix(start);
            if !rest.is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }) {
                let expected = format!("an id such as {start}0123456789abcdef0");
                return Err(PlanError::new(format!("{place}.{member}"), expected, id.clone()));
            }
        }
    }
    Ok(())
}

/// Addresses of rules, entries and routes.
fn ranges(place: Place<'_>, members: &BTreeMap<String, Value>) -> Result<(), PlanError> {
    for (member, value) in members {
        let Value::Text(text) = value else { continue };
        let (fits, expected) = match member.as_str() {
            "CidrIp" | "CidrBlock" | "DestinationCidrBlock" => {
                (text.parse::<Ipv4Net>().is_ok(), "an IPv4 range such as 203.0.113.0/24")
            }
            "CidrIpv6" | "Ipv6CidrBlock" | "DestinationIpv6CidrBlock" => {
                (text.parse::<Ipv6Net>().is_ok(), "an IPv6 range such as 2001:db8::/32")
            }
            _ => continue,
        };
        if !fits {
            return Err(PlanError::new(format!("{place}.{member}"), expected, text.clone()));
        }
    }
    Ok(())
}

/// A first port and a last one.
fn ports(
    place: &str,
    members: &BTreeMap<String, Value>,
    first: &str,
    last: &str,
) -> Result<(), PlanError> {
    let number = |member: &str| match members.get(member) {
        Some(Value::Number(number)) => number.as_i64(),
        _ => None,
    };
    match (number(first), number(last)) {
        (Some(from), Some(to))
            if !(0 <= from && from <= to && to <= 65_535) && (from, to) != (-1, -1) =>
        {
            let expected = "a first and a last port of 0 to 65535";
            Err(PlanError::new(format!("{place}.{first}"), expected, format!("{from} to {to}")))
        }
        _ => Ok(()),
    }
}

fn list(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

fn block(call: &Call) -> Option<Ipv4Net> {
    let net: Ipv4Net = call.text("CidrBlock")?.parse().ok()?;
    (net.trunc() == net && (16..=28).contains(&net.prefix_len())).then_some(net)
}

/// What is known of the networks that a plan makes, step by step: what one call alone does not show to be wrong.
#[derive(Default)]
pub(in super::super) struct Networks<'a> {
    /// By step: the VPC of what it makes.
    vpcs: HashMap<&'a str, Id<'a>>,
    /// By step: the range of the VPC that it makes.
    ranges: HashMap<&'a str, Ipv4Net>,
    subnets: Vec<(Id<'a>, Ipv4Net, &'a str)>,
    /// Security groups by VPC and name.
    groups: HashSet<(Id<'a>, &'a str)>,
    /// Entries of network ACLs: the ACL, the number, and whether they are for egress.
    entries: HashSet<(Id<'a>, i64, bool)>,
}

/// What names a thing.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
enum Id<'a> {
    Text(&'a str),
    Output(&'a Reference),
}

impl<'a> Id<'a> {
    fn of(value: Option<&'a Value>) -> Option<Self> {
        match value? {
            Value::Text(text) => Some(Self::Text(text)),
            Value::Reference(reference) => Some(Self::Output(reference)),
            _ => None,
        }
    }
}

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Output(reference) => write!(f, "<{reference}>"),
        }
    }
}

impl<'a> Networks<'a> {
    /// Checks the call of a step against those of earlier ones, and takes it into account. EC2 API Reference, *Error codes for
    /// the Amazon EC2 API*: `InvalidGroup.NotFound`, `InvalidSubnet.Range`, `InvalidSubnet.Conflict`, `InvalidGroup.Duplicate`
    /// and `NetworkAclEntryAlreadyExists`.
    pub(in super::super) fn step(&mut self, step: &'a Step) -> Result<(), PlanError> {
        let call = &step.call;
        if call.service != "ec2" || step.again == Again::Read {
            return Ok(());
        }
        self.one_vpc(call)?;
        let vpc = Id::of(call.input.get("VpcId"));
        match (call.operation.as_str(), vpc) {
            ("CreateVpc", _) => {
                self.ranges.extend(block(call).map(|range| (step.id.as_str(), range)));
            }
            ("CreateSubnet", Some(vpc)) => self.subnet(vpc, step)?,
            ("CreateSecurityGroup", Some(vpc)) => {
                if let Some(name) = call.text("GroupName")
                    && !self.groups.insert((vpc, name))
                {
                    let expected = "a name that no other group of the VPC has";
                    return Err(PlanError::new("call.input.GroupName", expected, name.to_owned()));
                }
            }
            ("CreateNetworkAclEntry", _) => self.entry(call)?,
            _ => {}
        }
        if let Some(vpc) = vpc {
            self.vpcs.insert(&step.id, vpc);
        }
        Ok(())
    }

    /// What a call connects is in one VPC. Groups of another VPC can be meant where the two are peered, but not where this plan
    /// makes one of them.
    fn one_vpc(&self, call: &'a Call) -> Result<(), PlanError> {
        let mut first: Option<Id<'a>> = Id::of(call.input.get("VpcId"));
        let parts = call.input.iter().filter(|(name, _)| *name != "TagSpecifications");
        for (name, value) in parts {
            for reference in value.references() {
                let Some(&vpc) = self.vpcs.get(reference.step()) else { continue };
                let known = *first.get_or_insert(vpc);
                if known != vpc && (matches!(known, Id::Output(_)) || matches!(vpc, Id::Output(_)))
                {
                    let expected = format!("something of the VPC {known}");
                    let found = format!("<{reference}>, which is of {vpc}");
                    return Err(PlanError::new(format!("call.input.{name}"), expected, found));
                }
            }
        }
        Ok(())
    }

    fn subnet(&mut self, vpc: Id<'a>, step: &'a Step) -> Result<(), PlanError> {
        let Some(range) = block(&step.call) else { return Ok(()) };
        let wrong = |expected: String| {
            Err(PlanError::new("call.input.CidrBlock", expected, range.to_string()))
        };
        if let Id::Output(reference) = vpc
            && let Some(whole) = self.ranges.get(reference.step())
            && !whole.contains(&range)
        {
            return wrong(format!("a part of the VPC's {whole}"));
        }
        let overlaps = |other: &&(Id<'a>, Ipv4Net, &'a str)| {
            other.0 == vpc && (other.1.contains(&range) || range.contains(&other.1))
        };
        if let Some((_, taken, other)) = self.subnets.iter().find(overlaps) {
            return wrong(format!("a range apart from {taken}, which step `{other}` takes"));
        }
        self.subnets.push((vpc, range, &step.id));
        Ok(())
    }

    fn entry(&mut self, call: &'a Call) -> Result<(), PlanError> {
        if let (Some(acl), Some(Value::Number(number)), Some(Value::Bool(egress))) = (
            Id::of(call.input.get("NetworkAclId")),
            call.input.get("RuleNumber"),
            call.input.get("Egress"),
        ) && let Some(number) = number.as_i64()
            && !self.entries.insert((acl, number, *egress))
        {
            let expected = "a number that no other entry of the network ACL and direction has";
            return Err(PlanError::new("call.input.RuleNumber", expected, number.to_string()));
        }
        Ok(())
    }
}
