//! A text for terminals.

use super::super::segmentation::Parts;

pub(in super::super) fn write(parts: &Parts) -> String {
    let zones = parts.zones.join(", ");
    let mut text = format!("{}: VPC {}, zones {zones}\n\n", parts.app, parts.layout.vpc());
    let mut rows = vec![row(["tier", "zone", "subnet", "usable", "internet"])];
    for placed in parts.layout.subnets() {
        let tier = placed.tier();
        let is_public = tier == super::super::segmentation::NAT
            || parts.tier(tier).is_some_and(|tier| tier.is_public());
        let way = match (is_public, parts.uses_nat(tier)) {
            (true, _) => "gateway",
            (false, true) => "through NAT",
            (false, false) => "none",
        };
        let (range, usable) = (placed.range().to_string(), placed.usable().to_string());
        rows.push(row([tier, placed.zone(), &range, &usable, way]));
    }
    columns(&mut text, &rows);
    text.push('\n');
    let mut rows = vec![row(["from", "to", "traffic"])];
    for flow in &parts.flows {
        rows.push(row([&flow.from, &flow.to, &flow.traffic.to_string()]));
    }
    if parts.flows.is_empty() {
        rows.push(row(["none", "", ""]));
    }
    columns(&mut text, &rows);
    text
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn columns(text: &mut String, rows: &[Vec<String>]) {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.len()).max().unwrap_or(0)
    };
    for row in rows {
        let cells = row.iter().enumerate();
        let line: Vec<String> =
            cells.map(|(at, cell)| format!("{cell:<width$}", width = width(at))).collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
}
