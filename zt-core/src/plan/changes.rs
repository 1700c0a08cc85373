//! What is different between two plans.

use std::fmt;

use super::document::Plan;
use super::step::Step;

/// What is different between two plans, for the person who approved the first and is asked to approve the second: see
/// [`Plan::changes_since`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Changes {
    lines: Vec<Change>,
}

/// One difference.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Change {
    Fact { name: String, was: String, is: String },
    Added { step: String, text: String },
    Removed { step: String, text: String },
    Moved { step: String },
    Within { step: String, member: String, was: String, is: String },
}

impl Changes {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }
}

/// One difference a line: `+` for what is added, `-` for what is gone, `~` for what is otherwise.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, change) in self.lines.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            match change {
                Change::Fact { name, was, is } => write!(f, "~ {name}: {was} -> {is}")?,
                Change::Added { step, text } => write!(f, "+ {step}: {text}")?,
                Change::Removed { step, text } => write!(f, "- {step}: {text}")?,
                Change::Moved { step } => write!(f, "~ {step}: runs in another order")?,
                Change::Within { step, member, was, is } => {
                    write!(f, "~ {step}: {member}: {was} -> {is}")?;
                }
            }
        }
        Ok(())
    }
}

impl Plan {
    /// What is different in this plan from an earlier one. Steps are the same when their ids are.
    ///
    /// ```
    /// use zt_core::plan::{Call, Plan, Step};
    ///
    /// let plan = |role: &str| {
    ///     Plan::builder("look", "look at a role", "111122223333", "eu-central-1")
    ///         .step(Step::read("role", "see the role", Call::new("iam", "GetRole").with("RoleName", role)))
    ///         .build()
    /// };
    /// let changes = plan("admin")?.changes_since(&plan("audit")?);
    /// assert_eq!(changes.to_string(), "~ role: call.input.RoleName: audit -> admin");
    /// assert!(plan("audit")?.changes_since(&plan("audit")?).is_empty());
    /// # Ok::<(), zt_core::plan::PlanError>(())
    /// ```
    #[must_use]
    pub fn changes_since(&self, earlier: &Self) -> Changes {
        let mut lines = Vec::new();
        let instant = |plan: &Self| plan.not_after().map_or("none".to_owned(), |at| at.to_string());
        let facts = [
            ("id", earlier.id().to_owned(), self.id().to_owned()),
            ("title", earlier.title().to_owned(), self.title().to_owned()),
            ("account", earlier.account().to_owned(), self.account().to_owned()),
            ("region", earlier.region().to_owned(), self.region().to_owned()),
            ("not_after", instant(earlier), instant(self)),
        ];
        for (name, was, is) in facts {
            if was != is {
                lines.push(Change::Fact { name: name.to_owned(), was, is });
            }
        }
        let outputs = leaves("", &json(earlier.outputs()), &json(self.outputs()));
        for (name, was, is) in outputs {
            lines.push(Change::Fact { name: format!("outputs{name}"), was, is });
        }
        for step in earlier.steps() {
            if self.step(&step.id).is_none() {
                lines.push(Change::Removed { step: step.id.clone(), text: what(step) });
            }
        }
        for step in self.steps() {
            match earlier.step(&step.id) {
                None => lines.push(Change::Added { step: step.id.clone(), text: what(step) }),
                Some(before) => {
                    for (member, was, is) in leaves("", &json(before), &json(step)) {
                        let member = member.trim_start_matches('.').to_owned();
                        lines.push(Change::Within { step: step.id.clone(), member, was, is });
                    }
                }
            }
        }
        let order = |plan: &Self, other: &Self| -> Vec<String> {
            let both = plan.steps().iter().filter(|step| other.step(&step.id).is_some());
            both.map(|step| step.id.clone()).collect()
        };
        let (was, is) = (order(earlier, self), order(self, earlier));
        let moved = was.iter().zip(&is).filter(|(was, is)| was != is);
        lines.extend(moved.map(|(_, is)| Change::Moved { step: is.clone() }));
        Changes { lines }
    }
}

fn what(step: &Step) -> String {
    format!("{} {}: {}", step.call.service, step.call.operation, step.reason)
}

fn json(value: &impl serde::Serialize) -> serde_json::Value {
    // Writing to memory cannot fail, and every part of a plan has a JSON form.
    serde_json::to_value(value).unwrap_or_default()
}

/// The places where two values differ, with what is in them.
fn leaves(
    place: &str,
    was: &serde_json::Value,
    is: &serde_json::Value,
) -> Vec<(String, String, String)> {
    use serde_json::Value as Json;
    match (was, is) {
        _ if was == is => Vec::new(),
        (Json::Object(old), Json::Object(new)) => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort_unstable();
            names.dedup();
            let get = |map: &serde_json::Map<String, Json>, name: &str| {
                map.get(name).cloned().unwrap_or_default()
            };
            names
                .into_iter()
                .flat_map(|name| {
                    leaves(&format!("{place}.{name}"), &get(old, name), &get(new, name))
                })
                .collect()
        }
        (Json::Array(old), Json::Array(new)) if old.len() == new.len() => {
            let pairs = old.iter().zip(new).enumerate();
            pairs.flat_map(|(at, (was, is))| leaves(&format!("{place}[{at}]"), was, is)).collect()
        }
        _ => {
            let text = |json: &Json| match json {
                Json::Null => "none".to_owned(),
                // Nothing in a plan may steer the terminal of its reader.
                Json::String(text) => text.replace(char::is_control, " "),
                other => other.to_string(),
            };
            vec![(place.to_owned(), text(was), text(is))]
        }
    }
}
