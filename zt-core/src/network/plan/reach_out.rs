//! Ways out of the VPC: NAT gateways and VPC endpoints.

use super::super::state::{Destination, Target};
use super::super::tier::Endpoint;
use super::calls::reference;
use super::{Steps, VPC, group_step, subnet_step, table_step};
use crate::plan::{Call, PlanError, Step, Value, Wait};

impl Steps<'_> {
    pub(super) fn nat_gateways(&mut self) -> Result<(), PlanError> {
        for nat in &self.network.nat_gateways {
            let (id, address) = (nat.id.clone(), format!("{}-address", nat.id));
            let own = || reference(&format!("{id}.NatGateway.NatGatewayId"));
            let allocation = || reference(&format!("{address}.AllocationId"));
            let allocate = Call::new("ec2", "AllocateAddress").with("Domain", "vpc").with(
                "TagSpecifications",
                self.context.specification("elastic-ip", &address, &nat.name),
            );
            let found = self
                .context
                .by_tags("DescribeAddresses", &address)
                .expect("Addresses[0].Domain", "vpc")
                .output("AllocationId", "Addresses[0].AllocationId");
            self.steps.push(
                Step::new(address.as_str(), format!("take a public address for {id}"), allocate)
                    .found(found)
                    .costs("public IPv4 addresses are charged by the hour")
                    .undo(Call::new("ec2", "ReleaseAddress").with("AllocationId", allocation()?)),
            );
            let subnet = reference(&format!("{}.Subnet.SubnetId", subnet_step(&nat.subnet)))?;
            let create = Call::new("ec2", "CreateNatGateway")
                .with("SubnetId", subnet.clone())
                .with("AllocationId", allocation()?)
                .with(
                    "TagSpecifications",
                    self.context.specification("natgateway", &id, &nat.name),
                );
            let found = self
                .context
                .by_tags("DescribeNatGateways", &id)
                .expect("NatGateways[0].SubnetId", subnet)
                .output("NatGateway", "NatGateways[0]");
            let describe = Call::new("ec2", "DescribeNatGateways")
                .with("NatGatewayIds", Value::list([own()?]));
            self.steps.push(
                Step::new(id.as_str(), "let private tiers connect out, and nobody in", create)
                    .found(found)
                    .wait(
                        Wait::for_answer(describe, 5, 600)
                            .until("NatGateways[0].State", "available"),
                    )
                    .costs("NAT gateways are charged by the hour and by the gigabyte")
                    .undo(Call::new("ec2", "DeleteNatGateway").with("NatGatewayId", own()?)),
            );
        }
        for table in &self.network.route_tables {
            for route in &table.routes {
                let (Destination::Range(to), Target::NatGateway(nat)) = (&route.to, &route.through)
                else {
                    continue;
                };
                let owner = table_step(&table.id);
                let call = Call::new("ec2", "CreateRoute")
                    .with("RouteTableId", reference(&format!("{owner}.RouteTable.RouteTableId"))?)
                    .with("DestinationCidrBlock", to.to_string())
                    .with("NatGatewayId", reference(&format!("{nat}.NatGateway.NatGatewayId"))?);
                let reason = format!("route {} out through {nat}", table.id);
                self.steps.push(
                    Step::new(format!("{owner}-out"), reason, call)
                        .repeatable()
                        .undone_with(owner.as_str()),
                );
            }
        }
        Ok(())
    }

    pub(super) fn endpoints(&mut self) -> Result<(), PlanError> {
        for endpoint in &self.parts.endpoints {
            let id = format!("endpoint-{}", endpoint.slug());
            let own = || reference(&format!("{id}.VpcEndpoint.VpcEndpointId"));
            let service = format!("com.amazonaws.{}.{}", self.region, endpoint.service);
            let name = format!("{}-{}", self.parts.app, endpoint.service);
            let create = Call::new("ec2", "CreateVpcEndpoint")
                .with("VpcId", reference(VPC)?)
                .with("ServiceName", service.as_str())
                .with("TagSpecifications", self.context.specification("vpc-endpoint", &id, &name));
            let create = if endpoint.is_gateway() {
                self.gateway(endpoint, create)?
            } else {
                self.interface(endpoint, create)?
            };
            let found = self
                .context
                .by_tags("DescribeVpcEndpoints", &id)
                .expect("VpcEndpoints[0].ServiceName", service)
                .output("VpcEndpoint", "VpcEndpoints[0]");
            let describe = Call::new("ec2", "DescribeVpcEndpoints")
                .with("VpcEndpointIds", Value::list([own()?]));
            let step = Step::new(
                id.as_str(),
                format!("reach {} without the internet", endpoint.service),
                create,
            )
            .found(found)
            .wait(Wait::for_answer(describe, 5, 600).until("VpcEndpoints[0].State", "available"))
            .undo(
                Call::new("ec2", "DeleteVpcEndpoints")
                    .with("VpcEndpointIds", Value::list([own()?])),
            );
            self.steps.push(if endpoint.is_gateway() {
                step
            } else {
                step.costs("interface endpoints are charged by the hour in every zone, and by the gigabyte")
            });
        }
        Ok(())
    }

    fn gateway(&self, endpoint: &Endpoint, create: Call) -> Result<Call, PlanError> {
        let uses = |table: &&super::super::state::RouteTable| {
            table.routes.iter().any(
                |route| matches!(&route.through, Target::GatewayEndpoint(id) if *id == endpoint.service),
            )
        };
        let tables: Vec<Value> = self
            .network
            .route_tables
            .iter()
            .filter(uses)
            .map(|table| reference(&format!("{}.RouteTable.RouteTableId", table_step(&table.id))))
            .collect::<Result<_, _>>()?;
        // Whoever is inside cannot use the endpoint with credentials of another account.
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"OwnPrincipals","Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{{"StringEquals":{{"aws:PrincipalAccount":"{}"}}}}}}]}}"#,
            self.account
        );
        Ok(create
            .with("VpcEndpointType", "Gateway")
            .with("RouteTableIds", Value::list(tables))
            .with("PolicyDocument", policy))
    }

    fn interface(&self, endpoint: &Endpoint, create: Call) -> Result<Call, PlanError> {
        let placed = self.parts.layout.subnets().iter();
        let subnets: Vec<Value> = placed
            .filter(|placed| placed.tier() == super::super::segmentation::ENDPOINTS)
            .map(|placed| reference(&format!("{}.Subnet.SubnetId", subnet_step(&placed.id()))))
            .collect::<Result<_, _>>()?;
        let group = super::super::blueprint::endpoint_group(&endpoint.slug());
        Ok(create
            .with("VpcEndpointType", "Interface")
            .with("SubnetIds", Value::list(subnets))
            .with(
                "SecurityGroupIds",
                Value::list([reference(&format!("{}.GroupId", group_step(&group)))?]),
            )
            .with("PrivateDnsEnabled", true))
    }
}
