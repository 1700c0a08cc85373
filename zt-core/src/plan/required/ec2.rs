//! What calls of Amazon EC2 and of CloudWatch Logs need.

use std::collections::BTreeMap;

use super::{Needs, partition};
use crate::plan::error::PlanError;
use crate::plan::step::{Call, Step};
use crate::plan::value::{Reference, Value};
use crate::policy::escape;

/// What an operation needs, from the Service Authorization Reference, *Actions, resources, and condition keys for Amazon EC2*.
struct Need {
    action: &'static str,
    /// The type of resource that it makes.
    makes: Option<&'static str>,
    /// The members of its input that name resources, and of which type these are. Without a name: resources that it is about and
    /// that its input does not name.
    names: &'static [(&'static str, &'static str)],
}

const fn needs(
    action: &'static str,
    makes: Option<&'static str>,
    names: &'static [(&'static str, &'static str)],
) -> Need {
    Need { action, makes, names }
}

const ACL: (&str, &str) = ("NetworkAclId", "network-acl");
const GATEWAY: (&str, &str) = ("InternetGatewayId", "internet-gateway");
const GROUP: (&str, &str) = ("GroupId", "security-group");
const SUBNET: (&str, &str) = ("SubnetId", "subnet");
const TABLE: (&str, &str) = ("RouteTableId", "route-table");
const VPC: (&str, &str) = ("VpcId", "vpc");

const NEEDS: &[Need] = &[
    needs("ec2:AllocateAddress", Some("elastic-ip"), &[]),
    needs("ec2:AssociateRouteTable", None, &[TABLE, SUBNET]),
    needs("ec2:AttachInternetGateway", None, &[GATEWAY, VPC]),
    needs("ec2:AuthorizeSecurityGroupEgress", Some("security-group-rule"), &[GROUP]),
    needs("ec2:AuthorizeSecurityGroupIngress", Some("security-group-rule"), &[GROUP]),
    needs("ec2:CreateFlowLogs", Some("vpc-flow-log"), &[("ResourceIds", "vpc")]),
    needs("ec2:CreateInternetGateway", Some("internet-gateway"), &[]),
    needs("ec2:CreateNatGateway", Some("natgateway"), &[SUBNET, ("AllocationId", "elastic-ip")]),
    needs("ec2:CreateNetworkAcl", Some("network-acl"), &[VPC]),
    needs("ec2:CreateNetworkAclEntry", None, &[ACL]),
    needs("ec2:CreateRoute", None, &[TABLE]),
    needs("ec2:CreateRouteTable", Some("route-table"), &[VPC]),
    needs("ec2:CreateSecurityGroup", Some("security-group"), &[VPC]),
    needs("ec2:CreateSubnet", Some("subnet"), &[VPC]),
    needs("ec2:CreateVpc", Some("vpc"), &[]),
    needs(
        "ec2:CreateVpcEndpoint",
        Some("vpc-endpoint"),
        &[
            VPC,
            ("RouteTableIds", "route-table"),
            ("SubnetIds", "subnet"),
            ("SecurityGroupIds", "security-group"),
        ],
    ),
    needs("ec2:DeleteFlowLogs", None, &[("FlowLogIds", "vpc-flow-log")]),
    needs("ec2:DeleteInternetGateway", None, &[GATEWAY]),
    needs("ec2:DeleteNatGateway", None, &[("NatGatewayId", "natgateway")]),
    needs("ec2:DeleteNetworkAcl", None, &[ACL]),
    needs("ec2:DeleteNetworkAclEntry", None, &[ACL]),
    needs("ec2:DeleteRoute", None, &[TABLE]),
    needs("ec2:DeleteRouteTable", None, &[TABLE]),
    needs("ec2:DeleteSecurityGroup", None, &[GROUP]),
    needs("ec2:DeleteSubnet", None, &[SUBNET]),
    needs("ec2:DeleteVpc", None, &[VPC]),
    needs("ec2:DeleteVpcEndpoints", None, &[("VpcEndpointIds", "vpc-endpoint")]),
    needs("ec2:DescribeAddresses", None, &[]),
    needs("ec2:DescribeAvailabilityZones", None, &[]),
    needs("ec2:DescribeFlowLogs", None, &[]),
    needs("ec2:DescribeInternetGateways", None, &[]),
    needs("ec2:DescribeManagedPrefixLists", None, &[]),
    needs("ec2:DescribeNatGateways", None, &[]),
    needs("ec2:DescribeNetworkAcls", None, &[]),
    needs("ec2:DescribeRouteTables", None, &[]),
    needs("ec2:DescribeSecurityGroupRules", None, &[]),
    needs("ec2:DescribeSecurityGroups", None, &[]),
    needs("ec2:DescribeSubnets", None, &[]),
    // It knows VPCs. For a plan it is like other reads: its VPC is not known before the run.
    needs("ec2:DescribeVpcAttribute", None, &[]),
    needs("ec2:DescribeVpcEndpoints", None, &[]),
    needs("ec2:DescribeVpcs", None, &[]),
    needs("ec2:DetachInternetGateway", None, &[GATEWAY, VPC]),
    needs("ec2:DisassociateRouteTable", None, &[("", "route-table"), ("", "subnet")]),
    needs("ec2:ModifyVpcAttribute", None, &[VPC]),
    needs("ec2:ReleaseAddress", None, &[("AllocationId", "elastic-ip")]),
    needs("ec2:ReplaceNetworkAclAssociation", None, &[ACL, ("AssociationId", "subnet")]),
    needs("ec2:ReplaceNetworkAclEntry", None, &[ACL]),
    needs("ec2:RevokeSecurityGroupEgress", None, &[GROUP]),
    needs("ec2:RevokeSecurityGroupIngress", None, &[GROUP]),
];

/// The tag that everything of one plan has. Policies ask for it, where it is given, and for no other tag, which would differ from
/// step to step: so they fit a role. Where it is not given they ask for every constant tag.
const PLAN: &str = "zt:plan";

impl Needs<'_, '_> {
    pub(super) fn ec2(&mut self, operation: &str) -> Result<(), PlanError> {
        let Some(need) =
            NEEDS.iter().find(|need| need.action.strip_prefix("ec2:") == Some(operation))
        else {
            return Err(self.unknown());
        };
        if need.makes.is_none() && need.names.is_empty() {
            self.need(need.action, "*", BTreeMap::new());
            return Ok(());
        }
        if let Some(kind) = need.makes {
            let tags = prefixed("aws:RequestTag", tags(self.call, kind));
            let resource = format!("{}{kind}/*", self.start());
            if !tags.is_empty() {
                let mut conditions = tags.clone();
                conditions.insert("ec2:CreateAction".to_owned(), operation.to_owned());
                self.need("ec2:CreateTags", resource.as_str(), conditions);
            }
            self.need(need.action, resource, tags);
        }
        for (member, kind) in need.names {
            if member.is_empty() {
                self.need(need.action, format!("{}{kind}/*", self.start()), BTreeMap::new());
            }
            for value in items(self.call.input.get(*member)) {
                self.existing(need.action, kind, value);
            }
        }
        match operation {
            "CreateFlowLogs" => self.flow_logs(),
            // AWS PrivateLink Guide: names of an endpoint are in a hosted zone of the service.
            "CreateVpcEndpoint"
                if self.call.input.get("PrivateDnsEnabled") == Some(&Value::Bool(true)) =>
            {
                let zones = format!("arn:{}:route53:::hostedzone/*", partition(self.plan.region()));
                self.need("route53:AssociateVPCWithHostedZone", zones, BTreeMap::new());
            }
            _ => {}
        }
        Ok(())
    }

    /// CloudWatch Logs: ARNs of log groups with and without what is in them.
    pub(super) fn logs(&mut self, operation: &str) -> Result<(), PlanError> {
        let action = match operation {
            "CreateLogGroup" => "logs:CreateLogGroup",
            "DeleteLogGroup" => "logs:DeleteLogGroup",
            "DescribeLogGroups" => "logs:DescribeLogGroups",
            "PutRetentionPolicy" => "logs:PutRetentionPolicy",
            _ => return Err(self.unknown()),
        };
        let (plan, partition) = (self.plan, partition(self.plan.region()));
        let start = format!("arn:{partition}:logs:{}:{}:log-group:", plan.region(), plan.account());
        if operation == "DescribeLogGroups" {
            self.need(action, format!("{start}*"), BTreeMap::new());
            return Ok(());
        }
        let name =
            self.constant("logGroupName").map_or_else(|| "*".to_owned(), |name| escape(&name));
        let mut conditions = BTreeMap::new();
        if let Some(Value::Object(tags)) = self.call.input.get("tags") {
            if let Some(Value::Text(id)) = tags.get(PLAN) {
                conditions.insert(format!("aws:RequestTag/{PLAN}"), id.clone());
            }
            self.need("logs:TagResource", format!("{start}{name}"), conditions.clone());
        }
        for end in ["", ":*"] {
            self.need(action, format!("{start}{name}{end}"), conditions.clone());
        }
        Ok(())
    }

    /// Amazon VPC User Guide, *Publish flow logs to CloudWatch Logs* and *Publish flow logs to Amazon S3*.
    fn flow_logs(&mut self) {
        if let Some(role) = self.call.input.get("DeliverLogsPermissionArn") {
            let service =
                [("iam:PassedToService".to_owned(), "vpc-flow-logs.amazonaws.com".to_owned())];
            let resource = self.arn_or_any_role(Some(role));
            self.need("iam:PassRole", resource, service.into());
        }
        if let Some(Value::Text(arn)) = self.call.input.get("LogDestination") {
            let bucket = arn.split('/').next().map(escape).unwrap_or_default();
            for action in ["s3:GetBucketPolicy", "s3:PutBucketPolicy"] {
                self.need(action, bucket.as_str(), BTreeMap::new());
            }
            self.need("logs:CreateLogDelivery", "*", BTreeMap::new());
        }
    }

    /// A resource that is there: by its id, or by the tags that the plan makes it with.
    fn existing(&mut self, action: &'static str, kind: &str, value: &Value) {
        let start = self.start();
        if let Value::Text(id) = value {
            self.need(action, format!("{start}{kind}/{}", escape(id)), BTreeMap::new());
            return;
        }
        let tags = match value {
            Value::Reference(reference) => self.made_with(reference, kind),
            _ => BTreeMap::new(),
        };
        self.need(action, format!("{start}{kind}/*"), prefixed("aws:ResourceTag", tags));
    }

    /// The tags of a resource of a type that a reference leads to: an output of the step that makes it, or of a read about it.
    fn made_with(&self, reference: &Reference, kind: &str) -> Tags {
        let makes = |step: &&Step| {
            let need = NEEDS
                .iter()
                .find(|need| need.action.strip_prefix("ec2:") == Some(&step.call.operation));
            need.is_some_and(|need| need.makes == Some(kind))
        };
        let step = self.plan.step(reference.step());
        let about = step.into_iter().flat_map(|step| step.call.references());
        let about = about.filter_map(|reference| self.plan.step(reference.step()));
        let maker = step.into_iter().chain(about).find(makes);
        maker.map(|step| tags(&step.call, kind)).unwrap_or_default()
    }

    fn start(&self) -> String {
        let (plan, partition) = (self.plan, partition(self.plan.region()));
        format!("arn:{partition}:ec2:{}:{}:", plan.region(), plan.account())
    }
}

type Tags = BTreeMap<String, String>;

fn prefixed(key: &str, tags: Tags) -> BTreeMap<String, String> {
    tags.into_iter().map(|(name, value)| (format!("{key}/{name}"), value)).collect()
}

/// The tags that a call gives to what it makes of a type, as far as a policy asks for them.
fn tags(call: &Call, kind: &str) -> Tags {
    let text = |value: Option<&Value>| match value {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let mut found = Tags::new();
    for specification in items(call.input.get("TagSpecifications")) {
        let Value::Object(specification) = specification else { continue };
        if specification.get("ResourceType") != Some(&Value::from(kind)) {
            continue;
        }
        for tag in items(specification.get("Tags")) {
            let Value::Object(tag) = tag else { continue };
            if let (Some(key), Some(value)) = (text(tag.get("Key")), text(tag.get("Value"))) {
                found.insert(key, value);
            }
        }
    }
    if found.contains_key(PLAN) {
        found.retain(|key, _| key == PLAN);
    }
    found
}

/// The items of a list, a single value, or nothing.
fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::List(items)) => items,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    #[test]
    fn every_action_and_type_is_in_the_catalogue() {
        for need in NEEDS {
            let action = catalog::action(need.action).unwrap();
            for kind in need.names.iter().map(|(_, kind)| kind).chain(&need.makes) {
                let arn = format!("arn:aws:ec2:eu-central-1:111122223333:{kind}/id-1");
                let fits = action.resources().any(|one| one.resource_type().matches(&arn));
                assert!(fits, "{} on {kind}", need.action);
            }
        }
    }
}
