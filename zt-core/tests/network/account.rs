//! A model of an account: as much of EC2, IAM and CloudWatch Logs as the plan of a segmentation calls. It refuses what AWS
//! refuses and emulators take: groups in use, names twice, ids of another VPC, deletions in the wrong order.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use zt_core::network::Network;
use zt_core::plan::{Failure, Request};

pub(crate) use crate::driver::{ACCOUNT, REGION, World};

/// Everything by id, as JSON in the API's names; what has tags has them under `Tags`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Account {
    pub(crate) things: BTreeMap<String, Json>,
    next: u32,
}

/// Equal states, whatever number the next id has.
pub(crate) fn same(a: &Account, b: &Account) -> bool {
    a.things == b.things
}

type Answer = Result<Json, String>;

fn refuse<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}

impl World for Account {
    fn call(&mut self, request: &Request) -> Result<Json, Failure> {
        let input = request.input(|_| None).unwrap();
        self.answer(request.service(), request.operation(), &input).map_err(Failure::Refused)
    }
}

impl Account {
    fn answer(&mut self, service: &str, operation: &str, input: &Json) -> Answer {
        match (service, operation) {
            ("ec2", name) if name.starts_with("Describe") => self.describe(name, input),
            ("ec2", name) if name.starts_with("Create") || name == "AllocateAddress" => {
                self.create(name, input)
            }
            ("ec2", name) => self.change(name, input),
            ("iam", name) => self.iam(name, input),
            ("logs", name) => self.logs(name, input),
            other => panic!("no such operation: {other:?}"),
        }
    }

    fn id(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}-{:08x}", self.next)
    }

    fn of(&self, prefix: &str) -> impl Iterator<Item = (&String, &Json)> {
        let start = format!("{prefix}-");
        self.things.iter().filter(move |(id, _)| id.starts_with(&start))
    }

    fn get(&mut self, id: &Json, code: &str) -> Result<&mut Json, String> {
        let id = id.as_str().unwrap_or_else(|| panic!("an id: {id}"));
        self.things.get_mut(id).ok_or_else(|| code.to_owned())
    }

    fn describe(&self, operation: &str, input: &Json) -> Answer {
        let (list, prefix, ids) = match operation {
            "DescribeVpcs" => ("Vpcs", "vpc", "VpcIds"),
            "DescribeSubnets" => ("Subnets", "subnet", "SubnetIds"),
            "DescribeSecurityGroups" => ("SecurityGroups", "sg", "GroupIds"),
            "DescribeNetworkAcls" => ("NetworkAcls", "acl", "NetworkAclIds"),
            "DescribeRouteTables" => ("RouteTables", "rtb", "RouteTableIds"),
            "DescribeInternetGateways" => ("InternetGateways", "igw", "InternetGatewayIds"),
            "DescribeFlowLogs" => ("FlowLogs", "fl", "FlowLogIds"),
            "DescribeAddresses" => ("Addresses", "eipalloc", "AllocationIds"),
            "DescribeNatGateways" => ("NatGateways", "nat", "NatGatewayIds"),
            "DescribeVpcEndpoints" => ("VpcEndpoints", "vpce", "VpcEndpointIds"),
            "DescribeManagedPrefixLists" => {
                let name = input["Filters"][0]["Values"][0].as_str().unwrap();
                return Ok(
                    json!({ "PrefixLists": [{ "PrefixListId": format!("pl-{}", name.rsplit('.').next().unwrap()), "PrefixListName": name }] }),
                );
            }
            other => panic!("no such operation: {other}"),
        };
        let wanted: Vec<&str> =
            input[ids].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        if wanted.iter().any(|id| !self.things.contains_key(*id)) {
            return refuse("InvalidId.NotFound");
        }
        let filters = input["Filters"]
            .as_array()
            .or_else(|| input["Filter"].as_array())
            .cloned()
            .unwrap_or_default();
        let fits = |thing: &Json| {
            filters.iter().all(|filter| {
                let values: Vec<&str> = filter["Values"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|value| value.as_str().unwrap())
                    .collect();
                found_values(thing, filter["Name"].as_str().unwrap())
                    .iter()
                    .any(|found| values.contains(&found.as_str()))
            })
        };
        let found: Vec<Json> = self
            .of(prefix)
            .filter(|(id, thing)| {
                (wanted.is_empty() || wanted.contains(&id.as_str())) && fits(thing)
            })
            .map(|(_, thing)| thing.clone())
            .collect();
        Ok(json!({ list: found }))
    }

    fn create(&mut self, operation: &str, input: &Json) -> Answer {
        let tags = input["TagSpecifications"][0]["Tags"].clone();
        assert!(
            tags.is_array() || matches!(operation, "CreateNetworkAclEntry" | "CreateRoute"),
            "{operation} without tags"
        );
        if let Some(vpc) = input.get("VpcId") {
            self.get(vpc, "InvalidVpcID.NotFound")?;
        }
        match operation {
            "CreateVpc" => {
                let id = self.id("vpc");
                let thing = json!({ "VpcId": id, "CidrBlock": input["CidrBlock"], "State": "available", "Tags": tags });
                self.things.insert(id.clone(), thing.clone());
                let everything = json!({ "IpProtocol": "-1", "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] });
                let group = self.id("sg");
                self.things.insert(group.clone(), json!({
                    "GroupId": group, "GroupName": "default", "VpcId": id, "IpPermissionsEgress": [everything],
                    "IpPermissions": [{ "IpProtocol": "-1", "UserIdGroupPairs": [{ "GroupId": group }] }],
                }));
                let acl = self.id("acl");
                let entry = |egress: bool| json!({ "RuleNumber": 100, "Egress": egress, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0" });
                self.things.insert(acl.clone(), json!({
                    "NetworkAclId": acl, "VpcId": id, "IsDefault": true, "Associations": [], "Entries": [entry(false), entry(true)],
                }));
                Ok(json!({ "Vpc": thing }))
            }
            "CreateSecurityGroup" => {
                if self.of("sg").any(|(_, group)| group["VpcId"] == input["VpcId"] && group["GroupName"] == input["GroupName"]) {
                    return refuse("InvalidGroup.Duplicate");
                }
                let id = self.id("sg");
                self.things.insert(id.clone(), json!({
                    "GroupId": id, "GroupName": input["GroupName"], "VpcId": input["VpcId"], "Tags": tags, "IpPermissions": [],
                    "IpPermissionsEgress": [{ "IpProtocol": "-1", "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }],
                }));
                Ok(json!({ "GroupId": id }))
            }
            "CreateNetworkAcl" => self.make("acl", "NetworkAcl", json!({ "VpcId": input["VpcId"], "Tags": tags, "Associations": [], "Entries": [] }), "NetworkAclId"),
            "CreateRouteTable" => self.make("rtb", "RouteTable", json!({ "VpcId": input["VpcId"], "Tags": tags, "Associations": [], "Routes": [] }), "RouteTableId"),
            "CreateInternetGateway" => self.make("igw", "InternetGateway", json!({ "OwnerId": ACCOUNT, "Tags": tags, "Attachments": [] }), "InternetGatewayId"),
            "CreateSubnet" => {
                if self.of("subnet").any(|(_, subnet)| subnet["CidrBlock"] == input["CidrBlock"]) {
                    return refuse("InvalidSubnet.Conflict");
                }
                let made = self.make("subnet", "Subnet", json!({
                    "VpcId": input["VpcId"], "CidrBlock": input["CidrBlock"], "Tags": tags, "State": "available",
                    "AvailabilityZone": input["AvailabilityZone"],
                }), "SubnetId")?;
                let association = self.id("aclassoc");
                let default = self.things.values_mut().find(|thing| thing["IsDefault"] == true).unwrap();
                default["Associations"].as_array_mut().unwrap().push(json!({
                    "NetworkAclAssociationId": association, "SubnetId": made["Subnet"]["SubnetId"],
                }));
                Ok(made)
            }
            "CreateNetworkAclEntry" => {
                let acl = self.get(&input["NetworkAclId"], "InvalidNetworkAclID.NotFound")?;
                let entries = acl["Entries"].as_array_mut().unwrap();
                if entries.iter().any(|entry| entry["RuleNumber"] == input["RuleNumber"] && entry["Egress"] == input["Egress"]) {
                    return refuse("NetworkAclEntryAlreadyExists");
                }
                let mut entry = input.clone();
                entry.as_object_mut().unwrap().remove("NetworkAclId");
                entries.push(entry);
                Ok(json!({}))
            }
            "CreateRoute" => {
                let member = if input.get("NatGatewayId").is_some() { "NatGatewayId" } else { "GatewayId" };
                let gateway = input[member].clone();
                self.get(&gateway, "InvalidGatewayID.NotFound")?;
                let table = self.get(&input["RouteTableId"], "InvalidRouteTableID.NotFound")?;
                let routes = table["Routes"].as_array_mut().unwrap();
                if routes.iter().any(|route| route["DestinationCidrBlock"] == input["DestinationCidrBlock"]) {
                    return refuse("RouteAlreadyExists");
                }
                routes.push(json!({ "DestinationCidrBlock": input["DestinationCidrBlock"], member: gateway }));
                Ok(json!({ "Return": true }))
            }
            "CreateFlowLogs" => {
                self.get(&input["ResourceIds"][0], "InvalidVpcID.NotFound")?;
                let id = self.id("fl");
                self.things.insert(id.clone(), json!({
                    "FlowLogId": id, "ResourceId": input["ResourceIds"][0], "Tags": tags, "TrafficType": input["TrafficType"],
                    "LogGroupName": input["LogGroupName"], "DeliverLogsPermissionArn": input["DeliverLogsPermissionArn"],
                }));
                Ok(json!({ "FlowLogIds": [id], "Unsuccessful": [] }))
            }
            "AllocateAddress" => {
                let id = self.id("eipalloc");
                self.things.insert(id.clone(), json!({ "AllocationId": id, "Domain": "vpc", "Tags": tags }));
                Ok(json!({ "AllocationId": id }))
            }
            "CreateNatGateway" => self.make("nat", "NatGateway", json!({
                "SubnetId": input["SubnetId"], "AllocationId": input["AllocationId"], "Tags": tags, "State": "available",
            }), "NatGatewayId"),
            "CreateVpcEndpoint" => {
                let made = self.make("vpce", "VpcEndpoint", json!({
                    "ServiceName": input["ServiceName"], "VpcId": input["VpcId"], "Tags": tags, "State": "available",
                    "SubnetIds": input["SubnetIds"], "SecurityGroupIds": input["SecurityGroupIds"], "RouteTableIds": input["RouteTableIds"],
                }), "VpcEndpointId")?;
                for table in input["RouteTableIds"].as_array().into_iter().flatten() {
                    let list = format!("pl-{}", input["ServiceName"].as_str().unwrap().rsplit('.').next().unwrap());
                    let route = json!({ "DestinationPrefixListId": list, "GatewayId": made["VpcEndpoint"]["VpcEndpointId"] });
                    self.get(table, "InvalidRouteTableID.NotFound")?["Routes"].as_array_mut().unwrap().push(route);
                }
                Ok(made)
            }
            other => panic!("no such operation: {other}"),
        }
    }

    fn make(&mut self, prefix: &str, name: &str, mut thing: Json, member: &str) -> Answer {
        let id = self.id(prefix);
        thing[member] = json!(id);
        self.things.insert(id, thing.clone());
        Ok(json!({ name: thing }))
    }

    fn change(&mut self, operation: &str, input: &Json) -> Answer {
        match operation {
            "ModifyVpcAttribute" => {
                self.get(&input["VpcId"], "InvalidVpcID.NotFound")?["EnableDnsHostnames"] =
                    input["EnableDnsHostnames"]["Value"].clone();
            }
            "ReplaceNetworkAclEntry" => {
                let acl = self.get(&input["NetworkAclId"], "InvalidNetworkAclID.NotFound")?;
                let entry = acl["Entries"].as_array_mut().unwrap().iter_mut().find(|entry| {
                    entry["RuleNumber"] == input["RuleNumber"] && entry["Egress"] == input["Egress"]
                });
                match entry {
                    Some(entry) => entry["RuleAction"] = input["RuleAction"].clone(),
                    None => return refuse("InvalidNetworkAclEntry.NotFound"),
                }
            }
            "AuthorizeSecurityGroupIngress"
            | "AuthorizeSecurityGroupEgress"
            | "RevokeSecurityGroupIngress"
            | "RevokeSecurityGroupEgress" => {
                for pair in input["IpPermissions"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|it| it["UserIdGroupPairs"].as_array().into_iter().flatten())
                {
                    let vpc = self.get(&pair["GroupId"], "InvalidGroup.NotFound")?["VpcId"].clone();
                    assert_eq!(vpc, self.get(&input["GroupId"], "InvalidGroup.NotFound")?["VpcId"]);
                }
                let group = self.get(&input["GroupId"], "InvalidGroup.NotFound")?;
                let side = if operation.ends_with("Egress") {
                    "IpPermissionsEgress"
                } else {
                    "IpPermissions"
                };
                let rules = group[side].as_array_mut().unwrap();
                let wanted = input["IpPermissions"].as_array().unwrap();
                if operation.starts_with("Authorize") {
                    if wanted.iter().any(|rule| rules.contains(rule)) {
                        return refuse("InvalidPermission.Duplicate");
                    }
                    rules.extend(wanted.iter().cloned());
                } else {
                    if wanted.iter().any(|rule| !rules.contains(rule)) {
                        return refuse("InvalidPermission.NotFound");
                    }
                    rules.retain(|rule| !wanted.contains(rule));
                }
            }
            "AttachInternetGateway" => {
                self.get(&input["VpcId"], "InvalidVpcID.NotFound")?;
                let gateway =
                    self.get(&input["InternetGatewayId"], "InvalidInternetGatewayID.NotFound")?;
                if gateway["Attachments"] != json!([]) {
                    return refuse("Resource.AlreadyAssociated");
                }
                gateway["Attachments"] = json!([{ "VpcId": input["VpcId"] }]);
            }
            "DetachInternetGateway" => {
                let gateway =
                    self.get(&input["InternetGatewayId"], "InvalidInternetGatewayID.NotFound")?;
                if gateway["Attachments"] == json!([]) {
                    return refuse("Gateway.NotAttached");
                }
                gateway["Attachments"] = json!([]);
            }
            "ReplaceNetworkAclAssociation" => {
                let mut moved = None;
                for (_, acl) in self.things.iter_mut().filter(|(id, _)| id.starts_with("acl-")) {
                    acl["Associations"].as_array_mut().unwrap().retain(|it| {
                        let is_it = it["NetworkAclAssociationId"] == input["AssociationId"];
                        if is_it {
                            moved = Some(it["SubnetId"].clone());
                        }
                        !is_it
                    });
                }
                let Some(subnet) = moved else { return refuse("InvalidAssociationID.NotFound") };
                let id = self.id("aclassoc");
                let acl = self.get(&input["NetworkAclId"], "InvalidNetworkAclID.NotFound")?;
                acl["Associations"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "NetworkAclAssociationId": id, "SubnetId": subnet }));
                return Ok(json!({ "NewAssociationId": id }));
            }
            "AssociateRouteTable" => {
                self.get(&input["SubnetId"], "InvalidSubnetID.NotFound")?;
                let taken = self.of("rtb").any(|(_, table)| {
                    table["Associations"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .any(|it| it["SubnetId"] == input["SubnetId"])
                });
                if taken {
                    return refuse("Resource.AlreadyAssociated");
                }
                let id = self.id("rtbassoc");
                let table = self.get(&input["RouteTableId"], "InvalidRouteTableID.NotFound")?;
                table["Associations"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "RouteTableAssociationId": id, "SubnetId": input["SubnetId"] }));
                return Ok(json!({ "AssociationId": id }));
            }
            _ => return self.delete(operation, input),
        }
        Ok(json!({}))
    }

    /// Deletes what nothing else needs.
    fn delete(&mut self, operation: &str, input: &Json) -> Answer {
        let id = match operation {
            "DeleteVpc" => &input["VpcId"],
            "DeleteSubnet" => &input["SubnetId"],
            "DeleteSecurityGroup" => &input["GroupId"],
            "DeleteNetworkAcl" => &input["NetworkAclId"],
            "DeleteRouteTable" => &input["RouteTableId"],
            "DeleteInternetGateway" => &input["InternetGatewayId"],
            "DeleteFlowLogs" => &input["FlowLogIds"][0],
            "ReleaseAddress" => &input["AllocationId"],
            "DeleteNatGateway" => &input["NatGatewayId"],
            "DeleteVpcEndpoints" => &input["VpcEndpointIds"][0],
            other => panic!("no such operation: {other}"),
        };
        let text = id.as_str().unwrap().to_owned();
        let thing = self.get(id, "InvalidId.NotFound")?.clone();
        let own_defaults = |other: &Json| {
            operation == "DeleteVpc"
                && (other["IsDefault"] == true || other["GroupName"] == "default")
        };
        let needs = |other: &Json| {
            other.to_string().contains(&format!("\"{text}\"")) && !own_defaults(other)
        };
        let is_needed = self.things.iter().any(|(other, value)| {
            *other != text
                && needs(value)
                // What goes with a subnet: its associations. Routes to what is deleted lead nowhere, and flow logs outlive nothing.
                && !(operation == "DeleteSubnet" && (other.starts_with("acl-") || other.starts_with("rtb-")))
                && !(matches!(operation, "DeleteInternetGateway" | "DeleteNatGateway" | "DeleteVpcEndpoints") && other.starts_with("rtb-"))
        });
        let associations = thing["Associations"].as_array().is_some_and(|list| !list.is_empty());
        let attached = thing["Attachments"].as_array().is_some_and(|list| !list.is_empty());
        if is_needed || associations || attached {
            return refuse("DependencyViolation");
        }
        self.things.remove(&text);
        match operation {
            "DeleteVpc" => self.things.retain(|_, other| other["VpcId"] != json!(text)),
            "DeleteSubnet" => {
                for other in self.things.values_mut() {
                    if let Some(list) = other.get_mut("Associations").and_then(Json::as_array_mut) {
                        list.retain(|it| it["SubnetId"] != json!(text));
                    }
                }
            }
            "DeleteVpcEndpoints" | "DeleteNatGateway" => {
                for other in self.things.values_mut() {
                    if let Some(list) = other.get_mut("Routes").and_then(Json::as_array_mut) {
                        list.retain(|it| {
                            it["GatewayId"] != json!(text) && it["NatGatewayId"] != json!(text)
                        });
                    }
                }
            }
            _ => {}
        }
        Ok(json!({}))
    }

    fn iam(&mut self, operation: &str, input: &Json) -> Answer {
        let name = input["RoleName"].as_str().unwrap();
        let (role, policy) = (format!("role-{name}"), format!("policy-{name}"));
        match operation {
            "CreateRole" => {
                if self.things.contains_key(&role) {
                    return refuse("EntityAlreadyExists");
                }
                let mut made = input.clone();
                made["Arn"] = json!(format!(
                    "arn:aws:iam::{ACCOUNT}:role{}{name}",
                    input["Path"].as_str().unwrap()
                ));
                self.things.insert(role, made.clone());
                Ok(json!({ "Role": made }))
            }
            "GetRole" => self
                .things
                .get(&role)
                .map(|role| json!({ "Role": role }))
                .ok_or("NoSuchEntity".to_owned()),
            "DeleteRole" if self.things.contains_key(&policy) => refuse("DeleteConflict"),
            "DeleteRole" => {
                self.things.remove(&role).map(|_| json!({})).ok_or("NoSuchEntity".to_owned())
            }
            "PutRolePolicy" => {
                if !self.things.contains_key(&role) {
                    return refuse("NoSuchEntity");
                }
                self.things.insert(policy, json!({ "PolicyDocument": input["PolicyDocument"] }));
                Ok(json!({}))
            }
            "GetRolePolicy" => self.things.get(&policy).cloned().ok_or("NoSuchEntity".to_owned()),
            "DeleteRolePolicy" => {
                self.things.remove(&policy).map(|_| json!({})).ok_or("NoSuchEntity".to_owned())
            }
            other => panic!("no such operation: {other}"),
        }
    }

    fn logs(&mut self, operation: &str, input: &Json) -> Answer {
        if operation == "DescribeLogGroups" {
            let start = format!("log{}", input["logGroupNamePrefix"].as_str().unwrap());
            let found: Vec<&Json> = self
                .things
                .iter()
                .filter(|(id, _)| id.starts_with(&start))
                .map(|(_, it)| it)
                .collect();
            return Ok(json!({ "logGroups": found }));
        }
        let id = format!("log{}", input["logGroupName"].as_str().unwrap());
        match operation {
            "CreateLogGroup" if self.things.contains_key(&id) => {
                refuse("ResourceAlreadyExistsException")
            }
            "CreateLogGroup" => {
                self.things.insert(id, input.clone());
                Ok(json!({}))
            }
            "PutRetentionPolicy" => {
                let group = self.things.get_mut(&id).ok_or("ResourceNotFoundException")?;
                group["retentionInDays"] = input["retentionInDays"].clone();
                Ok(json!({}))
            }
            "DeleteLogGroup" => self
                .things
                .remove(&id)
                .map(|_| json!({}))
                .ok_or("ResourceNotFoundException".to_owned()),
            other => panic!("no such operation: {other}"),
        }
    }

    /// The network as a reader of the account would find it: without interfaces, and with the VPC's main route table.
    pub(crate) fn observed(&self) -> Network {
        let all = |prefix: &str| -> Vec<Json> {
            self.of(prefix).map(|(_, thing)| thing.clone()).collect()
        };
        let mut tables = all("rtb");
        for (id, _) in self.of("vpc") {
            let main = json!({ "RouteTableId": format!("rtb-main-{id}"), "VpcId": id, "Associations": [{ "Main": true }] });
            tables.push(main);
        }
        let lists: Vec<Json> = ["s3", "dynamodb"]
            .into_iter()
            .zip(0..)
            .map(|(service, at)| {
                json!({
                    "PrefixListId": format!("pl-{service}"),
                    "PrefixListName": format!("com.amazonaws.{REGION}.{service}"),
                    "Cidrs": [format!("52.{at}.0.0/16")],
                })
            })
            .collect();
        Network::from_answers(&json!({
            "Vpcs": all("vpc"), "Subnets": all("subnet"), "SecurityGroups": all("sg"), "NetworkAcls": all("acl"),
            "RouteTables": tables, "InternetGateways": all("igw"), "NatGateways": all("nat"), "PrefixLists": lists,
        }))
        .unwrap()
    }
}

/// The values that a filter looks at.
fn found_values(thing: &Json, filter: &str) -> Vec<String> {
    let text = |value: &Json| value.as_str().map(str::to_owned);
    if let Some(key) = filter.strip_prefix("tag:") {
        let tags = thing["Tags"].as_array().into_iter().flatten();
        return tags
            .into_iter()
            .filter(|tag| tag["Key"] == key)
            .filter_map(|tag| text(&tag["Value"]))
            .collect();
    }
    let all = |list: &str, member: &str| -> Vec<String> {
        thing[list].as_array().into_iter().flatten().filter_map(|it| text(&it[member])).collect()
    };
    match filter {
        "vpc-id" => text(&thing["VpcId"]).into_iter().collect(),
        "group-name" => text(&thing["GroupName"]).into_iter().collect(),
        "default" => vec![(thing["IsDefault"] == true).to_string()],
        "association.subnet-id" => all("Associations", "SubnetId"),
        "attachment.vpc-id" => all("Attachments", "VpcId"),
        "state" | "vpc-endpoint-state" => text(&thing["State"]).into_iter().collect(),
        other => panic!("no such filter: {other}"),
    }
}
