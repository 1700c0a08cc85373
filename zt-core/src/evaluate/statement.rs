//! Policies, compiled: what a statement needs to be decided, and nothing else.

use super::condition::Condition;
use super::facts::Facts;
use super::principal::{Matched, PrincipalSet};
use super::request::Inner;
use super::template::{Arn, ArnTemplate, Template};
use super::tri::Tri;
use crate::policy::{self, Effect, Resource, Version};

/// A policy and how it is named in explanations.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) label: Box<str>,
    pub(super) statements: Box<[Statement]>,
}

#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) effect: Effect,
    pub(super) label: Box<str>,
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
    pub(super) fn new(policy: &policy::Policy, label: String) -> Self {
        let variables = policy.version() == Version::V2012_10_17;
        let statements = policy.statements().iter().enumerate();
        Self {
            label: label.into(),
            statements: statements
                .map(|(at, statement)| Statement::new(statement, at, variables))
                .collect(),
        }
    }
}

impl Statement {
    fn new(statement: &policy::Statement, at: usize, variables: bool) -> Self {
        let label = match statement.sid() {
            Some(sid) if !sid.is_empty() => sid.to_owned(),
            _ => format!("#{}", at + 1),
        };
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
            label: label.into(),
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
        if takes_principal && !self.takes_principal(request, facts).any() {
            return Tri::No;
        }
        let resource = self.takes_resource(request, facts, takes_principal);
        if resource == Tri::No {
            return Tri::No;
        }
        resource & Tri::all(self.conditions.iter().map(|condition| self.holds(condition, facts)))
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
        if takes_principal && !self.takes_principal(request, facts).any() {
            return Some(Part::Principal);
        }
        (self.takes_resource(request, facts, takes_principal) == Tri::No).then_some(Part::Resource)
    }

    /// Whether a condition of this statement holds. An operator that is not known errs towards denial.
    pub(super) fn holds(&self, condition: &Condition, facts: &Facts<'_>) -> Tri {
        condition.holds(facts).unwrap_or(self.denial())
    }

    /// As whom the statement names the caller.
    pub(super) fn takes_principal(&self, request: &Inner, facts: &Facts<'_>) -> Matched {
        match (&self.principals, &self.not_principals) {
            (Some(named), None) => named.matched(&request.caller, facts),
            (None, Some(excepted)) if excepted.matched(&request.caller, facts).any() => {
                Matched::NONE
            }
            (None, Some(_)) => Matched::ANYONE,
            // Without a principal, or with both forms: errs towards denial.
            _ if self.effect == Effect::Deny => Matched::ANYONE,
            _ => Matched::NONE,
        }
    }

    fn takes_action(&self, request: &Inner) -> bool {
        let fits = |templates: &[Template]| {
            templates.iter().any(|template| {
                // Patterns of actions have no variables, so no facts are needed.
                template.fits_plain(&request.action, true)
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
        let arn = Arn::new(&request.resource);
        let fits = |templates: &[ResourceTemplate]| {
            Tri::any(
                templates
                    .iter()
                    .map(|template| template.fits(&request.resource, arn.as_ref(), facts)),
            )
        };
        let misses = |templates: &[ResourceTemplate]| {
            let unresolved = match self.effect {
                // A variable without a value makes its pattern match no resource. Whether the statement then excepts
                // nothing or applies to nothing is not documented: errs towards denial.
                Effect::Allow => Tri::any(
                    templates.iter().map(|template| template.is_unresolved(arn.as_ref(), facts)),
                ),
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

    /// What makes a denial more likely.
    fn denial(&self) -> Tri {
        (self.effect == Effect::Deny).into()
    }

    /// The keys of variables in resources, in lower case.
    pub(super) fn resource_variables(&self) -> impl Iterator<Item = &str> {
        [&self.resources, &self.not_resources]
            .into_iter()
            .flatten()
            .flat_map(|templates| templates.iter().flat_map(ResourceTemplate::variables))
    }
}

/// A pattern of resources.
#[derive(Clone, Debug)]
enum ResourceTemplate {
    /// `*`, and patterns too short for an ARN, which are matched against the whole text.
    Whole(Template),
    Arn(ArnTemplate),
}

impl ResourceTemplate {
    fn new(text: &str, variables: bool) -> Self {
        match ArnTemplate::new(text, variables) {
            Some(template) => Self::Arn(template),
            None => Self::Whole(Template::pattern(text, variables)),
        }
    }

    fn fits(&self, resource: &str, arn: Option<&Arn<'_>>, facts: &Facts<'_>) -> Tri {
        match self {
            Self::Whole(template) => template.fits(resource, facts, false),
            Self::Arn(template) => arn.map_or(Tri::No, |arn| template.fits(arn, facts)),
        }
    }

    /// Whether the pattern has a variable without a value, and could be about the resource.
    fn is_unresolved(&self, arn: Option<&Arn<'_>>, facts: &Facts<'_>) -> Tri {
        match self {
            Self::Whole(template) => template.is_unresolved(facts),
            Self::Arn(template) => arn.map_or(Tri::No, |arn| template.is_unresolved(arn, facts)),
        }
    }

    fn variables(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Whole(template) => Box::new(template.variables()),
            Self::Arn(template) => Box::new(template.variables()),
        }
    }
}
