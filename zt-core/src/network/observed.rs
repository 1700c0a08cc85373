//! Who is who in a network that was observed.

use ipnet::IpNet;

use super::blueprint;
use super::intent::Intents;
use super::reach::Place;
use super::segmentation::{ENDPOINTS, INTERNET, Parts};
use super::state::{Destination, Interface, Network, Target};

/// The parties of a description in an observed network, and what is declared.
pub(super) fn intents(parts: &Parts, network: &Network) -> Intents {
    let place = |ids: Vec<String>| Place::interfaces(ids);
    let mut taken: Vec<&str> = Vec::new();
    let mut intents = Intents::new();
    for tier in &parts.tiers {
        let own: Vec<&Interface> = network
            .interfaces
            .iter()
            .filter(|it| is_of_tier(parts, network, it, &tier.name))
            .collect();
        taken.extend(own.iter().map(|interface| interface.id.as_str()));
        let ids = own.iter().map(|interface| interface.id.clone()).collect();
        intents = intents.party(&tier.name, place(ids));
    }
    let mut services: Vec<IpNet> = Vec::new();
    for endpoint in &parts.endpoints {
        if endpoint.is_gateway() {
            let ranges = gateway_ranges(network, &endpoint.service);
            services.extend(&ranges);
            intents = intents.party(&endpoint.service, Place::outside(ranges));
            continue;
        }
        let name = format!("{}-{}", parts.app, blueprint::endpoint_group(&endpoint.slug()));
        let own: Vec<&Interface> = network
            .interfaces
            .iter()
            .filter(|it| subnet_in(parts, network, it, ENDPOINTS) && has_group(network, it, &name))
            .collect();
        taken.extend(own.iter().map(|interface| interface.id.as_str()));
        let ids = own.iter().map(|interface| interface.id.clone()).collect();
        intents = intents.party(&endpoint.service, place(ids));
    }
    for (name, range) in &parts.ranges {
        services.push(IpNet::V4(*range));
        intents = intents.party(name, Place::outside([IpNet::V4(*range)]));
    }
    let strangers: Vec<String> = network
        .interfaces
        .iter()
        .filter(|interface| !taken.contains(&interface.id.as_str()))
        .map(|interface| interface.id.clone())
        .collect();
    intents = intents
        .party(INTERNET, Place::internet().except(services))
        .stranger("any other interface in the VPC", place(strangers));
    blueprint::declare(parts, intents)
}

/// In a subnet of the tier's block, and with no group by which the model puts strangers there.
fn is_of_tier(parts: &Parts, network: &Network, interface: &Interface, tier: &str) -> bool {
    let name = format!("{}-{tier}", parts.app);
    subnet_in(parts, network, interface, tier) && has_group(network, interface, &name)
}

fn subnet_in(parts: &Parts, network: &Network, interface: &Interface, tier: &str) -> bool {
    let Some(block) = parts.layout.block(tier).map(IpNet::V4) else { return false };
    let subnet = network.subnets.iter().find(|subnet| subnet.id == interface.subnet);
    subnet.is_some_and(|subnet| subnet.ranges.iter().any(|range| block.contains(range)))
}

fn has_group(network: &Network, interface: &Interface, name: &str) -> bool {
    interface
        .groups
        .iter()
        .any(|id| network.groups.iter().any(|group| group.id == *id && group.name == *name))
}

/// The addresses of a gateway endpoint's service: those of prefix lists that routes lead to a gateway endpoint, whose name ends
/// with the service's, as in `com.amazonaws.eu-central-1.s3`.
fn gateway_ranges(network: &Network, service: &str) -> Vec<IpNet> {
    let routed = network.route_tables.iter().flat_map(|table| &table.routes).filter_map(|route| {
        match (&route.to, &route.through) {
            (Destination::PrefixList(list), Target::GatewayEndpoint(_)) => Some(list),
            _ => None,
        }
    });
    let mut ranges = Vec::new();
    for id in routed {
        let list = network.prefix_lists.iter().find(|list| list.id == *id);
        let fits = list.filter(|list| list.name.rsplit('.').next() == Some(service));
        for range in fits.into_iter().flat_map(|list| &list.ranges) {
            if !ranges.contains(range) {
                ranges.push(*range);
            }
        }
    }
    ranges
}
