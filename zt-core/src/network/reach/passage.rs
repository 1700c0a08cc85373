//! The way of a packet: which filters and routes it meets, there and back.

use std::net::IpAddr;

use super::super::state::{ClientPorts, Target};
use super::End;
use super::gates::{Filter, Layer};
use super::index::Index;

/// What a packet meets between two ends, and what its answer meets.
#[derive(Clone, Debug)]
pub(super) struct Passage {
    pub(super) forward: Vec<Leg>,
    pub(super) back: Result<Vec<Leg>, Stop>,
}

/// One thing on the way.
#[derive(Clone, Debug)]
pub(super) enum Leg {
    Filter(Filter),
    /// A filter that the answer meets on its way to a NAT gateway, at one of the gateway's own ports.
    NatReply(Filter),
    Way(Way),
}

impl Leg {
    pub(super) fn filter(&self) -> Option<&Filter> {
        match self {
            Self::Filter(filter) | Self::NatReply(filter) => Some(filter),
            Self::Way(_) => None,
        }
    }
}

/// How a packet gets on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Way {
    SameSubnet,
    Local,
    InternetGateway(String),
    EgressOnlyGateway(String),
    Nat(usize),
    GatewayEndpoint(String),
    Other(String),
}

/// Why a packet does not get on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Stop {
    NoRoute { subnet: usize, to: IpAddr },
    Blackhole { subnet: usize, to: IpAddr },
    LeadsElsewhere { subnet: usize, to: IpAddr },
    NotAttached { vpc: usize },
    NoPublicAddress { interface: usize },
    NoPublicNat { nat: usize },
    NobodyThere { to: IpAddr },
    NoWayIn { vpc: usize },
    BothOutside,
}

impl Index {
    pub(super) fn passage(&self, from: &End, to: &End) -> Result<Passage, Stop> {
        match (from.interface, to.interface) {
            (Some(a), Some(b)) => self.inside(from, a, to, b),
            (Some(a), None) => self.outward(from, a, to),
            (None, Some(b)) => self.inward(from, to, b),
            (None, None) => Err(Stop::BothOutside),
        }
    }

    /// The ports that an answer may go to.
    pub(super) fn reply_ports(&self, leg: &Leg, client: &End) -> (u16, u16) {
        if matches!(leg, Leg::NatReply(_)) {
            return ClientPorts::Any.range();
        }
        client
            .interface
            .and_then(|at| self.network.interfaces.get(at))
            .map_or(ClientPorts::Any, |interface| interface.client_ports)
            .range()
    }

    fn inside(&self, from: &End, a: usize, to: &End, b: usize) -> Result<Passage, Stop> {
        let (out, into) = (egress(a, to), ingress(b, from));
        let (Some(from_subnet), Some(to_subnet)) = (self.subnet_of(a), self.subnet_of(b)) else {
            return Err(Stop::NobodyThere { to: to.address });
        };
        if from_subnet == to_subnet {
            let forward = vec![out, Leg::Way(Way::SameSubnet), into];
            return Ok(Passage { forward, back: Ok(Vec::new()) });
        }
        let way = self.between_subnets(from_subnet, to_subnet, to.address)?;
        let forward =
            vec![out, acl_out(from_subnet, to), Leg::Way(way), acl_in(to_subnet, from), into];
        let back = self
            .between_subnets(to_subnet, from_subnet, from.address)
            .map(|way| vec![acl_out(to_subnet, from), Leg::Way(way), acl_in(from_subnet, to)]);
        Ok(Passage { forward, back })
    }

    fn between_subnets(&self, from: usize, to: usize, address: IpAddr) -> Result<Way, Stop> {
        let same_vpc = self.vpc_of(from) == self.vpc_of(to);
        let route = self.route(from, address).map(|route| &route.through);
        match route {
            // Every table has the routes of its own VPC, even where a list of routes leaves them out.
            Some(Target::Local) | None if same_vpc => Ok(Way::Local),
            Some(Target::Other(id)) => Ok(Way::Other(id.clone())),
            Some(Target::Blackhole) => Err(Stop::Blackhole { subnet: from, to: address }),
            // The default route is less specific than the VPC's own.
            Some(_) if same_vpc => Ok(Way::Local),
            Some(_) => Err(Stop::LeadsElsewhere { subnet: from, to: address }),
            None => Err(Stop::NoRoute { subnet: from, to: address }),
        }
    }

    fn outward(&self, from: &End, a: usize, to: &End) -> Result<Passage, Stop> {
        let nobody = Stop::NobodyThere { to: to.address };
        let Some(subnet) = self.subnet_of(a) else { return Err(nobody) };
        let mut forward = vec![egress(a, to), acl_out(subnet, to)];
        let mut back = Vec::new();
        let route =
            self.route(subnet, to.address).ok_or(Stop::NoRoute { subnet, to: to.address })?;
        match &route.through {
            Target::Local => return Err(nobody),
            Target::Blackhole => return Err(Stop::Blackhole { subnet, to: to.address }),
            Target::InternetGateway(id) => {
                self.attached(subnet, id)?;
                self.public(a, to)?;
                forward.push(Leg::Way(Way::InternetGateway(id.clone())));
            }
            Target::EgressOnlyGateway(id) => {
                forward.push(Leg::Way(Way::EgressOnlyGateway(id.clone())));
            }
            Target::GatewayEndpoint(id) => {
                forward.push(Leg::Way(Way::GatewayEndpoint(id.clone())));
            }
            Target::Other(id) => forward.push(Leg::Way(Way::Other(id.clone()))),
            Target::NatGateway(id) => {
                let nat = self.nat_named(id);
                let home = nat
                    .and_then(|nat| self.network.nat_gateways.get(nat))
                    .and_then(|gateway| self.subnet_named(&gateway.subnet));
                let (Some(nat), Some(home)) = (nat, home) else {
                    return Err(Stop::Blackhole { subnet, to: to.address });
                };
                if home != subnet {
                    forward.push(acl_in(home, from));
                }
                forward.extend([Leg::Way(Way::Nat(nat)), acl_out(home, to)]);
                forward.push(Leg::Way(self.out_of_nat(nat, home, to)?));
                if let Leg::Filter(filter) = acl_in(home, to) {
                    back.push(Leg::NatReply(filter));
                }
                if home != subnet {
                    back.push(acl_out(home, from));
                }
            }
        }
        // An answer enters the subnet unless the gateway that brings it is in there.
        let is_nat_at_home = matches!(&route.through, Target::NatGateway(_)) && back.len() == 1;
        if !is_nat_at_home {
            back.push(acl_in(subnet, to));
        }
        Ok(Passage { forward, back: Ok(back) })
    }

    fn out_of_nat(&self, nat: usize, home: usize, to: &End) -> Result<Way, Stop> {
        let route =
            self.route(home, to.address).ok_or(Stop::NoRoute { subnet: home, to: to.address })?;
        match &route.through {
            Target::InternetGateway(id) => {
                self.attached(home, id)?;
                let is_public =
                    self.network.nat_gateways.get(nat).is_some_and(|gateway| gateway.public);
                if is_public {
                    Ok(Way::InternetGateway(id.clone()))
                } else {
                    Err(Stop::NoPublicNat { nat })
                }
            }
            Target::Other(id) => Ok(Way::Other(id.clone())),
            Target::GatewayEndpoint(id) => Ok(Way::GatewayEndpoint(id.clone())),
            Target::Blackhole => Err(Stop::Blackhole { subnet: home, to: to.address }),
            _ => Err(Stop::LeadsElsewhere { subnet: home, to: to.address }),
        }
    }

    fn inward(&self, from: &End, to: &End, b: usize) -> Result<Passage, Stop> {
        let nobody = Stop::NobodyThere { to: to.address };
        let Some(subnet) = self.subnet_of(b) else { return Err(nobody) };
        let Some(vpc) = self.vpc_of(subnet) else { return Err(nobody) };
        let way = self.way_in(from, to, b, vpc)?;
        let forward = vec![Leg::Way(way.clone()), acl_in(subnet, from), ingress(b, from)];
        let back = match self.route(subnet, from.address).map(|route| &route.through) {
            Some(Target::InternetGateway(id)) if way == Way::InternetGateway(id.clone()) => {
                Ok(vec![acl_out(subnet, from), Leg::Way(way)])
            }
            Some(Target::Other(id)) if matches!(way, Way::Other(_)) => {
                Ok(vec![acl_out(subnet, from), Leg::Way(Way::Other(id.clone()))])
            }
            Some(Target::Blackhole) => Err(Stop::Blackhole { subnet, to: from.address }),
            Some(_) => Err(Stop::LeadsElsewhere { subnet, to: from.address }),
            None => Err(Stop::NoRoute { subnet, to: from.address }),
        };
        Ok(Passage { forward, back })
    }

    /// A packet arrives at a public address whether or not there is a route for the answer.
    fn way_in(&self, from: &End, to: &End, b: usize, vpc: usize) -> Result<Way, Stop> {
        let other = self.routes_of_vpc(vpc, from.address).find_map(|route| match &route.through {
            Target::Other(id) => Some(Way::Other(id.clone())),
            _ => None,
        });
        let gateway = self.network.vpcs.get(vpc).and_then(|vpc| vpc.internet_gateway.as_ref());
        match (gateway, self.public(b, to), other) {
            (Some(id), Ok(()), _) => Ok(Way::InternetGateway(id.clone())),
            (_, _, Some(way)) => Ok(way),
            (Some(_), Err(stop), None) => Err(stop),
            (None, _, None) => Err(Stop::NoWayIn { vpc }),
        }
    }

    fn attached(&self, subnet: usize, gateway: &str) -> Result<(), Stop> {
        let Some(vpc) = self.vpc_of(subnet) else { return Err(Stop::BothOutside) };
        let own = self.network.vpcs.get(vpc).and_then(|vpc| vpc.internet_gateway.as_deref());
        if own == Some(gateway) { Ok(()) } else { Err(Stop::NotAttached { vpc }) }
    }

    fn public(&self, interface: usize, other: &End) -> Result<(), Stop> {
        let is_public = other.address.is_ipv6()
            || self.network.interfaces.get(interface).is_some_and(|interface| interface.public);
        if is_public { Ok(()) } else { Err(Stop::NoPublicAddress { interface }) }
    }
}

fn egress(interface: usize, to: &End) -> Leg {
    filter(Layer::Egress(interface), to)
}

fn ingress(interface: usize, from: &End) -> Leg {
    filter(Layer::Ingress(interface), from)
}

fn acl_out(subnet: usize, to: &End) -> Leg {
    filter(Layer::AclOut(subnet), to)
}

fn acl_in(subnet: usize, from: &End) -> Leg {
    filter(Layer::AclIn(subnet), from)
}

fn filter(layer: Layer, remote: &End) -> Leg {
    Leg::Filter(Filter {
        layer,
        remote: remote.address,
        remote_interface: remote.interface,
        remote_name: remote.name.clone(),
    })
}
