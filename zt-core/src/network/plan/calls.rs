//! Parts of calls: tags, filters, permissions, entries.

use ipnet::IpNet;

use super::super::state::{AclEntry, GroupRule, RulePeer};
use super::super::traffic::{Protocol, Traffic};
use crate::plan::{Call, Found, PlanError, Reference, Value};

/// What every call of a plan shares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) app: &'a str,
    pub(super) plan: &'a str,
    pub(super) tags: &'a [(String, String)],
}

impl Context<'_> {
    /// The tags of what a step makes. `zt:plan` and `zt:step` tell a later run that it is there.
    pub(super) fn tags(&self, step: &str, name: &str) -> Value {
        let own = [("Name", name), ("zt:app", self.app), ("zt:plan", self.plan), ("zt:step", step)];
        let users = self.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        Value::tags(own.into_iter().chain(users))
    }

    /// The tags as EC2 takes them when it makes something.
    pub(super) fn specification(&self, kind: &str, step: &str, name: &str) -> Value {
        let members = [("ResourceType", Value::from(kind)), ("Tags", self.tags(step, name))];
        Value::list([Value::object(members)])
    }

    /// A read that finds what a step made by its tags.
    pub(super) fn by_tags(&self, operation: &str, step: &str) -> Found {
        let own = [("tag:zt:plan", vec![self.plan]), ("tag:zt:step", vec![step])];
        // Two operations have another name for the member. What is deleted is still listed for a while.
        let (member, state) = match operation {
            "DescribeFlowLogs" => ("Filter", None),
            "DescribeNatGateways" => ("Filter", Some(("state", vec!["pending", "available"]))),
            "DescribeVpcEndpoints" => (
                "Filters",
                Some(("vpc-endpoint-state", vec!["pendingAcceptance", "pending", "available"])),
            ),
            _ => ("Filters", None),
        };
        let filters = own.into_iter().chain(state).map(|(name, values)| {
            Value::object([("Name", Value::from(name)), ("Values", Value::list(values))])
        });
        Found::by(Call::new("ec2", operation).with(member, Value::list(filters)))
    }
}

/// Filters, each with one value.
pub(super) fn filters<const N: usize>(filters: [(&str, Value); N]) -> Value {
    Value::list(filters.map(|(name, value)| {
        Value::object([("Name", Value::from(name)), ("Values", Value::list([value]))])
    }))
}

pub(super) fn reference(text: &str) -> Result<Value, PlanError> {
    Ok(text.parse::<Reference>()?.into())
}

/// A security group's rule as EC2 takes it: addresses in `IpRanges`, groups by id in `UserIdGroupPairs`.
pub(super) fn permission(
    rule: &GroupRule,
    group: impl Fn(&str) -> Result<Value, PlanError>,
    list: impl Fn(&str) -> Result<Value, PlanError>,
) -> Result<Value, PlanError> {
    let described = |key: &str, value: Value| {
        let description = (!rule.description.is_empty())
            .then(|| ("Description", Value::from(rule.description.as_str())));
        Value::object([(key, value)].into_iter().chain(description))
    };
    let peer = match &rule.peer {
        RulePeer::Range(IpNet::V4(range)) => {
            ("IpRanges", described("CidrIp", range.to_string().into()))
        }
        RulePeer::Range(IpNet::V6(range)) => {
            ("Ipv6Ranges", described("CidrIpv6", range.to_string().into()))
        }
        RulePeer::Group(id) => ("UserIdGroupPairs", described("GroupId", group(id)?)),
        RulePeer::PrefixList(id) => ("PrefixListIds", described("PrefixListId", list(id)?)),
    };
    let protocol = rule.traffic.protocol().map_or_else(|| "-1".to_owned(), Protocol::ec2_name);
    let mut members = vec![("IpProtocol", Value::from(protocol))];
    if let Some((first, last)) = ports(rule.traffic) {
        members.extend([("FromPort", Value::from(first)), ("ToPort", Value::from(last))]);
    }
    members.push((peer.0, Value::list([peer.1])));
    Ok(Value::object(members))
}

/// Everything to and from everywhere: the rule that every new group has.
pub(super) fn default_egress() -> Value {
    let everywhere = Value::object([("CidrIp", "0.0.0.0/0")]);
    Value::list([Value::object([
        ("IpProtocol", Value::from("-1")),
        ("IpRanges", Value::list([everywhere])),
    ])])
}

/// Everything from the group itself: the rule that a VPC's own group has.
pub(super) fn default_ingress(group: Value) -> Value {
    Value::list([Value::object([
        ("IpProtocol", Value::from("-1")),
        ("UserIdGroupPairs", Value::list([Value::object([("GroupId", group)])])),
    ])])
}

/// An entry of a network ACL as EC2 takes it.
pub(super) fn entry(acl: Value, entry: &AclEntry) -> Call {
    let protocol = entry
        .traffic
        .protocol()
        .map_or_else(|| "-1".to_owned(), |protocol| protocol.number().to_string());
    let call = Call::new("ec2", "CreateNetworkAclEntry")
        .with("NetworkAclId", acl)
        .with("RuleNumber", i64::from(entry.number))
        .with("Protocol", protocol)
        .with("RuleAction", if entry.allow { "allow" } else { "deny" })
        .with("Egress", entry.egress);
    let call = match entry.range {
        IpNet::V4(range) => call.with("CidrBlock", range.to_string()),
        IpNet::V6(range) => call.with("Ipv6CidrBlock", range.to_string()),
    };
    let Some((first, last)) = ports(entry.traffic) else { return call };
    if entry.traffic.protocol().is_some_and(Protocol::has_types) {
        return call.with("IcmpTypeCode", Value::object([("Type", first), ("Code", last)]));
    }
    call.with("PortRange", Value::object([("From", first), ("To", last)]))
}

/// The first and last port; for control messages the type and the code, where -1 is any.
fn ports(traffic: Traffic) -> Option<(i64, i64)> {
    let protocol = traffic.protocol()?;
    let (first, last) = (traffic.first(), traffic.last());
    if protocol.has_ports() {
        return Some((first.into(), last.into()));
    }
    if !protocol.has_types() {
        return None;
    }
    if (first, last) == (0, u16::MAX) {
        return Some((-1, -1));
    }
    let code = if first == last { i64::from(first % 256) } else { -1 };
    Some((i64::from(first / 256), code))
}
