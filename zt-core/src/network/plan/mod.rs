//! The plan that makes a segmentation.
//!
//! Order: nothing is there before what it refers to, nothing is open before it is closed, and rules come after all groups, so
//! that groups may refer to each other. Undoing goes the other way round.

mod calls;
mod reach_out;
mod watch;

use std::collections::HashMap;

use jiff::Timestamp;

use self::calls::{
    Context, default_egress, default_ingress, entry, filters, permission, reference,
};
use super::layout::PlacedSubnet;
use super::segmentation::{Parts, Segmentation};
use super::state::{Acl, Destination, Group, Network, RouteTable, RulePeer, Target};
use crate::plan::{Call, Found, Plan, PlanError, Step, Value, Wait};

impl Segmentation {
    /// The plan that makes this network: its id (lower-case letters, digits and hyphens; the same id means the same network,
    /// so that a second run changes nothing), the account (12 digits), the Region, and the instant after which it must not run.
    ///
    /// Everything is tagged when it is made: `Name`, `zt:app`, `zt:plan`, `zt:step`. What costs money says so: interface
    /// endpoints, NAT gateways and flow logs. Undoing deletes all of it, the log group with the flow logs included.
    ///
    /// ```
    /// use zt_core::network::Segmentation;
    ///
    /// let plan = Segmentation::standard("shop")?.plan("shop-1", "111122223333", "eu-central-1", None)?;
    /// let create = plan.step("group-web").unwrap().call();
    /// assert_eq!((create.service(), create.operation()), ("ec2", "CreateSecurityGroup"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the id, the account or the Region cannot be one, or a zone is of another Region.
    pub fn plan(
        &self,
        id: &str,
        account: &str,
        region: &str,
        not_after: impl Into<Option<Timestamp>>,
    ) -> Result<Plan, PlanError> {
        if id.len() > ID_LIMIT {
            let expected = format!("at most {ID_LIMIT} characters: names are made from it");
            return Err(PlanError::new("id", expected, id.to_owned()));
        }
        let parts = self.parts();
        let title = format!("the network of {}", self.app());
        let mut plan = Plan::builder(id, title, account, region);
        if let Some(instant) = not_after.into() {
            plan = plan.not_after(instant);
        }
        let mut steps = Steps {
            parts,
            network: self.network(),
            context: Context { app: &parts.app, plan: id, tags: &parts.tags },
            account,
            region,
            steps: Vec::new(),
        };
        steps.all()?;
        steps.steps.into_iter().fold(plan, |plan, step| plan.step(step)).build()
    }
}

/// Names of roles have 64 characters at most (IAM User Guide, *IAM and AWS STS quotas*).
const ID_LIMIT: usize = 48;

/// Collects steps.
struct Steps<'a> {
    parts: &'a Parts,
    network: &'a Network,
    context: Context<'a>,
    account: &'a str,
    region: &'a str,
    steps: Vec<Step>,
}

impl Steps<'_> {
    fn all(&mut self) -> Result<(), PlanError> {
        self.vpc()?;
        self.locks()?;
        self.flow_logs()?;
        if self.parts.needs_gateway() {
            self.internet_gateway()?;
        }
        // The model has two groups more: the VPC's own, and one that stands for other people's.
        let groups: Vec<&Group> = self
            .network
            .groups
            .iter()
            .filter(|group| group.name.starts_with(&self.prefix()))
            .collect();
        for group in &groups {
            self.group(group)?;
        }
        self.prefix_lists();
        for group in &groups {
            self.rules(group)?;
        }
        let acls = self.network.acls.iter().filter(|acl| acl.name.starts_with(&self.prefix()));
        for acl in acls.collect::<Vec<_>>() {
            self.acl(acl)?;
        }
        let tables = self.network.route_tables.iter();
        for table in
            tables.filter(|table| table.name.starts_with(&self.prefix())).collect::<Vec<_>>()
        {
            self.route_table(table)?;
        }
        self.subnets()?;
        self.nat_gateways()?;
        self.endpoints()
    }

    fn prefix(&self) -> String {
        format!("{}-", self.parts.app)
    }

    fn vpc(&mut self) -> Result<(), PlanError> {
        let cidr = self.parts.layout.vpc().to_string();
        let create = Call::new("ec2", "CreateVpc")
            .with("CidrBlock", cidr.as_str())
            .with("TagSpecifications", self.context.specification("vpc", "vpc", &self.parts.app));
        let found = self.context.by_tags("DescribeVpcs", "vpc");
        let describe =
            Call::new("ec2", "DescribeVpcs").with("VpcIds", Value::list([reference(VPC)?]));
        self.steps.push(
            Step::new("vpc", format!("make the VPC of {}", self.parts.app), create)
                .found(found.expect("Vpcs[0].CidrBlock", cidr).output("Vpc", "Vpcs[0]"))
                .wait(Wait::for_answer(describe, 2, 120).until("Vpcs[0].State", "available"))
                .undo(Call::new("ec2", "DeleteVpc").with("VpcId", reference(VPC)?)),
        );
        if self.parts.endpoints.iter().any(|endpoint| !endpoint.is_gateway()) {
            let names = Call::new("ec2", "ModifyVpcAttribute")
                .with("VpcId", reference(VPC)?)
                .with("EnableDnsHostnames", Value::object([("Value", true)]));
            let reason = "let the private names of interface endpoints be resolved";
            self.steps.push(Step::new("vpc-names", reason, names).repeatable().undone_with("vpc"));
        }
        Ok(())
    }

    /// What the VPC comes with, and what everything falls back to that somebody puts there without thinking.
    fn locks(&mut self) -> Result<(), PlanError> {
        let of_vpc = |name: &str, value: &str| -> Result<Value, PlanError> {
            Ok(filters([("vpc-id", reference(VPC)?), (name, value.into())]))
        };
        let group = Call::new("ec2", "DescribeSecurityGroups")
            .with("Filters", of_vpc("group-name", "default")?);
        let own = || reference("default-group.SecurityGroups[0].GroupId");
        let ingress = Call::new("ec2", "RevokeSecurityGroupIngress")
            .with("GroupId", own()?)
            .with("IpPermissions", default_ingress(own()?));
        let egress = Call::new("ec2", "RevokeSecurityGroupEgress")
            .with("GroupId", own()?)
            .with("IpPermissions", default_egress());
        let acl =
            Call::new("ec2", "DescribeNetworkAcls").with("Filters", of_vpc("default", "true")?);
        // Entry 100 lets everything through. Made a denial, it can be made one again; deleted, it could not be deleted again.
        let entry = |egress: bool| -> Result<Call, PlanError> {
            Ok(Call::new("ec2", "ReplaceNetworkAclEntry")
                .with("NetworkAclId", reference("default-acl.NetworkAcls[0].NetworkAclId")?)
                .with("RuleNumber", 100_i64)
                .with("Protocol", "-1")
                .with("RuleAction", "deny")
                .with("CidrBlock", "0.0.0.0/0")
                .with("Egress", egress))
        };
        let step =
            |id: &str, reason: &str, call: Call| Step::new(id, reason, call).undone_with("vpc");
        self.steps.extend([
            Step::read("default-group", "find the VPC's own group", group),
            step("default-group-in", "let nobody in by the VPC's own group", ingress).removes(),
            step("default-group-out", "let nobody out by the VPC's own group", egress).removes(),
            Step::read("default-acl", "find the VPC's own network ACL", acl),
            step(
                "default-acl-in",
                "let nobody into subnets without an ACL of their own",
                entry(false)?,
            )
            .repeatable(),
            step(
                "default-acl-out",
                "let nobody out of subnets without an ACL of their own",
                entry(true)?,
            )
            .repeatable(),
        ]);
        Ok(())
    }

    fn internet_gateway(&mut self) -> Result<(), PlanError> {
        let id = "internet-gateway";
        let create = Call::new("ec2", "CreateInternetGateway")
            .with("TagSpecifications", self.context.specification(id, id, &self.parts.app));
        let found = self
            .context
            .by_tags("DescribeInternetGateways", id)
            .expect("InternetGateways[0].OwnerId", self.account)
            .output("InternetGateway", "InternetGateways[0]");
        let both = |operation: &str| -> Result<Call, PlanError> {
            Ok(Call::new("ec2", operation)
                .with("InternetGatewayId", reference(GATEWAY)?)
                .with("VpcId", reference(VPC)?))
        };
        let delete = Call::new("ec2", "DeleteInternetGateway")
            .with("InternetGatewayId", reference(GATEWAY)?);
        self.steps.push(
            Step::new(id, "make the way to the internet for public tiers", create)
                .found(found)
                .undo(delete),
        );
        let attached = Call::new("ec2", "DescribeInternetGateways")
            .with("InternetGatewayIds", Value::list([reference(GATEWAY)?]))
            .with("Filters", filters([("attachment.vpc-id", reference(VPC)?)]));
        self.steps.push(
            Step::new(
                "internet-gateway-attach",
                "attach it to the VPC",
                both("AttachInternetGateway")?,
            )
            .found(
                Found::by(attached)
                    .expect("InternetGateways[0].InternetGatewayId", reference(GATEWAY)?),
            )
            .undo(both("DetachInternetGateway")?),
        );
        Ok(())
    }

    fn group(&mut self, group: &Group) -> Result<(), PlanError> {
        let id = group_step(&group.id);
        let create = Call::new("ec2", "CreateSecurityGroup")
            .with("GroupName", group.name.as_str())
            .with(
                "Description",
                format!("{} of {}, made by plan {}", group.id, self.parts.app, self.context.plan),
            )
            .with("VpcId", reference(VPC)?)
            .with(
                "TagSpecifications",
                self.context.specification("security-group", &id, &group.name),
            );
        let found = self
            .context
            .by_tags("DescribeSecurityGroups", &id)
            .expect("SecurityGroups[0].GroupName", group.name.as_str())
            .output("GroupId", "SecurityGroups[0].GroupId");
        let own = || reference(&format!("{id}.GroupId"));
        let revoke = Call::new("ec2", "RevokeSecurityGroupEgress")
            .with("GroupId", own()?)
            .with("IpPermissions", default_egress());
        self.steps.push(
            Step::new(id.as_str(), format!("make the security group of {}", group.id), create)
                .found(found)
                .undo(Call::new("ec2", "DeleteSecurityGroup").with("GroupId", own()?)),
        );
        self.steps.push(
            Step::new(
                format!("{id}-closed"),
                "take away the rule for all egress that every new group has",
                revoke,
            )
            .removes()
            .undone_with(id.as_str()),
        );
        Ok(())
    }

    /// AWS's lists of the addresses of services with gateway endpoints.
    fn prefix_lists(&mut self) {
        for list in &self.network.prefix_lists {
            let name = format!("com.amazonaws.{}.{}", self.region, list.id);
            let read = Call::new("ec2", "DescribeManagedPrefixLists")
                .with("Filters", filters([("prefix-list-name", name.into())]));
            let reason = format!("find the addresses of {}", list.id);
            self.steps.push(Step::read(prefix_list_step(&list.id), reason, read));
        }
    }

    fn rules(&mut self, group: &Group) -> Result<(), PlanError> {
        for (word, way, rules) in
            [("in", "Ingress", &group.ingress), ("out", "Egress", &group.egress)]
        {
            if rules.is_empty() {
                continue;
            }
            let owner = group_step(&group.id);
            let id = format!("{owner}-{word}");
            let peer = |id: &str| reference(&format!("{}.GroupId", group_step(id)));
            let list = |id: &str| {
                reference(&format!("{}.PrefixLists[0].PrefixListId", prefix_list_step(id)))
            };
            let permissions: Vec<Value> =
                rules.iter().map(|rule| permission(rule, peer, list)).collect::<Result<_, _>>()?;
            let call = |verb: &str| -> Result<Call, PlanError> {
                Ok(Call::new("ec2", format!("{verb}SecurityGroup{way}"))
                    .with("GroupId", reference(&format!("{owner}.GroupId"))?)
                    .with("IpPermissions", Value::list(permissions.clone())))
            };
            let names: Vec<String> = rules
                .iter()
                .map(|rule| format!("{} {}", rule.traffic, peer_name(&rule.peer)))
                .collect();
            let side = if word == "in" { "from" } else { "to" };
            let reason = shorten(format!(
                "let {} {word} and nothing else: {side} {}",
                group.id,
                names.join(", ")
            ));
            let name = format!("{}-{word}", group.name);
            let tags = self.context.specification("security-group-rule", &id, &name);
            self.steps.push(
                Step::new(id, reason, call("Authorize")?.with("TagSpecifications", tags))
                    .repeatable()
                    .undo(call("Revoke")?),
            );
        }
        Ok(())
    }

    fn acl(&mut self, acl: &Acl) -> Result<(), PlanError> {
        let id = format!("acl-{}", acl.id);
        let own = || reference(&format!("{id}.NetworkAcl.NetworkAclId"));
        let create = Call::new("ec2", "CreateNetworkAcl")
            .with("VpcId", reference(VPC)?)
            .with("TagSpecifications", self.context.specification("network-acl", &id, &acl.name));
        let found = self
            .context
            .by_tags("DescribeNetworkAcls", &id)
            .expect("NetworkAcls[0].VpcId", reference(VPC)?)
            .output("NetworkAcl", "NetworkAcls[0]");
        self.steps.push(
            Step::new(id.as_str(), format!("make the network ACL of {}", acl.id), create)
                .found(found)
                .undo(Call::new("ec2", "DeleteNetworkAcl").with("NetworkAclId", own()?)),
        );
        for one in &acl.entries {
            let (word, side) = if one.egress { ("out", "to") } else { ("in", "from") };
            let verb = if one.allow { "let" } else { "deny" };
            let reason = format!("{verb} {} {word} {side} {}", one.traffic, one.range);
            self.steps.push(
                Step::new(format!("{id}-{word}-{}", one.number), reason, entry(own()?, one))
                    .repeatable()
                    .undone_with(id.as_str()),
            );
        }
        Ok(())
    }

    fn route_table(&mut self, table: &RouteTable) -> Result<(), PlanError> {
        let id = table_step(&table.id);
        let own = || reference(&format!("{id}.RouteTable.RouteTableId"));
        let create = Call::new("ec2", "CreateRouteTable")
            .with("VpcId", reference(VPC)?)
            .with("TagSpecifications", self.context.specification("route-table", &id, &table.name));
        let found = self
            .context
            .by_tags("DescribeRouteTables", &id)
            .expect("RouteTables[0].VpcId", reference(VPC)?)
            .output("RouteTable", "RouteTables[0]");
        self.steps.push(
            Step::new(id.as_str(), format!("make the route table of {}", table.id), create)
                .found(found)
                .undo(Call::new("ec2", "DeleteRouteTable").with("RouteTableId", own()?)),
        );
        for route in &table.routes {
            if let (Destination::Range(to), Target::InternetGateway(_)) =
                (&route.to, &route.through)
            {
                let call = Call::new("ec2", "CreateRoute")
                    .with("RouteTableId", own()?)
                    .with("DestinationCidrBlock", to.to_string())
                    .with("GatewayId", reference(GATEWAY)?);
                let reason = format!("route {} to the internet", table.id);
                self.steps.push(
                    Step::new(format!("{id}-internet"), reason, call)
                        .repeatable()
                        .undone_with(id.as_str()),
                );
            }
        }
        Ok(())
    }

    /// Each subnet gets its network ACL before the next one is made: of the VPC's own ACL, the first association is its.
    fn subnets(&mut self) -> Result<(), PlanError> {
        let placed = self.parts.layout.subnets().iter().map(|placed| (placed.id(), placed));
        let placed: HashMap<String, &PlacedSubnet> = placed.collect();
        for subnet in &self.network.subnets {
            let id = subnet_step(&subnet.id);
            let own = || reference(&format!("{id}.Subnet.SubnetId"));
            let Some(range) = subnet.ranges.first().map(ToString::to_string) else { continue };
            let Some(placed) = placed.get(&subnet.id) else { continue };
            let create = Call::new("ec2", "CreateSubnet")
                .with("VpcId", reference(VPC)?)
                .with("CidrBlock", range.as_str())
                .with("TagSpecifications", self.context.specification("subnet", &id, &subnet.name));
            let (member, zone) = zone(placed.zone(), self.region)?;
            let create = create.with(member, zone);
            let found = self
                .context
                .by_tags("DescribeSubnets", &id)
                .expect("Subnets[0].CidrBlock", range)
                .output("Subnet", "Subnets[0]");
            let describe =
                Call::new("ec2", "DescribeSubnets").with("SubnetIds", Value::list([own()?]));
            let reason = format!("make the subnet of {} in zone {}", placed.tier(), placed.zone());
            self.steps.push(
                Step::new(id.as_str(), reason, create)
                    .found(found)
                    .wait(Wait::for_answer(describe, 2, 120).until("Subnets[0].State", "available"))
                    .undo(Call::new("ec2", "DeleteSubnet").with("SubnetId", own()?)),
            );
            self.associate_acl(&id, &subnet.acl)?;
            let table =
                reference(&format!("{}.RouteTable.RouteTableId", table_step(&subnet.route_table)))?;
            let associate = Call::new("ec2", "AssociateRouteTable")
                .with("SubnetId", own()?)
                .with("RouteTableId", table.clone());
            let there = Call::new("ec2", "DescribeRouteTables")
                .with("RouteTableIds", Value::list([table.clone()]))
                .with("Filters", filters([("association.subnet-id", own()?)]));
            self.steps.push(
                Step::new(format!("{id}-routes"), "give it its routes", associate)
                    .found(Found::by(there).expect("RouteTables[0].RouteTableId", table))
                    .undone_with(id.as_str()),
            );
        }
        Ok(())
    }

    fn associate_acl(&mut self, subnet: &str, acl: &str) -> Result<(), PlanError> {
        let own = || reference(&format!("{subnet}.Subnet.SubnetId"));
        let acl = || reference(&format!("acl-{acl}.NetworkAcl.NetworkAclId"));
        let now = Call::new("ec2", "DescribeNetworkAcls")
            .with("Filters", filters([("association.subnet-id", own()?)]));
        let read = format!("{subnet}-acl-now");
        let there = Call::new("ec2", "DescribeNetworkAcls")
            .with("NetworkAclIds", Value::list([acl()?]))
            .with("Filters", filters([("association.subnet-id", own()?)]));
        let association =
            reference(&format!("{read}.NetworkAcls[0].Associations[0].NetworkAclAssociationId"))?;
        let replace = Call::new("ec2", "ReplaceNetworkAclAssociation")
            .with("AssociationId", association)
            .with("NetworkAclId", acl()?);
        self.steps.push(Step::read(read, "find the network ACL that it has", now));
        self.steps.push(
            Step::new(format!("{subnet}-acl"), "give it its tier's network ACL", replace)
                .found(Found::by(there).expect("NetworkAcls[0].NetworkAclId", acl()?))
                .undone_with(subnet),
        );
        Ok(())
    }
}

const VPC: &str = "vpc.Vpc.VpcId";
const GATEWAY: &str = "internet-gateway.InternetGateway.InternetGatewayId";

fn group_step(id: &str) -> String {
    format!("group-{id}")
}

fn prefix_list_step(service: &str) -> String {
    format!("prefix-list-{service}")
}

fn table_step(id: &str) -> String {
    format!("routes-{id}")
}

fn subnet_step(id: &str) -> String {
    format!("subnet-{id}")
}

fn peer_name(peer: &RulePeer) -> String {
    match peer {
        RulePeer::Range(range) => range.to_string(),
        RulePeer::Group(id) | RulePeer::PrefixList(id) => id.clone(),
    }
}

/// Reasons are phrases of at most 500 characters.
fn shorten(text: String) -> String {
    if text.chars().count() <= 480 {
        return text;
    }
    text.chars().take(480).chain(" …".chars()).collect()
}

/// A zone as `CreateSubnet` takes it: a letter of the Region, a name or an id.
fn zone(zone: &str, region: &str) -> Result<(&'static str, String), PlanError> {
    if zone.len() == 1 {
        return Ok(("AvailabilityZone", format!("{region}{zone}")));
    }
    if zone.contains("-az") {
        return Ok(("AvailabilityZoneId", zone.to_owned()));
    }
    if zone.starts_with(region) {
        return Ok(("AvailabilityZone", zone.to_owned()));
    }
    let expected = format!("zones of {region}, such as {region}a, or their letters");
    Err(PlanError::new("zones", expected, zone.to_owned()))
}
