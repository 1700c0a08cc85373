//! What security groups and network ACLs let through.

use std::net::IpAddr;

use super::super::state::{AclEntry, GroupRule, RulePeer};
use super::super::traffic::{PortSet, Protocol, Traffic, describe};
use super::index::{Index, label};

/// Rules that a packet meets at one place.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) layer: Layer,
    /// The other end, as the rules see it.
    pub(super) remote: IpAddr,
    pub(super) remote_interface: Option<usize>,
    pub(super) remote_name: String,
}

/// Whose rules.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layer {
    /// The egress rules of an interface's groups.
    Egress(usize),
    /// The ingress rules of an interface's groups.
    Ingress(usize),
    /// The egress entries of a subnet's ACL.
    AclOut(usize),
    /// The ingress entries of a subnet's ACL.
    AclIn(usize),
}

impl Index {
    /// The ports of a protocol (`None`: any that no rule names) that a filter lets through.
    pub(super) fn ports(&self, filter: &Filter, protocol: Option<Protocol>) -> PortSet {
        match filter.layer {
            Layer::Egress(interface) | Layer::Ingress(interface) => self
                .rules(interface, matches!(filter.layer, Layer::Egress(_)))
                .filter(|(_, rule)| self.is_for(filter, rule))
                .fold(PortSet::EMPTY, |all, (_, rule)| {
                    all.union(&ports_of(rule.traffic, protocol))
                }),
            Layer::AclOut(_) | Layer::AclIn(_) if self.ignores_acls => PortSet::all(),
            Layer::AclOut(subnet) | Layer::AclIn(subnet) => {
                let (mut lets, mut open) = (PortSet::EMPTY, PortSet::all());
                for entry in self.entries(subnet, matches!(filter.layer, Layer::AclOut(_))) {
                    if !entry.range.contains(&filter.remote) {
                        continue;
                    }
                    let ports = ports_of(entry.traffic, protocol);
                    if entry.allow {
                        lets = lets.union(&open.intersection(&ports));
                    }
                    open = open.without(&ports);
                }
                lets
            }
        }
    }

    /// Why a filter lets one packet through: the rule that does, as a sentence and as a name.
    pub(super) fn pass(
        &self,
        filter: &Filter,
        protocol: Protocol,
        port: u16,
    ) -> Result<(String, Option<String>), String> {
        let packet = describe(protocol, port);
        let remote = &filter.remote_name;
        match filter.layer {
            Layer::Egress(interface) | Layer::Ingress(interface) => {
                let is_egress = matches!(filter.layer, Layer::Egress(_));
                let side = if is_egress { "egress" } else { "ingress" };
                let rule = self.rules(interface, is_egress).find(|(_, rule)| {
                    self.is_for(filter, rule)
                        && ports_of(rule.traffic, Some(protocol)).contains(port)
                });
                if let Some((group, rule)) = rule {
                    let way = if is_egress { "out" } else { "in" };
                    let name = format!("{side} rule {} of group `{group}`", rule_name(rule));
                    let sentence = format!("group `{group}` lets it {way} ({})", rule_name(rule));
                    return Ok((sentence, Some(name)));
                }
                let groups: Vec<String> = self
                    .groups_of(interface)
                    .filter_map(|at| self.network.groups.get(at))
                    .map(|group| format!("`{}`", label(&group.name, &group.id)))
                    .collect();
                Err(match groups.as_slice() {
                    [] => {
                        format!("the interface has no security group, so no {side} rule allows it")
                    }
                    [one] => format!("no {side} rule of group {one} allows it"),
                    many => format!("no {side} rule of groups {} allows it", many.join(", ")),
                })
            }
            Layer::AclOut(_) | Layer::AclIn(_) if self.ignores_acls => {
                Ok(("network ACLs are not looked at".to_owned(), None))
            }
            Layer::AclOut(subnet) | Layer::AclIn(subnet) => {
                let is_egress = matches!(filter.layer, Layer::AclOut(_));
                let name = self.acl_name(subnet);
                let (way, word) = if is_egress { ("out", "to") } else { ("in", "from") };
                let entry = self.entries(subnet, is_egress).find(|entry| {
                    entry.range.contains(&filter.remote)
                        && ports_of(entry.traffic, Some(protocol)).contains(port)
                });
                match entry {
                    Some(entry) if entry.allow => {
                        let number = entry.number;
                        let sentence =
                            format!("network ACL `{name}` lets it {way} (entry {number})");
                        Ok((sentence, Some(entry_name(entry, name))))
                    }
                    Some(entry) => Err(format!(
                        "network ACL `{name}` denies {packet} {way} {word} {remote} (entry {})",
                        entry.number
                    )),
                    None => Err(format!(
                        "network ACL `{name}` has no entry that lets {packet} {way} {word} {remote}"
                    )),
                }
            }
        }
    }

    /// A filter as a gate that lets nothing through.
    pub(super) fn closed(&self, filter: &Filter) -> String {
        let remote = &filter.remote_name;
        match filter.layer {
            Layer::Egress(interface) => {
                format!("{} no egress rule for {remote}", self.whose(interface))
            }
            Layer::Ingress(interface) => {
                format!("{} no ingress rule for {remote}", self.whose(interface))
            }
            Layer::AclOut(subnet) => {
                format!(
                    "network ACL `{}` lets nothing of it out to {remote}",
                    self.acl_name(subnet)
                )
            }
            Layer::AclIn(subnet) => {
                format!(
                    "network ACL `{}` lets nothing of it in from {remote}",
                    self.acl_name(subnet)
                )
            }
        }
    }

    fn whose(&self, interface: usize) -> String {
        let groups: Vec<String> = self
            .groups_of(interface)
            .filter_map(|at| self.network.groups.get(at))
            .map(|group| format!("`{}`", label(&group.name, &group.id)))
            .collect();
        match groups.as_slice() {
            [] => "the interface has no security group, and so".to_owned(),
            [one] => format!("group {one} has"),
            many => format!("groups {} have", many.join(", ")),
        }
    }

    /// The rules of an interface's groups, with the groups' names.
    fn rules(&self, interface: usize, egress: bool) -> impl Iterator<Item = (&str, &GroupRule)> {
        self.groups_of(interface).filter_map(|at| self.network.groups.get(at)).flat_map(
            move |group| {
                let rules = if egress { &group.egress } else { &group.ingress };
                rules.iter().map(|rule| (label(&group.name, &group.id), rule))
            },
        )
    }

    fn is_for(&self, filter: &Filter, rule: &GroupRule) -> bool {
        self.is_peer(&rule.peer, filter.remote, filter.remote_interface)
    }
}

/// The ports that a rule is for; of a protocol that no rule names, those of rules for all protocols.
fn ports_of(traffic: Traffic, protocol: Option<Protocol>) -> PortSet {
    match (protocol, traffic.protocol()) {
        (Some(protocol), _) => traffic.ports(protocol),
        (None, None) => PortSet::range(traffic.first(), traffic.last()),
        (None, Some(_)) => PortSet::EMPTY,
    }
}

/// What a rule is called: its id and description, and what it says.
pub(super) fn rule_name(rule: &GroupRule) -> String {
    let peer = match &rule.peer {
        RulePeer::Range(range) => range.to_string(),
        RulePeer::Group(id) => format!("group {id}"),
        RulePeer::PrefixList(id) => format!("prefix list {id}"),
    };
    let says = format!("{}, {peer}", rule.traffic);
    match (rule.id.as_str(), rule.description.as_str()) {
        ("", "") => format!("`{says}`"),
        ("", text) => format!("`{}`: {says}", text.escape_debug()),
        (id, "") => format!("{id}: {says}"),
        (id, text) => format!("{id} `{}`: {says}", text.escape_debug()),
    }
}

fn entry_name(entry: &AclEntry, acl: &str) -> String {
    let way = if entry.egress { "egress" } else { "ingress" };
    format!(
        "{way} entry {} of network ACL `{acl}` ({}, {})",
        entry.number, entry.traffic, entry.range
    )
}
