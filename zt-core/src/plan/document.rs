//! The plan: read, checked, printed.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use super::check;
use super::error::PlanError;
use super::step::{Again, Step};
use super::value::{Path, Value};

/// Calls of AWS APIs that belong together, as data: read by people before it runs, and checked whenever it is made or read.
///
/// ```
/// use zt_core::plan::{Call, Found, Plan, Step};
///
/// let role = |operation| Call::new("iam", operation).with("RoleName", "audit");
/// let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"444455556666"}}]}"#;
/// let plan = Plan::builder("audit-1", "let the auditors in", "111122223333", "eu-central-1")
///     .step(
///         Step::new("role", "make the role that auditors assume", role("CreateRole").with("AssumeRolePolicyDocument", trust))
///             .found(Found::by(role("GetRole")).expect("Role.AssumeRolePolicyDocument", trust).output("Role", "Role"))
///             .undo(role("DeleteRole")),
///     )
///     .build()?;
/// let json = plan.to_json();
/// assert_eq!(json.parse::<Plan>()?, plan);
/// assert!(json.replace("DeleteRole", "DestroyRole").parse::<Plan>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Plan {
    /// INVARIANT: [`check::plan`] took it.
    draft: Draft,
}

impl Plan {
    /// The Region of plans that call only services without one, IAM and STS: as AWS's SDKs name it.
    pub const GLOBAL: &str = "aws-global";

    /// Starts a plan: its id (as ids of steps; the same intent should give the same id), what it is for, the account (12
    /// digits) and the Region it runs in, or [`GLOBAL`](Self::GLOBAL).
    #[must_use]
    pub fn builder(
        id: impl Into<String>,
        title: impl Into<String>,
        account: impl Into<String>,
        region: impl Into<String>,
    ) -> PlanBuilder {
        let draft = Draft {
            format: Draft::FORMAT.to_owned(),
            id: id.into(),
            title: title.into(),
            account: account.into(),
            region: region.into(),
            not_after: None,
            steps: Vec::new(),
            outputs: BTreeMap::new(),
        };
        PlanBuilder { draft }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.draft.id
    }

    /// What it is for.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.draft.title
    }

    /// The account it runs in, 12 digits.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.draft.account
    }

    /// The Region it runs in.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.draft.region
    }

    /// Whether its Region is [`GLOBAL`](Self::GLOBAL): it calls global services only, and runs with credentials for any Region.
    #[must_use]
    pub fn is_global(&self) -> bool {
        self.region() == Self::GLOBAL
    }

    /// What a run gives to its caller, by name: `role_arn`.
    #[must_use]
    pub fn outputs(&self) -> &BTreeMap<String, Value> {
        &self.draft.outputs
    }

    /// The instant after which it must not be run. Undoing has no such limit.
    #[must_use]
    pub fn not_after(&self) -> Option<Timestamp> {
        self.draft.not_after
    }

    /// Its steps, in the order in which they run.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.draft.steps
    }

    /// The step with an id.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps().iter().find(|step| step.id == id)
    }

    /// Names of the secrets that must be supplied when it runs, sorted.
    #[must_use]
    pub fn secrets(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for value in self.steps().iter().flat_map(Step::calls).flat_map(|call| call.input.values())
        {
            value.walk(&mut |value| {
                if let Value::Secret(name) = value {
                    names.push(name.as_str());
                }
            });
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// By step, the places in its answer that other calls and the plan's outputs refer to, sorted: all that must be kept of it.
    pub(super) fn kept(&self) -> Vec<Vec<Path>> {
        let numbers: HashMap<&str, usize> =
            self.steps().iter().enumerate().map(|(at, step)| (step.id(), at)).collect();
        let mut kept = vec![Vec::new(); self.steps().len()];
        let calls = self.steps().iter().flat_map(Step::calls);
        let expected = self.steps().iter().flat_map(Step::expected);
        let values = calls.flat_map(|call| call.input.values()).chain(expected);
        for value in values.chain(self.outputs().values()) {
            value.walk(&mut |value| {
                if let Value::Reference(reference) = value
                    && let Some(paths) =
                        numbers.get(reference.step()).and_then(|at| kept.get_mut(*at))
                {
                    paths.push(reference.path());
                }
            });
        }
        kept.into_iter()
            .map(|mut paths| {
                paths.sort_unstable();
                paths.dedup();
                paths.into_iter().cloned().collect()
            })
            .collect()
    }

    /// SHA-256 of [`to_json`](Self::to_json), in hexadecimal: equal exactly for equal plans.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut json = Vec::with_capacity(self.steps().len().saturating_mul(STEP));
        // Writing to memory cannot fail, and every part of a plan has a JSON form.
        let _ = serde_json::to_writer(&mut json, self);
        hex(&Sha256::digest(json))
    }

    /// The plan as JSON on one line. Members are in a fixed order.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Writing to memory cannot fail, and every part of a plan has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The plan as JSON on several lines.
    #[must_use]
    pub fn to_json_pretty(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Reads a plan and checks it as the builder does.
    ///
    /// # Errors
    ///
    /// When the text is not JSON of this form, or [`PlanBuilder::build`] would refuse the plan.
    pub fn from_json(text: &str) -> Result<Self, PlanError> {
        let draft: Draft = serde_json::from_str(text)
            .map_err(|error| PlanError::new("plan", format!("a plan as JSON ({error})"), None))?;
        draft.check()
    }
}

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        Self::from_json(text)
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Draft::deserialize(deserializer)?.check().map_err(serde::de::Error::custom)
    }
}

/// For people: see [`Plan::to_text`].
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// Collects steps: see [`Plan::builder`].
#[derive(Clone, Debug)]
pub struct PlanBuilder {
    draft: Draft,
}

impl PlanBuilder {
    /// Adds a step; steps run in this order.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.draft.steps.push(step);
        self
    }

    /// What a run gives to its caller under a name of lower-case letters, digits and underscores: an output of a step, or a
    /// constant that the caller needs.
    #[must_use]
    pub fn output(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.draft.outputs.insert(name.into(), value.into());
        self
    }

    /// The instant after which the plan must not be run. Default: none.
    #[must_use]
    pub fn not_after(mut self, instant: Timestamp) -> Self {
        self.draft.not_after = Some(instant);
        self
    }

    /// Checks the plan and makes it.
    ///
    /// # Errors
    ///
    /// When a name cannot be one or is given twice; when an operation is not known (see [`operations`](super::operations)) or
    /// its input does not fit AWS's model of it; when a reference is to a step that has not run by then, or to something its
    /// answer does not have, or that is of another type or secret; when a step that changes something does not say how to tell
    /// that it is done, or neither how to undo it nor why that cannot be; when a call is one that AWS would refuse although it
    /// fits the model: policies that are none, a trust policy without a principal, networks of a size that there is not.
    pub fn build(mut self) -> Result<Plan, PlanError> {
        for step in &mut self.draft.steps {
            if step.again == Again::ClientToken
                && let Some(member) = check::token_member(&step.call)
            {
                let token = client_token(&self.draft.id, &step.id);
                step.call.input.insert(member.to_owned(), Value::Text(token));
            }
        }
        self.draft.check()
    }
}

/// A plan that nobody has checked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    pub(super) format: String,
    pub(super) id: String,
    pub(super) title: String,
    pub(super) account: String,
    pub(super) region: String,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "instant")]
    pub(super) not_after: Option<Timestamp>,
    pub(super) steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) outputs: BTreeMap<String, Value>,
}

impl Draft {
    pub(super) const FORMAT: &str = "zt-plan-1";

    fn check(self) -> Result<Plan, PlanError> {
        check::plan(&self)?;
        Ok(Plan { draft: self })
    }
}

/// How many bytes a step mostly has as JSON.
const STEP: usize = 1_000;

/// The client token of a step: 32 hexadecimal digits, which every service takes.
pub(super) fn client_token(plan: &str, step: &str) -> String {
    let digest = Sha256::digest(format!("zt client token\n{plan}\n{step}"));
    hex(digest.get(..16).unwrap_or_default())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Instants as RFC 3339 has them.
mod instant {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        instant: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        instant.map(|instant| instant.to_string()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Some).map_err(serde::de::Error::custom)
    }
}
