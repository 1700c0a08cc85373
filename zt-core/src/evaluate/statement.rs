//! Policies, compiled: what a statement needs to be decided, and nothing else.

use std::fmt;

use super::choices::{self, Choice};
use super::condition::Condition;
use super::facts::Facts;
use super::principal::{Matched, Naming, PrincipalSet};
use super::request::Inner;
use super::template::{ArnTemplate, Template};
use super::tri::Tri;
use crate::policy::{self, Effect, Resource, Version};

/// What a policy or a statement is called in explanations.
#[derive(Clone, Debug)]
pub(super) enum Name {
    /// As its author or the caller called it.
    Given(Box<str>),
    /// By its place among its kind, from 0.
    Place(usize),
}

impl Name {
    pub(super) fn new(given: Option<&str>, at: usize) -> Self {
        given.map_or(Self::Place(at), |given| Self::Given(given.into()))
    }

    /// As data: `p-1` or `#1`.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Given(name) => name.to_string(),
            Self::Place(at) => format!("#{}", at + 1),
        }
    }
}

/// In a sentence: a given name is in backticks.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(name) => write!(f, "`{name}`"),
            Self::Place(at) => write!(f, "#{}", at + 1),
        }
    }
}

/// A policy and how it is named in explanations.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) name: Name,
    pub(super) statements: Box<[Statement]>,
}

#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) effect: Effect,
    pub(super) name: Name,
    principals: Option<PrincipalSet>,
    not_principals: Option<PrincipalSet>,
    actions: Option<Box<[Template]>>,
    not_actions: Option<Box<[Template]>>,
    resources: Option<Box<[ResourceTemplate]>>,
    not_resources: Option<Box<[ResourceTemplate]>>,
    pub(super) conditions: Box<[Condition]>,
}

/// What a request must match for a statement to apply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Principal,
    Action,
    Resource,
}

impl Policy {
    pub(super) fn new(policy: &policy::Policy, name: Name) -> Self {
        let variables = policy.version() == Version::V2012_10_17;
        let statements = policy.statements().iter().enumerate();
        Self {
            name,
            statements: statements
                .map(|(at, statement)| Statement::new(statement, at, variables))
                .collect(),
        }
    }
}

impl Statement {
    fn new(statement: &policy::Statement, at: usize, variables: bool) -> Self {
        let actions = |list: &policy::OneOrMany<policy::Action>| {
            list.iter()
                .map(|action| Template::pattern(&action.as_str().to_ascii_lowercase(), false))
                .collect()
        };
        let resources = |list: &policy::OneOrMany<Resource>| {
            list.iter()
                .map(|resource| ResourceTemplate::new(resource.as_str(), variables))
                .collect()
        };
        let conditions = statement.condition_element().map(|all| {
            all.iter()
                .map(|(operator, key, values)| Condition::new(operator, key, values, variables))
                .collect()
        });
        Self {
            effect: statement.effect(),
            name: Name::new(statement.sid().filter(|sid| !sid.is_empty()), at),
            principals: statement.principal_element().map(PrincipalSet::new),
            not_principals: statement.not_principal_element().map(PrincipalSet::new),
            actions: statement.action_element().map(actions),
            not_actions: statement.not_action_element().map(actions),
            resources: statement.resource_element().map(resources),
            not_resources: statement.not_resource_element().map(resources),
            conditions: conditions.unwrap_or_default(),
        }
    }

    /// Whether the statement applies: everything in it matches.
    pub(super) fn applies(&self, request: &Inner, facts: &Facts<'_>, takes_principal: bool) -> Tri {
        if !self.takes_action(request) {
            return Tri::No;
        }
        let mut sure = self.takes_resource(request, facts, takes_principal);
        if sure != Tri::No && takes_principal {
            sure = sure & self.takes_principal(request, facts).any();
        }
        if sure == Tri::No {
            return Tri::No;
        }
        sure & Tri::all(self.conditions.iter().map(|condition| self.holds(condition, facts)))
    }

    /// Which part of the request the statement does not match, before conditions.
    pub(super) fn mismatch(
        &self,
        request: &Inner,
        facts: &Facts<'_>,
        takes_principal: bool,
    ) -> Option<Part> {
        if !self.takes_action(request) {
            return Some(Part::Action);
        }
        if takes_principal && self.takes_principal(request, facts).any() == Tri::No {
            return Some(Part::Principal);
        }
        (self.takes_resource(request, facts, takes_principal) == Tri::No).then_some(Part::Resource)
    }

    /// Whether a condition of this statement holds. An operator that is not known errs towards denial.
    pub(super) fn holds(&self, condition: &Condition, facts: &Facts<'_>) -> Tri {
        condition.holds(facts).unwrap_or(self.denial())
    }

    /// As whom the statement names the caller.
    pub(super) fn takes_principal(&self, request: &Inner, facts: &Facts<'_>) -> Naming {
        match (&self.principals, &self.not_principals) {
            (Some(named), None) => named.matched(&request.caller, facts),
            (None, Some(excepted)) => match excepted.matched(&request.caller, facts).any() {
                Tri::Yes => Naming::NONE,
                Tri::Maybe => Naming::maybe(Matched::ANYONE),
                Tri::No => Naming::sure(Matched::ANYONE),
            },
            // Without a principal, or with both forms: errs towards denial.
            _ if self.effect == Effect::Deny => Naming::sure(Matched::ANYONE),
            _ => Naming::NONE,
        }
    }

    pub(super) fn takes_action(&self, request: &Inner) -> bool {
        let fits = |templates: &[Template]| {
            templates.iter().any(|template| {
                // Patterns of actions have no variables, so no facts are needed.
                template.fits_plain(&request.lower_action)
            })
        };
        match (&self.actions, &self.not_actions) {
            (Some(named), None) => fits(named),
            (None, Some(excepted)) => !fits(excepted),
            (Some(named), Some(excepted)) => match self.effect {
                Effect::Allow => fits(named) && !fits(excepted),
                Effect::Deny => fits(named) || !fits(excepted),
            },
            (None, None) => self.effect == Effect::Deny,
        }
    }

    fn takes_resource(&self, request: &Inner, facts: &Facts<'_>, may_lack: bool) -> Tri {
        let fits = |templates: &[ResourceTemplate]| {
            Tri::any(templates.iter().map(|template| template.fits(&request.resource, facts)))
        };
        let misses = |templates: &[ResourceTemplate]| {
            let unresolved = match self.effect {
                // A variable without a value makes its pattern match no resource. Whether the statement then excepts
                // nothing or applies to nothing is not documented: errs towards denial.
                Effect::Allow => {
                    Tri::any(templates.iter().map(|template| template.is_unresolved(facts)))
                }
                Effect::Deny => Tri::No,
            };
            !fits(templates) & !unresolved
        };
        match (&self.resources, &self.not_resources) {
            (Some(named), None) => fits(named),
            (None, Some(excepted)) => misses(excepted),
            (Some(named), Some(excepted)) => match self.effect {
                Effect::Allow => fits(named) & misses(excepted),
                Effect::Deny => fits(named) | misses(excepted),
            },
            // Trust policies and some policies of resources have none: the resource is the one they are attached to.
            (None, None) if may_lack => Tri::Yes,
            (None, None) => self.denial(),
        }
    }

    /// The choices about the statement's form that took part in whether it applies.
    pub(super) fn choice_of_form(
        &self,
        request: &Inner,
        facts: &Facts<'_>,
        takes_principal: bool,
    ) -> impl Iterator<Item = &'static Choice> {
        let both = (self.actions.is_some() && self.not_actions.is_some())
            || (self.resources.is_some() && self.not_resources.is_some())
            || (takes_principal && self.principals.is_some() && self.not_principals.is_some());
        let missing = (self.actions.is_none() && self.not_actions.is_none())
            || (!takes_principal && self.resources.is_none() && self.not_resources.is_none())
            || (takes_principal && self.principals.is_none() && self.not_principals.is_none());
        let short = self.resource_templates().any(|template| {
            template.is_short() && template.fits(&request.resource, facts) == Tri::Yes
        });
        let unresolved = self.not_resources.as_ref().is_some_and(|templates| {
            templates.iter().any(|template| template.is_unresolved(facts) == Tri::Yes)
        });
        let all = [
            both.then_some(choices::BOTH_FORMS),
            missing.then_some(choices::MISSING_ELEMENT),
            short.then_some(choices::SHORT_RESOURCE),
            unresolved.then_some(choices::UNRESOLVED_NOT_RESOURCE),
        ];
        all.into_iter().flatten()
    }

    /// What makes a denial more likely.
    fn denial(&self) -> Tri {
        (self.effect == Effect::Deny).into()
    }

    /// What actions it can be about begin with, in lower case.
    pub(super) fn action_heads(&self) -> Vec<&str> {
        match (&self.actions, &self.not_actions) {
            (Some(named), None) => named.iter().map(Template::head).collect(),
            _ => vec![""],
        }
    }

    /// What resources it can be about begin with.
    pub(super) fn resource_heads(&self) -> Vec<&str> {
        match (&self.resources, &self.not_resources) {
            (Some(named), None) => named.iter().map(|template| &*template.head).collect(),
            _ => vec![""],
        }
    }

    /// The unique ids that it names.
    pub(super) fn unique_ids(&self) -> impl Iterator<Item = &str> {
        [&self.principals, &self.not_principals]
            .into_iter()
            .flatten()
            .flat_map(PrincipalSet::unique_ids)
    }

    /// The patterns of its resources.
    pub(super) fn resource_templates(&self) -> impl Iterator<Item = &ResourceTemplate> {
        [&self.resources, &self.not_resources].into_iter().flatten().flatten()
    }
}

/// A pattern of resources.
#[derive(Clone, Debug)]
pub(super) struct ResourceTemplate {
    /// What every resource that fits begins with.
    head: Box<str>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// `*`, and patterns too short for an ARN, which are matched against the whole text.
    Whole(Template),
    /// An ARN whose only wildcard is a `*` at its end, if any: as a whole text the same, and faster.
    Plain(Template),
    Arn(ArnTemplate),
}

impl ResourceTemplate {
    fn new(text: &str, variables: bool) -> Self {
        let form = match ArnTemplate::new(text, variables) {
            Some(template) => match template.plain() {
                Some(whole) => Form::Plain(whole),
                None => Form::Arn(template),
            },
            None => Form::Whole(Template::pattern(text, variables)),
        };
        let head = text.split(['*', '?', '$']).next().unwrap_or_default();
        Self { head: head.into(), form }
    }

    pub(super) fn fits(&self, resource: &str, facts: &Facts<'_>) -> Tri {
        match &self.form {
            Form::Whole(template) | Form::Plain(template) => template.fits(resource, facts, false),
            Form::Arn(template) => facts.arn().map_or(Tri::No, |arn| template.fits(&arn, facts)),
        }
    }

    /// Whether it has too few parts for an ARN, and is not `*`.
    fn is_short(&self) -> bool {
        matches!(&self.form, Form::Whole(template) if !matches!(template, Template::Any))
    }

    /// Whether the pattern has a variable without a value, and could be about the resource.
    fn is_unresolved(&self, facts: &Facts<'_>) -> Tri {
        match &self.form {
            Form::Whole(template) | Form::Plain(template) => template.is_unresolved(facts),
            Form::Arn(template) => {
                facts.arn().map_or(Tri::No, |arn| template.is_unresolved(&arn, facts))
            }
        }
    }

    pub(super) fn variables(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match &self.form {
            Form::Whole(template) | Form::Plain(template) => Box::new(template.variables()),
            Form::Arn(template) => Box::new(template.variables()),
        }
    }
}
