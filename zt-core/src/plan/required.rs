//! The least privilege under which a plan can run, be undone, or both.

mod ec2;

use std::collections::{BTreeMap, BTreeSet};

use super::document::Plan;
use super::error::PlanError;
use super::step::{Again, Call, Step};
use super::value::{Segment, Value};
use crate::glob;
use crate::policy::keys::{Key, Str};
use crate::policy::{Condition, Policy, Statement, escape};

/// Which calls of a plan a policy is for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Phase {
    /// Running: the reads that tell what is done, the calls, and what is awaited.
    Run,
    /// Undoing: the reads that tell what is left, and the undo calls.
    Undo,
    /// Both.
    Both,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 3] = [Self::Run, Self::Undo, Self::Both];

    /// The phase as bindings and commands name it: `run`, `undo`, `both`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Undo => "undo",
            Self::Both => "both",
        }
    }

    /// The phase by its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }

    fn calls(self, step: &Step) -> Vec<&Call> {
        let found = match &step.again {
            Again::Found(found) => Some(&found.read),
            _ => None,
        };
        let run =
            found.into_iter().chain([&step.call]).chain(step.wait.as_ref().map(|wait| &wait.call));
        // When it is not known whether a call with a token took effect, undoing repeats it to learn what it made.
        let again = (step.again == Again::ClientToken).then_some(&step.call);
        let looks = found.or(again).filter(|_| step.undo.is_some());
        let undo = looks.into_iter().chain(&step.undo);
        match self {
            Self::Run => run.collect(),
            Self::Undo => undo.collect(),
            Self::Both => run.chain(undo).collect(),
        }
    }
}

/// A policy, with the steps that need each of its statements: see [`Plan::required_policy`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequiredPolicy {
    policy: Policy,
    steps: Vec<Vec<String>>,
    escalations: Vec<String>,
}

impl RequiredPolicy {
    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Each statement with the ids of the steps that need it, in the order of the plan.
    pub fn statements(&self) -> impl Iterator<Item = (&Statement, &[String])> {
        self.policy.statements().iter().zip(self.steps.iter().map(Vec::as_slice))
    }

    /// How somebody with this policy could get more permissions than it says, as sentences. Empty: no way that is looked for.
    /// Looked for are policies, trust policies and permissions boundaries of roles.
    #[must_use]
    pub fn escalations(&self) -> &[String] {
        &self.escalations
    }
}

impl Plan {
    /// The least privilege for the calls of a phase: IAM's actions rather than the API's operations, the ARNs that are known
    /// before the plan runs, `iam:PassRole` with the service that it is for, and conditions on tags and permissions boundaries
    /// that roles are made with.
    ///
    /// From the Service Authorization Reference and the permissions that the API references name; not tried on AWS itself.
    ///
    /// ```
    /// use zt_core::plan::{Call, Phase, Plan, Step};
    ///
    /// let step = Step::read("role", "see whether the role is there", Call::new("iam", "GetRole").with("RoleName", "audit"));
    /// let plan = Plan::builder("look", "look at a role", "111122223333", "eu-central-1").step(step).build()?;
    /// let required = plan.required_policy("111122223333", "eu-central-1", Phase::Run)?;
    /// let (statement, steps) = required.statements().next().unwrap();
    /// assert_eq!(steps, ["role"]);
    /// assert_eq!(statement.action_element().unwrap().as_slice()[0].as_str(), "iam:GetRole");
    /// # Ok::<(), zt_core::plan::PlanError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the account or the Region is not the plan's; when the permissions of a call are not known here (now: `CreateTags`
    /// and `DeleteTags` of Amazon EC2, whose resources are of any type); when no call of the phase needs a permission, because then there is no policy.
    pub fn required_policy(
        &self,
        account_id: &str,
        region: &str,
        phase: Phase,
    ) -> Result<RequiredPolicy, PlanError> {
        if account_id != self.account() {
            return Err(PlanError::new("account", self.account(), account_id.to_owned()));
        }
        if region != self.region() && !self.is_global() {
            return Err(PlanError::new("region", self.region(), region.to_owned()));
        }
        let mut needs = Vec::new();
        for step in self.steps() {
            for call in phase.calls(step) {
                let before = needs.len();
                Needs { plan: self, call, found: &mut needs }
                    .add()
                    .map_err(|error| error.in_step(&step.id))?;
                needs.iter_mut().skip(before).for_each(|need| need.step = &step.id);
            }
        }
        if needs.is_empty() {
            let found = phase.name().to_owned();
            return Err(PlanError::new("phase", "one with a call that needs a permission", found));
        }
        let escalations = escalations(&needs);
        let (policy, steps) = policy(&needs)?;
        Ok(RequiredPolicy { policy, steps, escalations })
    }
}

/// One permission that a call needs.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Need<'a> {
    step: &'a str,
    action: &'static str,
    /// A pattern, escaped.
    resource: String,
    /// `StringEquals`, by key.
    conditions: BTreeMap<String, String>,
}

impl Need<'_> {
    /// Whether whatever the other one allows is allowed by this one.
    fn covers(&self, other: &Self) -> bool {
        self.action == other.action
            && glob::fits(&self.resource, &other.resource)
            && self.conditions.iter().all(|(key, value)| other.conditions.get(key) == Some(value))
    }
}

/// Collects what one call needs.
struct Needs<'a, 'n> {
    plan: &'a Plan,
    call: &'a Call,
    found: &'n mut Vec<Need<'a>>,
}

impl<'a> Needs<'a, '_> {
    fn add(mut self) -> Result<(), PlanError> {
        let call = self.call;
        match (call.service.as_str(), call.operation.as_str()) {
            ("sts", "GetCallerIdentity") => {}
            ("sts", "AssumeRole") => self.assume_role(),
            ("iam", "ListRoles") => self.need("iam:ListRoles", "*", BTreeMap::new()),
            ("iam", "CreateRole") => self.create_role(),
            ("iam", operation) => self.role(operation)?,
            ("scheduler", operation) => self.schedule(operation)?,
            ("ec2", operation) => self.ec2(operation)?,
            ("logs", operation) => self.logs(operation)?,
            _ => return Err(self.unknown()),
        }
        Ok(())
    }

    fn need(
        &mut self,
        action: &'static str,
        resource: impl Into<String>,
        conditions: BTreeMap<String, String>,
    ) {
        let resource = resource.into();
        self.found.push(Need { step: "", action, resource, conditions });
    }

    fn unknown(&self) -> PlanError {
        let found = format!("{} {}", self.call.service, self.call.operation);
        PlanError::new("call", "a call whose permissions are known here", found)
    }

    /// IAM User Guide, *Tagging IAM roles*: making a role with tags takes `iam:TagRole`, too.
    fn create_role(&mut self) {
        let mut conditions = BTreeMap::new();
        if let Some(boundary) = self.call.text("PermissionsBoundary") {
            conditions.insert(BOUNDARY.to_owned(), boundary.to_owned());
        }
        let tags = tags(self.call);
        for resource in self.role_arns() {
            let with_tags = conditions.iter().chain(&tags);
            let with_tags = with_tags.map(|(key, value)| (key.clone(), value.clone())).collect();
            self.need("iam:CreateRole", resource.as_str(), with_tags);
            if self.call.input.contains_key("Tags") {
                self.need("iam:TagRole", resource, tags.clone());
            }
        }
    }

    fn role(&mut self, operation: &str) -> Result<(), PlanError> {
        let action = match operation {
            "DeleteRole" => "iam:DeleteRole",
            "DeleteRolePermissionsBoundary" => "iam:DeleteRolePermissionsBoundary",
            "DeleteRolePolicy" => "iam:DeleteRolePolicy",
            "GetRole" => "iam:GetRole",
            "GetRolePolicy" => "iam:GetRolePolicy",
            "ListAttachedRolePolicies" => "iam:ListAttachedRolePolicies",
            "ListRolePolicies" => "iam:ListRolePolicies",
            "PutRolePermissionsBoundary" => "iam:PutRolePermissionsBoundary",
            "PutRolePolicy" => "iam:PutRolePolicy",
            "TagRole" => "iam:TagRole",
            "UntagRole" => "iam:UntagRole",
            "UpdateAssumeRolePolicy" => "iam:UpdateAssumeRolePolicy",
            _ => return Err(self.unknown()),
        };
        let mut conditions = match operation {
            "TagRole" => tags(self.call),
            _ => BTreeMap::new(),
        };
        let boundary = match operation {
            "PutRolePermissionsBoundary" => self.call.text("PermissionsBoundary"),
            // The boundary of the role as it is by then.
            "PutRolePolicy" | "DeleteRolePolicy" => {
                self.creation().and_then(|create| create.text("PermissionsBoundary"))
            }
            _ => None,
        };
        if let Some(boundary) = boundary {
            conditions.insert(BOUNDARY.to_owned(), boundary.to_owned());
        }
        for resource in self.role_arns() {
            self.need(action, resource, conditions.clone());
        }
        Ok(())
    }

    fn assume_role(&mut self) {
        let mut conditions = BTreeMap::new();
        if let Some(id) = self.call.text("ExternalId") {
            conditions.insert("sts:ExternalId".to_owned(), id.to_owned());
        }
        let resource = self.arn_or_any_role(self.call.input.get("RoleArn"));
        self.need("sts:AssumeRole", resource, conditions);
    }

    /// EventBridge Scheduler User Guide, *Identity-based policies*: whoever makes a schedule passes its role.
    fn schedule(&mut self, operation: &str) -> Result<(), PlanError> {
        let action = match operation {
            "CreateSchedule" => "scheduler:CreateSchedule",
            "CreateScheduleGroup" => "scheduler:CreateScheduleGroup",
            "DeleteSchedule" => "scheduler:DeleteSchedule",
            "DeleteScheduleGroup" => "scheduler:DeleteScheduleGroup",
            "GetSchedule" => "scheduler:GetSchedule",
            "GetScheduleGroup" => "scheduler:GetScheduleGroup",
            _ => return Err(self.unknown()),
        };
        let name = self.constant("Name").map_or_else(|| "*".to_owned(), |name| escape(&name));
        let (plan, partition) = (self.plan, partition(self.plan.region()));
        let start = format!("arn:{partition}:scheduler:{}:{}", plan.region(), plan.account());
        if operation.ends_with("Group") {
            let resource = format!("{start}:schedule-group/{name}");
            let tags = tags(self.call);
            if self.call.input.contains_key("Tags") {
                self.need("scheduler:TagResource", resource.as_str(), tags.clone());
            }
            self.need(action, resource, tags);
            return Ok(());
        }
        let group = match self.call.input.get("GroupName") {
            None => "default".to_owned(),
            Some(_) => {
                self.constant("GroupName").map_or_else(|| "*".to_owned(), |name| escape(&name))
            }
        };
        self.need(action, format!("{start}:schedule/{group}/{name}"), BTreeMap::new());
        if let Some(Value::Object(target)) = self.call.input.get("Target") {
            let service =
                [("iam:PassedToService".to_owned(), "scheduler.amazonaws.com".to_owned())];
            let resource = self.arn_or_any_role(target.get("RoleArn"));
            self.need("iam:PassRole", resource, service.into());
        }
        Ok(())
    }

    /// The call of the plan that makes the role that this call is about.
    fn creation(&self) -> Option<&'a Call> {
        let name = self.constant("RoleName")?;
        self.plan.steps().iter().map(|step| &step.call).find(|call| {
            call.service == "iam"
                && call.operation == "CreateRole"
                && call.text("RoleName") == Some(name.as_str())
        })
    }

    /// The role that the call is about: its ARN has a path, which only its making tells.
    fn role_arns(&self) -> Vec<String> {
        let start = self.role_start();
        let Some(name) = self.constant("RoleName").map(|name| escape(&name)) else {
            return vec![format!("{start}/*")];
        };
        match self.creation() {
            Some(create) => match create.input.get("Path") {
                None => vec![format!("{start}/{name}")],
                Some(Value::Text(path)) => vec![format!("{start}{}{name}", escape(path))],
                Some(_) => vec![format!("{start}/{name}"), format!("{start}/*/{name}")],
            },
            None => vec![format!("{start}/{name}"), format!("{start}/*/{name}")],
        }
    }

    fn role_start(&self) -> String {
        format!("arn:{}:iam::{}:role", partition(self.plan.region()), self.plan.account())
    }

    fn arn_or_any_role(&self, value: Option<&Value>) -> String {
        if let Some(Value::Text(arn)) = value {
            return escape(arn);
        }
        // An output of the step that makes it.
        if let Some(Value::Reference(reference)) = value
            && let Some(step) = self.plan.step(reference.step())
            && step.call.operation == "CreateRole"
            && let [arn] = (Needs { plan: self.plan, call: &step.call, found: &mut Vec::new() })
                .role_arns()
                .as_slice()
        {
            return arn.clone();
        }
        format!("{}/*", self.role_start())
    }

    /// A member that is known before the run: a constant, or an output that repeats a constant of the input.
    fn constant(&self, member: &str) -> Option<String> {
        match self.call.input.get(member)? {
            Value::Text(text) => Some(text.clone()),
            Value::Reference(reference) => {
                let Segment::Member(name) = reference.path().segments().last()? else {
                    return None;
                };
                let echoes = name == member && matches!(member, "RoleName");
                let step = self.plan.step(reference.step()).filter(|_| echoes)?;
                step.call.text(member).map(str::to_owned)
            }
            _ => None,
        }
    }
}

const BOUNDARY: &str = "iam:PermissionsBoundary";

/// Conditions on the tags that a call gives, as far as they are constants.
fn tags(call: &Call) -> BTreeMap<String, String> {
    let Some(Value::List(tags)) = call.input.get("Tags") else {
        return BTreeMap::new();
    };
    tags.iter()
        .filter_map(|tag| match tag {
            Value::Object(tag) => match (tag.get("Key"), tag.get("Value")) {
                (Some(Value::Text(key)), Some(Value::Text(value))) => {
                    Some((format!("aws:RequestTag/{key}"), value.clone()))
                }
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// The partition of a Region (AWS General Reference, *ARN format*).
pub(crate) fn partition(region: &str) -> &'static str {
    let partitions = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    let fits = partitions.into_iter().find(|(start, _)| region.starts_with(start));
    fits.map_or("aws", |(_, partition)| partition)
}

type Actions = BTreeSet<&'static str>;
type Conditions = BTreeMap<String, String>;

/// One statement for each set of resources, conditions and actions, and none that another one makes superfluous.
fn policy(needs: &[Need<'_>]) -> Result<(Policy, Vec<Vec<String>>), PlanError> {
    // What is left when everything covered by something else is gone; of equals, the first stays.
    let kept = needs.iter().enumerate().filter(|(at, need)| {
        !needs.iter().enumerate().any(|(other_at, other)| {
            other_at != *at && other.covers(need) && (!need.covers(other) || other_at < *at)
        })
    });
    let mut actions: BTreeMap<(&str, &BTreeMap<String, String>), BTreeSet<&'static str>> =
        BTreeMap::new();
    for (_, need) in kept {
        actions.entry((&need.resource, &need.conditions)).or_default().insert(need.action);
    }
    let mut groups: BTreeMap<(Actions, &Conditions), Vec<&str>> = BTreeMap::new();
    for ((resource, conditions), actions) in actions {
        groups.entry((actions, conditions)).or_default().push(resource);
    }
    let mut statements = Vec::new();
    for ((actions, conditions), resources) in groups {
        let serves = |need: &Need<'_>| {
            actions.contains(need.action)
                && conditions.iter().all(|(key, value)| need.conditions.get(key) == Some(value))
                && resources.iter().any(|resource| glob::fits(resource, &need.resource))
        };
        let mut steps: Vec<String> = Vec::new();
        let mut first = needs.len();
        for (at, need) in needs.iter().enumerate().filter(|(_, need)| serves(need)) {
            first = first.min(at);
            if !steps.iter().any(|step| step == need.step) {
                steps.push(need.step.to_owned());
            }
        }
        statements.push((first, actions, resources, conditions, steps));
    }
    statements.sort_by_key(|(first, ..)| *first);
    let mut builder = Policy::builder();
    let mut all_steps = Vec::new();
    for (at, (_, actions, resources, conditions, steps)) in statements.into_iter().enumerate() {
        let service =
            actions.first().and_then(|action| action.split(':').next()).unwrap_or_default();
        let sid = format!("{}{}", capitalise(service), at + 1);
        let resources = resources.into_iter().map(str::to_owned);
        let mut statement = Statement::allow(sid.as_str()).actions(actions).resources(resources);
        for (key, value) in conditions {
            statement = statement.when(equals(key, value));
        }
        builder = builder.statement(statement);
        all_steps.push(steps);
    }
    let policy =
        builder.build().map_err(|error| PlanError::new("policy", "a policy", error.to_string()))?;
    Ok((policy, all_steps))
}

fn equals(key: &str, value: &str) -> Condition {
    Key::<Str>::new(key.to_owned()).is(escape(value))
}

fn capitalise(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

fn escalations(needs: &[Need<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for need in needs {
        let bounded = need.conditions.contains_key(BOUNDARY);
        let what = match need.action {
            "iam:PutRolePolicy" if !bounded => {
                "can give the role every permission, administration included: give it a permissions boundary"
            }
            "iam:UpdateAssumeRolePolicy" => {
                "can let anybody assume the role, with whatever the role may do"
            }
            "iam:DeleteRolePermissionsBoundary" => "can lift the limit of what the role may do",
            _ => continue,
        };
        let sentence = format!("Whoever may call {} on {} {what}.", need.action, need.resource);
        if !found.contains(&sentence) {
            found.push(sentence);
        }
    }
    found
}
