//! Plans for people: as text, and as a Mermaid diagram.

use std::fmt::{self, Write};

use super::document::Plan;
use super::step::{Again, Call, Expectation, Step};

impl Plan {
    /// The plan as a careful colleague would write it. Secrets are their names; control characters are left out.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::with_capacity(self.steps().len().saturating_mul(STEP));
        // Writing to memory cannot fail.
        let _ = self.write_text(&mut out);
        out
    }

    /// The steps as a Mermaid flowchart: top to bottom as they run, dotted where one uses another's answer.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut out = String::from("flowchart TD\n");
        let mut previous: Option<usize> = None;
        for (at, step) in self.steps().iter().enumerate() {
            let label = format!(
                "{}. {}<br/>{} {}",
                at + 1,
                step.reason(),
                step.call.service,
                step.call.operation
            );
            let (open, close) =
                if step.undo.is_some() || step.undone_with.is_some() || step.again == Again::Read {
                    ("[", "]")
                } else {
                    ("{{", "}}")
                };
            let _ = writeln!(out, "    s{at}{open}\"{}\"{close}", escape(&label));
            if let Some(previous) = previous {
                let _ = writeln!(out, "    s{previous} --> s{at}");
            }
            previous = Some(at);
        }
        let position = |id: &str| self.steps().iter().position(|step| step.id == id);
        for (at, step) in self.steps().iter().enumerate() {
            let mut used: Vec<_> =
                step.call.references().filter_map(|reference| position(reference.step())).collect();
            used.sort_unstable();
            used.dedup();
            for other in used.into_iter().filter(|other| other + 1 != at) {
                let _ = writeln!(out, "    s{other} -.-> s{at}");
            }
        }
        out
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "Plan {}: {}", self.id(), self.title())?;
        write!(out, "Account {}, Region {}.", self.account(), self.region())?;
        if let Some(instant) = self.not_after() {
            write!(out, " Not to be run after {instant}.")?;
        }
        let changing = self.steps().iter().filter(|step| step.again != Again::Read).count();
        let final_ones = self.steps().iter().filter(|step| step.irreversible.is_some()).count();
        let steps = self.steps().len();
        write!(out, "\n{steps} step{}, ", if steps == 1 { "" } else { "s" })?;
        match (changing, final_ones) {
            (0, _) => out.push_str("all of which only read."),
            (changing, 0) => {
                write!(out, "{changing} of which change something; all of these can be undone.")?
            }
            (changing, some) => {
                write!(out, "{changing} of which change something; {some} cannot be undone.")?;
            }
        }
        let secrets = self.secrets();
        if !secrets.is_empty() {
            write!(out, "\nSecrets to supply: {}.", secrets.join(", "))?;
        }
        for (at, (name, value)) in self.outputs().iter().enumerate() {
            write!(out, "{}{name} = {value}", if at == 0 { "\nGives " } else { ", " })?;
        }
        writeln!(out, "\nSHA-256 {}", self.digest())?;
        for (at, step) in self.steps().iter().enumerate() {
            writeln!(out)?;
            write_step(out, at + 1, step)?;
        }
        Ok(())
    }
}

/// How many characters a step mostly has.
const STEP: usize = 1_000;

fn write_step(out: &mut String, number: usize, step: &Step) -> std::fmt::Result {
    writeln!(out, "{number}. {}: {}", step.id, step.reason)?;
    for part in ["   ", &step.call.service, " ", &step.call.operation, "\n"] {
        out.push_str(part);
    }
    for (member, value) in &step.call.input {
        out.push_str("     ");
        out.push_str(member);
        writeln!(out, ": {value}")?;
    }
    match &step.again {
        Again::Found(found) => {
            let (call, expect) = (OneLine(&found.read), All(&found.expect));
            writeln!(out, "   Done already when {call} has {expect}.")?;
        }
        Again::ClientToken => {
            writeln!(out, "   Can be repeated: the client token makes it one call.")?
        }
        Again::Repeatable => writeln!(out, "   Can be repeated: twice is the same as once.")?,
        Again::Removes => writeln!(out, "   Done already when it is not there.")?,
        Again::Read | Again::Unsaid => {}
    }
    if let Some(wait) = &step.wait {
        let until = match wait.until.as_slice() {
            [] => "answers".to_owned(),
            some => format!("has {}", All(some)),
        };
        let (every, most) = (wait.every_seconds, wait.at_most_seconds);
        let call = OneLine(&wait.call);
        writeln!(
            out,
            "   Then waits until {call} {until}: asks every {every} s for at most {most} s."
        )?;
    }
    if let Some(undo) = &step.undo {
        writeln!(out, "   Undo: {}", OneLine(undo))?;
    }
    if let Some(with) = &step.undone_with {
        writeln!(out, "   Undo: with {with}.")?;
    }
    let notes = [
        ("Cannot be undone", &step.irreversible),
        ("Costs money", &step.costs),
        ("Cuts off", &step.cuts_off),
    ];
    for (what, note) in notes {
        if let Some(note) = note {
            writeln!(out, "   ! {what}: {note}")?;
        }
    }
    Ok(())
}

struct OneLine<'a>(&'a Call);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Call { service, operation, input } = self.0;
        write!(f, "{service} {operation}")?;
        for (at, (name, value)) in input.iter().enumerate() {
            f.write_str(if at == 0 { " (" } else { ", " })?;
            f.write_str(name)?;
            f.write_str(": ")?;
            value.fmt(f)?;
        }
        if input.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

struct All<'a>(&'a [Expectation]);

impl fmt::Display for All<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(at, expectation)| {
            let and = if at == 0 { "" } else { " and " };
            write!(f, "{and}{} = {}", expectation.path, expectation.is)
        })
    }
}

/// Texts in a label are HTML to Mermaid, and its entities begin with `#`.
fn escape(label: &str) -> String {
    let mut out = String::new();
    for part in label.split("<br/>").enumerate() {
        if part.0 > 0 {
            out.push_str("<br/>");
        }
        for character in part.1.chars() {
            match character {
                '"' => out.push_str("#quot;"),
                '#' => out.push_str("#35;"),
                '<' => out.push_str("#lt;"),
                '>' => out.push_str("#gt;"),
                '&' => out.push_str("#amp;"),
                other => out.push(other),
            }
        }
    }
    out
}
