//! A segmentation as a picture or a text. The same description gives the same bytes.

pub(super) mod mermaid;
pub(super) mod svg;
pub(super) mod table;

use super::segmentation::{INTERNET, Parts};

/// Who is in a picture.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Outside,
    Tier,
    Interface,
    Gateway,
}

/// A party, and what its box says.
#[derive(Clone, Debug)]
struct Node<'a> {
    party: &'a str,
    kind: Kind,
    lines: Vec<String>,
}

/// Everybody that flows are about, and all tiers: who is outside, tiers, endpoints.
fn nodes(parts: &Parts) -> Vec<Node<'_>> {
    let is_used =
        |party: &str| parts.flows.iter().any(|flow| flow.from == party || flow.to == party);
    let mut nodes = Vec::new();
    if is_used(INTERNET) {
        nodes.push(Node { party: INTERNET, kind: Kind::Outside, lines: vec![INTERNET.to_owned()] });
    }
    for (name, range) in &parts.ranges {
        let lines = vec![name.clone(), range.to_string()];
        nodes.push(Node { party: name, kind: Kind::Outside, lines });
    }
    for tier in &parts.tiers {
        let title = if tier.public { format!("{} (public)", tier.name) } else { tier.name.clone() };
        let subnets = parts.layout.subnets().iter().filter(|placed| placed.tier() == tier.name);
        let lines = subnets.map(|placed| format!("{}: {}", placed.zone(), placed.range()));
        let lines = [title].into_iter().chain(lines).collect();
        nodes.push(Node { party: &tier.name, kind: Kind::Tier, lines });
    }
    for endpoint in &parts.endpoints {
        let (kind, what) = if endpoint.is_gateway() {
            (Kind::Gateway, "gateway endpoint")
        } else {
            (Kind::Interface, "interface endpoint")
        };
        let lines = vec![endpoint.service.clone(), what.to_owned()];
        nodes.push(Node { party: &endpoint.service, kind, lines });
    }
    nodes
}

/// Flows of one pair on one line.
fn edges(parts: &Parts) -> Vec<(&str, &str, String)> {
    let mut edges: Vec<(&str, &str, String)> = Vec::new();
    for flow in &parts.flows {
        let (from, to, text) = (flow.from.as_str(), flow.to.as_str(), flow.traffic.to_string());
        match edges.iter_mut().find(|(a, b, _)| *a == from && *b == to) {
            Some((.., label)) => {
                label.push_str(", ");
                label.push_str(&text);
            }
            None => edges.push((from, to, text)),
        }
    }
    edges
}
