//! What calls of Amazon EC2 and of CloudWatch Logs need.

use std::collections::BTreeMap;

use super::{Needs, partition};
use crate::plan::error::PlanError;
use crate::plan::value::{Reference, Value};
use crate::policy::escape;

/// What an operation needs, from the Service Authorization Reference, *Actions, resources, and condition keys for Amazon EC2*.
struct Need {
    action: &'static str,
    /// The type of resource that it makes.
    makes: Option<&'static str>,
    /// The members of its input that name resources, and of which type these are.
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
    needs("ec2:DescribeFlowLogs", None, &[]),
    needs("ec2:DescribeInternetGateways", None, &[]),
    needs("ec2:DescribeManagedPrefixLists", None, &[]),
    needs("ec2:DescribeNatGateways", None, &[]),
    needs("ec2:DescribeNetworkAcls", None, &[]),
    needs("ec2:DescribeRouteTables", None, &[]),
    needs("ec2:DescribeSecurityGroupRules", None, &[]),
    needs("ec2:DescribeSecurityGroups", None, &[]),
    needs("ec2:DescribeSubnets", None, &[]),
    needs("ec2:DescribeVpcEndpoints", None, &[]),
    needs("ec2:DescribeVpcs", None, &[]),
    needs("ec2:DetachInternetGateway", None, &[GATEWAY, VPC]),
    needs("ec2:ModifyVpcAttribute", None, &[VPC]),
    needs("ec2:ReleaseAddress", None, &[("AllocationId", "elastic-ip")]),
    needs("ec2:ReplaceNetworkAclAssociation", None, &[ACL, ("AssociationId", "subnet")]),
    needs("ec2:ReplaceNetworkAclEntry", None, &[ACL]),
    needs("ec2:RevokeSecurityGroupEgress", None, &[GROUP]),
    needs("ec2:RevokeSecurityGroupIngress", None, &[GROUP]),
];

/// The tag that everything of one plan has. Policies ask for it, where it is given, and not for the tags that differ from step
/// to step: so they stay short.
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
            let tags = self.new_tags();
            let resource = format!("{}{kind}/*", self.start());
            if !tags.is_empty() {
                let mut conditions = tags.clone();
                conditions.insert("ec2:CreateAction".to_owned(), operation.to_owned());
                self.need("ec2:CreateTags", resource.as_str(), conditions);
            }
            self.need(need.action, resource, tags);
        }
        for (member, kind) in need.names {
            for value in self.values(member) {
                self.existing(need.action, kind, &value);
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

    /// A resource that is there: by its id, or by the tag of the plan that makes it.
    fn existing(&mut self, action: &'static str, kind: &str, value: &Value) {
        let start = self.start();
        if let Value::Text(id) = value {
            self.need(action, format!("{start}{kind}/{}", escape(id)), BTreeMap::new());
            return;
        }
        let mut conditions = BTreeMap::new();
        if let Value::Reference(reference) = value
            && let Some(id) = self.made_with(reference, kind)
        {
            conditions.insert(format!("aws:ResourceTag/{PLAN}"), id);
        }
        self.need(action, format!("{start}{kind}/*"), conditions);
    }

    /// The plan's tag on a resource of a type that a reference leads to: an output of the step that makes it, or of a read about
    /// it.
    fn made_with(&self, reference: &Reference, kind: &str) -> Option<String> {
        let step = self.plan.step(reference.step())?;
        let makes = |operation: &str| {
            let need =
                NEEDS.iter().find(|need| need.action.strip_prefix("ec2:") == Some(operation));
            need.is_some_and(|need| need.makes == Some(kind))
        };
        if makes(&step.call.operation) {
            return plan_tag(step.call.input.get("TagSpecifications")?);
        }
        let about = step.call.references().filter_map(|reference| self.plan.step(reference.step()));
        about
            .filter(|step| makes(&step.call.operation))
            .find_map(|step| plan_tag(step.call.input.get("TagSpecifications")?))
    }

    fn new_tags(&self) -> BTreeMap<String, String> {
        let tag = self.call.input.get("TagSpecifications").and_then(plan_tag);
        tag.map(|id| (format!("aws:RequestTag/{PLAN}"), id)).into_iter().collect()
    }

    fn values(&self, member: &str) -> Vec<Value> {
        match self.call.input.get(member) {
            Some(Value::List(items)) => items.clone(),
            Some(value) => vec![value.clone()],
            None => Vec::new(),
        }
    }

    fn start(&self) -> String {
        let (plan, partition) = (self.plan, partition(self.plan.region()));
        format!("arn:{partition}:ec2:{}:{}:", plan.region(), plan.account())
    }
}

/// The value of the plan's tag in tag specifications.
fn plan_tag(specifications: &Value) -> Option<String> {
    let Value::List(specifications) = specifications else { return None };
    let tags = specifications.iter().filter_map(|specification| match specification {
        Value::Object(members) => members.get("Tags"),
        _ => None,
    });
    for tags in tags {
        let Value::List(tags) = tags else { continue };
        for tag in tags {
            let Value::Object(tag) = tag else { continue };
            if let (Some(Value::Text(key)), Some(Value::Text(id))) =
                (tag.get("Key"), tag.get("Value"))
                && key == PLAN
            {
                return Some(id.clone());
            }
        }
    }
    None
}
