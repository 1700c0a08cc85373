//! Mermaid.

use super::super::segmentation::Parts;
use super::{Kind, Node, edges, nodes};

pub(in super::super) fn draw(parts: &Parts) -> String {
    let nodes = nodes(parts);
    let of = |kinds: &'static [Kind], indent: &'static str| {
        let fitting = nodes.iter().filter(|node| kinds.contains(&node.kind));
        fitting.map(move |node| format!("{indent}{}", shape(node)))
    };
    let ids = |party: &str| nodes.iter().find(|node| node.party == party).map(id);
    let mut lines = vec!["flowchart LR".to_owned()];
    lines.extend(of(&[Kind::Outside], "  "));
    lines.push(format!("  subgraph vpc[\"{} {}\"]", parts.app, parts.layout.vpc()));
    lines.extend(of(&[Kind::Tier, Kind::Interface], "    "));
    lines.push("  end".to_owned());
    lines.extend(of(&[Kind::Gateway], "  "));
    for (from, to, label) in edges(parts) {
        if let (Some(from), Some(to)) = (ids(from), ids(to)) {
            lines.push(format!("  {from} -->|{label}| {to}"));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Names are letters, digits, hyphens and dots: nothing in them needs escaping in a label.
fn shape(node: &Node<'_>) -> String {
    let label = node.lines.join("<br/>");
    match node.kind {
        Kind::Outside => format!("{}([\"{label}\"])", id(node)),
        Kind::Tier => format!("{}[\"{label}\"]", id(node)),
        Kind::Interface | Kind::Gateway => format!("{}[[\"{label}\"]]", id(node)),
    }
}

/// A prefix keeps names such as `end` from being read as words of the language.
fn id(node: &Node<'_>) -> String {
    let kind = match node.kind {
        Kind::Outside => "outside",
        Kind::Tier => "tier",
        Kind::Interface | Kind::Gateway => "endpoint",
    };
    format!("{kind}_{}", node.party.replace(['-', '.'], "_"))
}
