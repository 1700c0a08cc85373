//! SVG, from left to right: who is outside, the tiers by how far they are from outside, the endpoints.

use std::fmt::Write;

use super::super::segmentation::Parts;
use super::{Kind, Node, edges, nodes};

/// Sizes in user units, which are pixels until somebody scales the picture.
const BOX: (usize, usize) = (190, 26);
const LINE: usize = 16;
const GAP: (usize, usize) = (150, 34);
const MARGIN: usize = 40;

pub(in super::super) fn draw(parts: &Parts) -> String {
    let nodes = nodes(parts);
    let edges = edges(parts);
    let boxes = place(&nodes, &edges);
    let width = boxes.iter().map(|it| it.x + BOX.0).max().unwrap_or(0) + MARGIN;
    let height = boxes.iter().map(|it| it.y + it.height).max().unwrap_or(0) + MARGIN + LINE;
    let mut svg = Svg::new(width, height, &format!("Network of {}", parts.app));
    svg.frame(&boxes, &format!("{} {}", parts.app, parts.layout.vpc()));
    let find = |party: &str| boxes.iter().find(|it| it.node.party == party);
    let mut seen: Vec<(usize, usize)> = Vec::new();
    for (from, to, label) in &edges {
        if let (Some(a), Some(b)) = (find(from), find(to)) {
            svg.arrow(a, b, label, &mut seen);
        }
    }
    for it in &boxes {
        svg.node(it);
    }
    svg.finish()
}

/// A box and where it is.
struct Placed<'a> {
    node: &'a Node<'a>,
    x: usize,
    y: usize,
    height: usize,
}

/// Columns: outside, then tiers one further than whoever connects to them, then endpoints.
fn place<'a>(nodes: &'a [Node<'a>], edges: &[(&str, &str, String)]) -> Vec<Placed<'a>> {
    let mut columns: Vec<usize> =
        nodes.iter().map(|node| usize::from(node.kind != Kind::Outside)).collect();
    // A tier is reached from the earlier ones: going through them in order ends, cycles or not.
    for (at, node) in nodes.iter().enumerate() {
        let earlier = nodes.iter().zip(&columns).take(at).filter(|(other, _)| {
            node.kind == Kind::Tier
                && other.kind == Kind::Tier
                && edges.iter().any(|(from, to, _)| *from == other.party && *to == node.party)
        });
        let column = earlier.map(|(_, column)| column + 1).max().unwrap_or(1);
        if node.kind == Kind::Tier
            && let Some(own) = columns.get_mut(at)
        {
            *own = column;
        }
    }
    let last = columns.iter().copied().max().unwrap_or(0);
    let mut placed: Vec<Placed<'a>> = Vec::new();
    for (node, column) in nodes.iter().zip(columns) {
        let column =
            if matches!(node.kind, Kind::Interface | Kind::Gateway) { last + 1 } else { column };
        let x = MARGIN + column * (BOX.0 + GAP.0);
        let below = placed.iter().filter(|other| other.x == x);
        let y = below.map(|other| other.y + other.height + GAP.1).max().unwrap_or(MARGIN + LINE);
        placed.push(Placed { node, x, y, height: BOX.1 + node.lines.len() * LINE });
    }
    placed
}

/// Writes elements; texts are escaped here and nowhere else.
struct Svg {
    out: String,
}

impl Svg {
    fn new(width: usize, height: usize, title: &str) -> Self {
        let mut svg = Self { out: String::new() };
        svg.push(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">"
        ));
        svg.push(format_args!("<title>{}</title>", escape(title)));
        svg.push(format_args!("<style>{STYLE}</style>"));
        svg.push(format_args!(
            "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path class=\"tip\" d=\"M0 0 8 4 0 8Z\"/></marker></defs>"
        ));
        svg
    }

    /// The VPC around what is in it.
    fn frame(&mut self, boxes: &[Placed<'_>], title: &str) {
        let inside: Vec<&Placed<'_>> = boxes
            .iter()
            .filter(|it| matches!(it.node.kind, Kind::Tier | Kind::Interface))
            .collect();
        let left = inside.iter().map(|it| it.x).min().unwrap_or(MARGIN).saturating_sub(20);
        let top = inside.iter().map(|it| it.y).min().unwrap_or(MARGIN).saturating_sub(20 + LINE);
        let right = inside.iter().map(|it| it.x + BOX.0).max().unwrap_or(left) + 20;
        let bottom = inside.iter().map(|it| it.y + it.height).max().unwrap_or(top) + 20;
        self.push(format_args!(
            "<rect class=\"vpc\" x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" rx=\"10\"/>",
            right - left,
            bottom - top
        ));
        self.text("name", left + 12, top + LINE, "start", title);
    }

    fn node(&mut self, it: &Placed<'_>) {
        let class = match it.node.kind {
            Kind::Outside => "outside",
            Kind::Tier => "tier",
            Kind::Interface | Kind::Gateway => "endpoint",
        };
        self.push(format_args!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>",
            it.x, it.y, BOX.0, it.height
        ));
        for (at, line) in it.node.lines.iter().enumerate() {
            let class = if at == 0 { "name" } else { "small" };
            let y = it.y + BOX.1 - 6 + at * LINE + LINE / 4;
            self.text(class, it.x + BOX.0 / 2, y, "middle", line);
        }
    }

    /// From the right of one to the left of another, or around below where that is not further right.
    fn arrow(
        &mut self,
        from: &Placed<'_>,
        to: &Placed<'_>,
        label: &str,
        seen: &mut Vec<(usize, usize)>,
    ) {
        let (x1, y1) = (from.x + BOX.0, from.y + from.height / 2);
        let (x2, y2) = (to.x, to.y + to.height / 2);
        let (mut x, mut y) = if to.x > from.x {
            let middle = (x1 + x2) / 2;
            self.push(format_args!(
                "<path class=\"flow\" d=\"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}\" marker-end=\"url(#tip)\"/>"
            ));
            (x2.saturating_sub(GAP.0 / 2), (y1 + y2) / 2)
        } else {
            let (a, b) = (from.x + BOX.0 / 2 + 12, to.x + BOX.0 / 2 - 12);
            let (start, end) = (from.y + from.height, to.y + to.height);
            let low = start.max(end) + GAP.1 - 8;
            self.push(format_args!(
                "<path class=\"flow\" d=\"M{a} {start}C{a} {low} {b} {low} {b} {end}\" marker-end=\"url(#tip)\"/>"
            ));
            ((a + b) / 2, low)
        };
        while seen.iter().any(|&(a, b)| a.abs_diff(x) < GAP.0 / 2 && b.abs_diff(y) < LINE) {
            y += LINE;
        }
        seen.push((x, y));
        y = y.saturating_sub(5);
        x = x.max(1);
        self.text("label", x, y, "middle", label);
    }

    fn text(&mut self, class: &str, x: usize, y: usize, anchor: &str, text: &str) {
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>",
            escape(text)
        ));
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to memory cannot fail.
        let _ = writeln!(self.out, "{element}");
    }

    fn finish(mut self) -> String {
        self.out.push_str("</svg>\n");
        self.out
    }
}

/// Colours in the middle, which stand out from light and dark; texts follow the reader's scheme.
const STYLE: &str = "text{font:13px sans-serif;fill:#1e293b}.small,.label{font-size:12px}.name{font-weight:600}\
.label{paint-order:stroke;stroke:#fff;stroke-width:3px}rect{fill:none;stroke:#64748b;stroke-width:1.5}\
.vpc{stroke-dasharray:6 4}.tier{fill:#3b82f6;fill-opacity:.14;stroke:#3b82f6}\
.outside{fill:#f97316;fill-opacity:.14;stroke:#f97316}.endpoint{fill:#10b981;fill-opacity:.14;stroke:#10b981}\
.flow{fill:none;stroke:#64748b;stroke-width:1.5}.tip{fill:#64748b}\
@media(prefers-color-scheme:dark){text{fill:#e2e8f0}.label{stroke:#0f172a}}";

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML 1.0, *Characters*: these cannot be written at all.
            character if character.is_control() => out.push(' '),
            character => out.push(character),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn texts_cannot_become_elements() {
        assert_eq!(super::escape("a<b>&\"'\u{1}"), "a&lt;b&gt;&amp;&quot;&#39; ");
    }
}
