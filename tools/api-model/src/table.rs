//! The table, as `zt-core/src/plan/api/README.md` describes it.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::{Context, Result};

use crate::model::{Model, Reference, Shape};

pub(crate) struct Table {
    pub(crate) text: String,
}

impl Table {
    pub(crate) fn new(version: &str) -> Self {
        Self {
            text: format!("source\tbotocore {version}, Apache-2.0, copyright Amazon.com, Inc.\n"),
        }
    }

    pub(crate) fn add(&mut self, service: &str, names: &[&str], model: &Model) -> Result<()> {
        let text = &mut self.text;
        writeln!(text, "service\t{service}")?;
        let mut shapes = BTreeSet::new();
        for name in names {
            let operation = model
                .operations
                .get(*name)
                .with_context(|| format!("`{service}` has no operation `{name}`"))?;
            let mut side = |side: &Option<Reference>| match side {
                Some(reference) => {
                    collect(model, &reference.shape, &mut shapes);
                    reference.shape.clone()
                }
                None => "-".to_owned(),
            };
            let (input, output) = (side(&operation.input), side(&operation.output));
            let errors: Vec<&str> =
                operation.errors.iter().map(|error| code(model, &error.shape)).collect();
            writeln!(text, "operation\t{name}\t{input}\t{output}\t{}", errors.join(" "))?;
        }
        for name in shapes {
            if let Some(shape) = model.shapes.get(&name) {
                self.shape(&name, shape)?;
            }
        }
        Ok(())
    }

    fn shape(&mut self, name: &str, shape: &Shape) -> Result<()> {
        let text = &mut self.text;
        write!(text, "{}\t{name}", shape.kind)?;
        let target = |reference: &Option<Reference>| match reference {
            Some(reference) => reference.shape.clone(),
            None => "-".to_owned(),
        };
        match shape.kind.as_str() {
            "structure" => {
                for (member, reference) in &shape.members {
                    let required = shape.required.contains(member);
                    let sign = match (required, reference.token) {
                        (_, true) => "~",
                        (true, false) => "!",
                        (false, false) => "",
                    };
                    write!(text, "\t{member}{sign}={}", reference.shape)?;
                }
            }
            "list" => write!(text, "\tof={}", target(&shape.member))?,
            "map" => write!(text, "\tkey={}\tof={}", target(&shape.key), target(&shape.value))?,
            _ => {}
        }
        if shape.kind != "structure" {
            if let Some(min) = &shape.min {
                write!(text, "\tmin={min}")?;
            }
            if let Some(max) = &shape.max {
                write!(text, "\tmax={max}")?;
            }
            if !shape.values.is_empty() {
                write!(text, "\tenum={}", shape.values.join("|"))?;
            }
            if shape.sensitive {
                write!(text, "\tsensitive=yes")?;
            }
            if let Some(pattern) = shape.pattern.as_deref().and_then(pattern) {
                write!(text, "\tpattern={pattern}")?;
            }
        }
        writeln!(text)?;
        Ok(())
    }
}

fn collect(model: &Model, name: &str, found: &mut BTreeSet<String>) {
    if !found.insert(name.to_owned()) {
        return;
    }
    let Some(shape) = model.shapes.get(name) else {
        return;
    };
    let direct = [&shape.member, &shape.key, &shape.value];
    let references = direct.into_iter().flatten().chain(shape.members.values());
    for reference in references {
        collect(model, &reference.shape, found);
    }
}

/// The code that a caller sees, which is not always the name of the shape.
fn code<'a>(model: &'a Model, shape: &'a str) -> &'a str {
    let error = model.shapes.get(shape).and_then(|shape| shape.error.as_ref());
    error.and_then(|error| error.code.as_deref()).unwrap_or(shape)
}

/// A pattern of the model as the crate `regex` reads it. Classes such as `\w` are those of ASCII, as the services have them.
/// None for one that looks ahead, which the crate does not: such a member is checked for its length only.
fn pattern(text: &str) -> Option<String> {
    if text.contains("(?") {
        return None;
    }
    // One model writes code points of five and six digits where the notation takes four.
    let text =
        text.replace(r"\u10000-\u10FFFF", r"\x{10000}-\x{10FFFF}").replace(r"\uD7FF\uE000-", "");
    let (mut out, mut in_class) = (String::new(), false);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '[' => in_class = true,
            ']' => in_class = false,
            '\\' => {
                let next = characters.next()?;
                let class = match next {
                    'w' => "0-9A-Za-z_",
                    'd' => "0-9",
                    '/' => "/",
                    'u' | 'x' | 'p' => {
                        out.push('\\');
                        out.push(next);
                        continue;
                    }
                    _ => {
                        out.push('\\');
                        out.push(next);
                        continue;
                    }
                };
                let is_single = class.len() == 1;
                if in_class || is_single {
                    out.push_str(class);
                } else {
                    out.push('[');
                    out.push_str(class);
                    out.push(']');
                }
                continue;
            }
            _ => {}
        }
        out.push(character);
    }
    Some(out)
}
