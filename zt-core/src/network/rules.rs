//! What a description must keep to before it is laid out.

use std::collections::BTreeMap;

use super::error::NetworkError;
use super::ranges;
use super::segmentation::{ENDPOINTS, INTERNET, NAT, Parts, SegmentationBuilder};
use super::state::Network;
use super::tier::{EndpointKind, Flow, FlowLogs};
use super::traffic::{Protocol, Traffic, TrafficSet};

pub(super) fn check(description: &SegmentationBuilder) -> Result<(), NetworkError> {
    name("app", &description.app, 32)?;
    if description.app == "sg" {
        let expected = "another name than `sg`: names of security groups cannot begin with `sg-`";
        return Err(NetworkError::invalid("app", expected, &description.app));
    }
    zones(&description.zones)?;
    parties(description)?;
    for flow in &description.flows {
        self::flow(description, flow)?;
    }
    for rule in &description.rules {
        let place = format!("rule `{}`", rule.description);
        if !description.tiers.iter().any(|tier| tier.name == rule.tier) {
            return Err(NetworkError::invalid(place, "a tier", &rule.tier));
        }
        text(&place, &rule.description)?;
        traffic(&place, rule.traffic)?;
    }
    for (key, value) in &description.tags {
        let fits = (1..=128).contains(&key.chars().count())
            && value.chars().count() <= 256
            && !key.starts_with("aws:")
            && !key.starts_with("zt:")
            && key != "Name";
        if !fits {
            let expected = "a key of 1 to 128 characters that is not Name and does not begin with aws: or zt:, and a value of at most 256";
            return Err(NetworkError::invalid("tag", expected, format!("{key}={value}")));
        }
    }
    flow_logs(&description.flow_logs)
}

/// Ranges that have a name must be elsewhere: the only way out is the internet.
pub(super) fn check_ranges(parts: &Parts) -> Result<(), NetworkError> {
    for (at, (name, range)) in parts.ranges.iter().enumerate() {
        let place = || format!("range {name}");
        if ranges::is_private(*range) || range.prefix_len() == 0 || range.trunc() != *range {
            let expected = "public addresses, with no bits set past the prefix";
            let remedy = "the VPC has no way to private addresses, and everybody is `internet`";
            return Err(NetworkError::invalid(place(), expected, range.to_string()).remedy(remedy));
        }
        let earlier = parts.ranges.iter().take(at);
        if let Some((other, _)) =
            earlier.into_iter().find(|(_, other)| ranges::overlaps(*range, *other))
        {
            let expected = format!("addresses that are not in `{other}` as well");
            return Err(NetworkError::invalid(place(), expected, range.to_string()));
        }
    }
    Ok(())
}

/// Amazon VPC User Guide, *Amazon VPC quotas*, as accounts have them at first.
pub(super) fn check_quotas(network: &Network) -> Result<(), NetworkError> {
    for group in &network.groups {
        for (way, rules) in [("ingress", &group.ingress), ("egress", &group.egress)] {
            if rules.len() > 60 {
                let place = format!("security group {}", group.name);
                let expected = format!("at most 60 {way} rules");
                return Err(NetworkError::invalid(place, expected, rules.len().to_string())
                    .remedy("split the tier"));
            }
        }
    }
    for acl in &network.acls {
        for egress in [false, true] {
            let count = acl.entries.iter().filter(|entry| entry.egress == egress).count();
            if count > 20 {
                let place = format!("network ACL {}", acl.name);
                let expected = "at most 20 entries for each direction";
                return Err(NetworkError::invalid(place, expected, count.to_string())
                    .remedy("join ranges of ports, or split the tier"));
            }
        }
    }
    Ok(())
}

fn parties(description: &SegmentationBuilder) -> Result<(), NetworkError> {
    if description.tiers.is_empty() {
        return Err(NetworkError::missing("tiers", "at least one tier"));
    }
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let tiers = description.tiers.iter().map(|tier| ("tier", tier.name.as_str(), 24));
    let ranges = description.ranges.iter().map(|(name, _)| ("range", name.as_str(), 24));
    for (kind, own, limit) in tiers.chain(ranges) {
        name(kind, own, limit)?;
        if [INTERNET, ENDPOINTS, NAT, "default", "anybody"].contains(&own)
            || own.starts_with("endpoint-")
        {
            let expected =
                "a name that is not ours: internet, endpoints, nat, default, anybody, endpoint-*";
            return Err(NetworkError::invalid(kind, expected, own));
        }
        if let Some(other) = seen.insert(own.to_owned(), kind.to_owned()) {
            return Err(NetworkError::invalid(kind, format!("a name that no {other} has"), own));
        }
    }
    for endpoint in &description.endpoints {
        let place = format!("endpoint {}", endpoint.service);
        let is_gateway = endpoint.kind == EndpointKind::Gateway;
        let fits = (1..=40).contains(&endpoint.service.len())
            && endpoint.service.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
            })
            && endpoint.service.starts_with(|first: char| first.is_ascii_lowercase());
        if is_gateway && !matches!(endpoint.service.as_str(), "s3" | "dynamodb") {
            let remedy = "other services have interface endpoints";
            return Err(
                NetworkError::invalid(place, "s3 or dynamodb", &endpoint.service).remedy(remedy)
            );
        }
        if !fits {
            let expected = "the last part of the service's name, such as kms or ecr.dkr";
            return Err(NetworkError::invalid(place, expected, &endpoint.service));
        }
        if let Some(other) = seen.insert(endpoint.service.clone(), "endpoint".to_owned()) {
            let expected = format!("a service that no {other} is named after");
            return Err(NetworkError::invalid(place, expected, &endpoint.service));
        }
        if !description.flows.iter().any(|flow| flow.to == endpoint.service) {
            let expected = "a flow to it";
            let remedy =
                format!("allow a tier to reach `{}`, or leave the endpoint out", endpoint.service);
            return Err(NetworkError::missing(place, expected).remedy(remedy));
        }
    }
    Ok(())
}

fn flow(description: &SegmentationBuilder, flow: &Flow) -> Result<(), NetworkError> {
    let place = || format!("flow {} -> {}", flow.from, flow.to);
    let tier = |name: &str| description.tiers.iter().find(|tier| tier.name == name);
    let is_outside =
        |name: &str| name == INTERNET || description.ranges.iter().any(|(own, _)| own == name);
    let endpoint = description.endpoints.iter().find(|endpoint| endpoint.service == flow.to);
    if tier(&flow.from).is_none() && !is_outside(&flow.from) {
        let is_endpoint =
            description.endpoints.iter().any(|endpoint| endpoint.service == flow.from);
        let remedy = if is_endpoint {
            "endpoints answer and do not connect"
        } else {
            "add a tier or a range of this name"
        };
        let expected = format!("from whom: {}", known(description, false));
        return Err(NetworkError::invalid(place(), expected, &flow.from).remedy(remedy));
    }
    if tier(&flow.to).is_none() && !is_outside(&flow.to) && endpoint.is_none() {
        let expected = format!("to whom: {}", known(description, true));
        let remedy = "add a tier, an endpoint or a range of this name";
        return Err(NetworkError::invalid(place(), expected, &flow.to).remedy(remedy));
    }
    traffic(&place(), flow.traffic)?;
    match (is_outside(&flow.from), is_outside(&flow.to)) {
        (true, true) => {
            let expected = "a tier at one end: what others send each other is not ours to allow";
            Err(NetworkError::invalid(place(), expected, &flow.to))
        }
        (true, false) => inward(flow, tier(&flow.to).is_some_and(|tier| tier.public)),
        (false, true) => {
            if tier(&flow.from).is_some_and(|tier| tier.public) || description.nat {
                return Ok(());
            }
            let expected = "a way to the internet";
            let remedy = format!(
                "ask for NAT gateways, which cost money, or give `{}` VPC endpoints for what it needs",
                flow.from
            );
            Err(NetworkError::invalid(place(), expected, "none").remedy(remedy))
        }
        (false, false) => Ok(()),
    }
}

fn inward(flow: &Flow, to_public: bool) -> Result<(), NetworkError> {
    let place = format!("flow {} -> {}", flow.from, flow.to);
    if !to_public {
        let remedy = "put a public tier with a load balancer in between, or make it public";
        return Err(NetworkError::invalid(place, "a public tier", &flow.to).remedy(remedy));
    }
    if flow.from != INTERNET {
        return Ok(());
    }
    let Some(protocol) = flow.traffic.protocol().filter(|protocol| protocol.has_ports()) else {
        if flow.traffic.protocol() == Some(Protocol::ICMP) {
            return Ok(());
        }
        let expected = "ports of tcp or udp: everything to everybody is no segmentation";
        return Err(NetworkError::invalid(place, expected, flow.traffic.to_string()));
    };
    let open = TrafficSet::from(flow.traffic);
    let sensitive = SENSITIVE.iter().find(|(port, _)| open.contains(protocol, *port));
    match sensitive {
        None => Ok(()),
        Some((port, what)) => {
            let expected = format!(
                "no port of administration or of a database open to everybody (port {port} is {what})"
            );
            let remedy = "name the range that needs it, or reach it through Session Manager";
            Err(NetworkError::invalid(place, expected, flow.traffic.to_string()).remedy(remedy))
        }
    }
}

/// Ports that nobody opens to everybody on purpose (IANA, *Service Name and Transport Protocol Port Number Registry*).
const SENSITIVE: &[(u16, &str)] = &[
    (22, "SSH"),
    (23, "Telnet"),
    (135, "RPC"),
    (139, "NetBIOS"),
    (445, "SMB"),
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (2375, "Docker"),
    (2376, "Docker"),
    (2379, "etcd"),
    (3306, "MySQL"),
    (3389, "Remote Desktop"),
    (5432, "PostgreSQL"),
    (5601, "Kibana"),
    (5985, "WinRM"),
    (5986, "WinRM"),
    (6379, "Redis"),
    (6443, "Kubernetes"),
    (9042, "Cassandra"),
    (9200, "Elasticsearch"),
    (10250, "the kubelet"),
    (11211, "memcached"),
    (27017, "MongoDB"),
];

fn known(description: &SegmentationBuilder, with_endpoints: bool) -> String {
    let endpoints = description.endpoints.iter().filter(|_| with_endpoints);
    let names: Vec<&str> = [INTERNET]
        .into_iter()
        .chain(description.tiers.iter().map(|tier| tier.name.as_str()))
        .chain(endpoints.map(|endpoint| endpoint.service.as_str()))
        .chain(description.ranges.iter().map(|(name, _)| name.as_str()))
        .collect();
    names.join(", ")
}

fn traffic(place: &str, traffic: Traffic) -> Result<(), NetworkError> {
    let (first, last) = (traffic.first(), traffic.last());
    if traffic.is_empty() {
        let expected = "a range of ports whose last is not before its first";
        return Err(NetworkError::invalid(place, expected, format!("{first}-{last}")));
    }
    if traffic.protocol() == Some(Protocol::ICMPV6) {
        let expected = "traffic of IPv4: the network has no IPv6 addresses";
        return Err(NetworkError::invalid(place, expected, traffic.to_string()));
    }
    // What a rule of EC2 can say.
    let is_one_type = first / 256 == last / 256 && first % 256 == 0 && last % 256 == 255;
    let is_rule = first == last || is_one_type || (first, last) == (0, u16::MAX);
    if traffic.protocol() == Some(Protocol::ICMP) && !is_rule {
        let expected = "one type and code, one type, or all of icmp";
        return Err(NetworkError::invalid(place, expected, traffic.to_string()));
    }
    Ok(())
}

fn name(place: &'static str, text: &str, limit: usize) -> Result<(), NetworkError> {
    let fits = (1..=limit).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if fits {
        return Ok(());
    }
    let expected = format!("1 to {limit} lower-case letters, digits and hyphens, from a letter on");
    Err(NetworkError::invalid(place, expected, text))
}

fn zones(zones: &[String]) -> Result<(), NetworkError> {
    if !(1..=6).contains(&zones.len()) {
        return Err(NetworkError::invalid("zones", "1 to 6", zones.len().to_string()));
    }
    for (at, zone) in zones.iter().enumerate() {
        let fits = (1..=24).contains(&zone.len())
            && zone
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !fits {
            let expected = "a letter (a), a zone's name (eu-central-1a) or its id (euc1-az1)";
            return Err(NetworkError::invalid("zones", expected, zone));
        }
        if zones.iter().take(at).any(|other| other == zone) {
            return Err(NetworkError::invalid("zones", "every zone only once", zone));
        }
    }
    Ok(())
}

/// EC2 API Reference, *IpRange*: descriptions of rules.
fn text(place: &str, description: &str) -> Result<(), NetworkError> {
    let fits = description.len() <= 255
        && description.chars().all(|character| {
            character.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(character)
        });
    if fits {
        return Ok(());
    }
    let expected = "a description of at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*";
    Err(NetworkError::invalid(place, expected, description))
}

/// CloudWatch Logs API Reference, *PutRetentionPolicy*.
const RETENTIONS: &[u16] = &[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

fn flow_logs(logs: &FlowLogs) -> Result<(), NetworkError> {
    let parts = |arn: &str| arn.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    match logs {
        FlowLogs::CloudWatch { retention_days, role_arn } => {
            if !RETENTIONS.contains(retention_days) {
                let days: Vec<String> = RETENTIONS.iter().map(ToString::to_string).collect();
                let expected = format!("days that CloudWatch Logs knows: {}", days.join(", "));
                return Err(NetworkError::invalid(
                    "flow logs",
                    expected,
                    retention_days.to_string(),
                ));
            }
            if let Some(arn) = role_arn {
                let fits = matches!(parts(arn).as_slice(), [a, _, service, region, account, name]
                    if a == "arn" && service == "iam" && region.is_empty() && account.len() == 12 && name.starts_with("role/"));
                if !fits {
                    let expected = "the ARN of a role, such as arn:aws:iam::111122223333:role/Logs";
                    return Err(NetworkError::invalid("flow logs", expected, arn));
                }
            }
            Ok(())
        }
        FlowLogs::Bucket(arn) => {
            let fits = matches!(parts(arn).as_slice(), [a, _, service, region, account, name]
                if a == "arn" && service == "s3" && region.is_empty() && account.is_empty() && !name.is_empty());
            if fits {
                return Ok(());
            }
            let expected =
                "the ARN of a bucket, such as arn:aws:s3:::logs or arn:aws:s3:::logs/vpc/";
            Err(NetworkError::invalid("flow logs", expected, arn))
        }
    }
}
