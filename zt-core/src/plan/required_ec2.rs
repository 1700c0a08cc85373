//! What calls of Amazon EC2 need: Service Authorization Reference, *Actions, resources, and condition keys for Amazon EC2*, and
//! Amazon EC2 User Guide, *Grant permission to tag resources during creation*.

use std::collections::BTreeMap;

use super::document::Plan;
use super::required::partition;
use super::step::Call;
use super::value::{Reference, Value};
use crate::policy::escape;

/// An action on a resource, under `StringEquals` by key.
pub(super) type Permission = (&'static str, String, BTreeMap<String, String>);

/// What a call needs. None when it is not known.
pub(super) fn permissions(plan: &Plan, call: &Call) -> Option<Vec<Permission>> {
    let mut found = Vec::new();
    if let Some((_, action)) = READS.iter().find(|(operation, _)| *operation == call.operation) {
        return Some(vec![(*action, "*".to_owned(), BTreeMap::new())]);
    }
    let rule = RULES.iter().find(|rule| rule.operation == call.operation)?;
    let start =
        format!("arn:{}:ec2:{}:{}", partition(plan.region()), plan.region(), plan.account());
    if let Some(kind) = rule.makes {
        let tags = tags_of(call, kind);
        let asked = prefixed("aws:RequestTag", &tags);
        if !tags.is_empty() {
            let mut conditions = asked.clone();
            conditions.insert("ec2:CreateAction".to_owned(), call.operation.clone());
            found.push(("ec2:CreateTags", format!("{start}:{kind}/*"), conditions));
        }
        found.push((rule.action, format!("{start}:{kind}/*"), asked));
    }
    for (kind, member) in rule.uses {
        for id in ids(call.input.get(*member)) {
            let (id, conditions) = match id {
                Value::Text(id) => (escape(id), BTreeMap::new()),
                Value::Reference(reference) => ("*".to_owned(), made_by(plan, reference, kind)),
                _ => ("*".to_owned(), BTreeMap::new()),
            };
            let permission = (rule.action, format!("{start}:{kind}/{id}"), conditions);
            if !found.contains(&permission) {
                found.push(permission);
            }
        }
    }
    for kind in rule.any {
        found.push((rule.action, format!("{start}:{kind}/*"), BTreeMap::new()));
    }
    if let Some(Value::Text(role)) = call.input.get("DeliverLogsPermissionArn") {
        let service =
            [("iam:PassedToService".to_owned(), "vpc-flow-logs.amazonaws.com".to_owned())];
        found.push(("iam:PassRole", escape(role), service.into()));
    }
    Some(found)
}

/// The id of what a member names, or of each of them.
fn ids(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

/// What is known of a resource that a step of the plan makes: the tags that it makes it with.
fn made_by(plan: &Plan, reference: &Reference, kind: &str) -> BTreeMap<String, String> {
    let tags = plan.step(reference.step()).map(|step| tags_of(&step.call, kind));
    prefixed("aws:ResourceTag", &tags.unwrap_or_default())
}

fn prefixed(key: &str, tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    tags.iter().map(|(name, value)| (format!("{key}/{name}"), value.clone())).collect()
}

/// The constant tags that a call gives to what it makes.
fn tags_of(call: &Call, kind: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for specification in ids(call.input.get("TagSpecifications")) {
        let Value::Object(specification) = specification else {
            continue;
        };
        if specification.get("ResourceType") != Some(&Value::from(kind)) {
            continue;
        }
        for tag in ids(specification.get("Tags")) {
            if let Value::Object(tag) = tag
                && let (Some(Value::Text(key)), Some(Value::Text(value))) =
                    (tag.get("Key"), tag.get("Value"))
            {
                found.insert(key.clone(), value.clone());
            }
        }
    }
    found
}

struct Rule {
    operation: &'static str,
    action: &'static str,
    /// The type of what it makes.
    makes: Option<&'static str>,
    /// Types of what it is about, with the members that name them.
    uses: &'static [(&'static str, &'static str)],
    /// Types of what it is about, too, and that its input does not name.
    any: &'static [&'static str],
}

macro_rules! rules {
    ($($operation:literal $(makes $makes:literal)? $(uses $($kind:literal by $member:literal)+)? $(any $($any:literal)+)?;)*) => {
        &[$(Rule {
            operation: $operation,
            action: concat!("ec2:", $operation),
            makes: { let _made: Option<&'static str> = None; $(let _made = Some($makes);)? _made },
            uses: &[$($(($kind, $member)),+)?],
            any: &[$($($any),+)?],
        }),*]
    };
}

const RULES: &[Rule] = rules! {
    "AssociateRouteTable" uses "route-table" by "RouteTableId" "subnet" by "SubnetId";
    "AuthorizeSecurityGroupEgress" uses "security-group" by "GroupId";
    "AuthorizeSecurityGroupIngress" uses "security-group" by "GroupId";
    "CreateFlowLogs" makes "vpc-flow-log" uses "vpc" by "ResourceIds";
    "CreateNetworkAcl" makes "network-acl" uses "vpc" by "VpcId";
    "CreateNetworkAclEntry" uses "network-acl" by "NetworkAclId";
    "CreateRouteTable" makes "route-table" uses "vpc" by "VpcId";
    "CreateSecurityGroup" makes "security-group" uses "vpc" by "VpcId";
    "CreateSubnet" makes "subnet" uses "vpc" by "VpcId";
    "CreateVpc" makes "vpc";
    "CreateVpcEndpoint" makes "vpc-endpoint" uses "vpc" by "VpcId" "subnet" by "SubnetIds" "security-group" by "SecurityGroupIds" "route-table" by "RouteTableIds";
    "DeleteFlowLogs" uses "vpc-flow-log" by "FlowLogIds";
    "DeleteNetworkAcl" uses "network-acl" by "NetworkAclId";
    "DeleteNetworkAclEntry" uses "network-acl" by "NetworkAclId";
    "DeleteRouteTable" uses "route-table" by "RouteTableId";
    "DeleteSecurityGroup" uses "security-group" by "GroupId";
    "DeleteSubnet" uses "subnet" by "SubnetId";
    "DeleteVpc" uses "vpc" by "VpcId";
    "DeleteVpcEndpoints" uses "vpc-endpoint" by "VpcEndpointIds";
    "DisassociateRouteTable" any "route-table" "subnet";
    "ModifyVpcAttribute" uses "vpc" by "VpcId";
    "ReplaceNetworkAclAssociation" uses "network-acl" by "NetworkAclId" any "subnet";
    "RevokeSecurityGroupEgress" uses "security-group" by "GroupId";
    "RevokeSecurityGroupIngress" uses "security-group" by "GroupId";
};

/// Reads, which know no resources. But for one, which is like them for a plan: its VPC is not known before the run.
const READS: &[(&str, &str)] = &[
    ("DescribeAvailabilityZones", "ec2:DescribeAvailabilityZones"),
    ("DescribeFlowLogs", "ec2:DescribeFlowLogs"),
    ("DescribeNetworkAcls", "ec2:DescribeNetworkAcls"),
    ("DescribeRouteTables", "ec2:DescribeRouteTables"),
    ("DescribeSecurityGroupRules", "ec2:DescribeSecurityGroupRules"),
    ("DescribeSecurityGroups", "ec2:DescribeSecurityGroups"),
    ("DescribeSubnets", "ec2:DescribeSubnets"),
    ("DescribeVpcAttribute", "ec2:DescribeVpcAttribute"),
    ("DescribeVpcEndpoints", "ec2:DescribeVpcEndpoints"),
    ("DescribeVpcs", "ec2:DescribeVpcs"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    #[test]
    fn every_action_and_type_is_in_the_catalogue() {
        for rule in RULES {
            let action = catalog::action(rule.action).unwrap();
            let uses = rule.uses.iter().map(|(kind, _)| kind);
            for kind in uses.chain(rule.any).chain(&rule.makes) {
                let arn = format!("arn:aws:ec2:eu-central-1:111122223333:{kind}/id-1");
                let fits = action.resources().any(|one| one.resource_type().matches(&arn));
                assert!(fits, "{} on {kind}", rule.action);
            }
        }
        for (_, action) in READS {
            catalog::action(action).unwrap();
        }
    }
}
