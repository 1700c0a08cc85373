//! Statements: what is allowed or denied, to whom, on what, when.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::clause::{Action, OneOrMany, Resource};
use super::condition::{Condition, Conditions};
use super::error::{Place, PolicyError};
use super::principal::{Principal, Principals};

/// One statement of a policy.
///
/// ```
/// use zt_core::action;
/// use zt_core::policy::{Statement, keys::aws};
///
/// let statement = Statement::deny("DenyWithoutMfa")
///     .not_actions([action!("iam:GetUser"), action!("sts:GetSessionToken")])
///     .any_resource()
///     .when(aws::multi_factor_auth_present().if_exists().is(false));
/// assert_eq!(statement.sid(), Some("DenyWithoutMfa"));
/// ```
///
/// Methods that take values ([`actions`](Self::actions), [`when`](Self::when), ...) add to the statement and may be
/// called several times. What they are given is checked when the policy is built.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Statement {
    /// In the order of the author. INVARIANT: no two of a kind.
    elements: Vec<Element>,
}

impl Statement {
    /// A statement that allows. The `Sid` is left out when it is empty.
    pub fn allow<'a>(sid: impl Into<Option<&'a str>>) -> Self {
        Self::new(Effect::Allow, sid.into())
    }

    /// A statement that denies, whatever others allow. The `Sid` is left out when it is empty.
    pub fn deny<'a>(sid: impl Into<Option<&'a str>>) -> Self {
        Self::new(Effect::Deny, sid.into())
    }

    /// Adds actions: the statement applies to these.
    #[must_use]
    pub fn actions<A: Into<Action>>(mut self, actions: impl IntoIterator<Item = A>) -> Self {
        let more = actions.into_iter().map(Into::into);
        if let Some(Element::Action(list)) = self.find_mut(Rank::Action) {
            list.extend(more);
        } else {
            self.insert(Element::Action(more.collect()));
        }
        self
    }

    /// Adds excepted actions: the statement applies to all actions but these, future ones included.
    #[must_use]
    pub fn not_actions<A: Into<Action>>(mut self, actions: impl IntoIterator<Item = A>) -> Self {
        let more = actions.into_iter().map(Into::into);
        if let Some(Element::NotAction(list)) = self.find_mut(Rank::NotAction) {
            list.extend(more);
        } else {
            self.insert(Element::NotAction(more.collect()));
        }
        self
    }

    /// Adds resources: the statement applies to these.
    #[must_use]
    pub fn resources<R: Into<Resource>>(mut self, resources: impl IntoIterator<Item = R>) -> Self {
        let more = resources.into_iter().map(Into::into);
        if let Some(Element::Resource(list)) = self.find_mut(Rank::Resource) {
            list.extend(more);
        } else {
            self.insert(Element::Resource(more.collect()));
        }
        self
    }

    /// The statement applies to every resource: `"Resource": "*"`.
    #[must_use]
    pub fn any_resource(self) -> Self {
        self.resources([Resource::ANY])
    }

    /// Adds excepted resources: the statement applies to all resources but these.
    #[must_use]
    pub fn not_resources<R: Into<Resource>>(
        mut self,
        resources: impl IntoIterator<Item = R>,
    ) -> Self {
        let more = resources.into_iter().map(Into::into);
        if let Some(Element::NotResource(list)) = self.find_mut(Rank::NotResource) {
            list.extend(more);
        } else {
            self.insert(Element::NotResource(more.collect()));
        }
        self
    }

    /// Adds a principal: the statement applies to it. Only policies of resources, roles and endpoints have principals.
    #[must_use]
    pub fn principal(mut self, principal: impl Into<Principal>) -> Self {
        let principal = principal.into();
        if let Some(Element::Principal(all)) = self.find_mut(Rank::Principal) {
            all.push(principal);
        } else {
            self.insert(Element::Principal(Principals::of(principal)));
        }
        self
    }

    /// Adds an excepted principal: the statement applies to everyone but it.
    #[must_use]
    pub fn not_principal(mut self, principal: impl Into<Principal>) -> Self {
        let principal = principal.into();
        if let Some(Element::NotPrincipal(all)) = self.find_mut(Rank::NotPrincipal) {
            all.push(principal);
        } else {
            self.insert(Element::NotPrincipal(Principals::of(principal)));
        }
        self
    }

    /// Adds a condition: the statement applies only when it holds, and all others do.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        if let Some(Element::Condition(all)) = self.find_mut(Rank::Condition) {
            all.push(condition);
        } else {
            let mut all = Conditions::default();
            all.push(condition);
            self.insert(Element::Condition(all));
        }
        self
    }

    /// The elements in the order of their author.
    #[must_use]
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// Whether the statement allows or denies.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self.find(Rank::Effect) {
            Some(Element::Effect(effect)) => *effect,
            _ => Effect::Deny,
        }
    }

    /// The name of the statement. An empty `Sid`, which documents often have, is `Some("")`.
    #[must_use]
    pub fn sid(&self) -> Option<&str> {
        match self.find(Rank::Sid) {
            Some(Element::Sid(sid)) => Some(sid),
            _ => None,
        }
    }

    /// The `Action` element.
    #[must_use]
    pub fn action_element(&self) -> Option<&OneOrMany<Action>> {
        match self.find(Rank::Action) {
            Some(Element::Action(list)) => Some(list),
            _ => None,
        }
    }

    /// The `NotAction` element.
    #[must_use]
    pub fn not_action_element(&self) -> Option<&OneOrMany<Action>> {
        match self.find(Rank::NotAction) {
            Some(Element::NotAction(list)) => Some(list),
            _ => None,
        }
    }

    /// The `Resource` element.
    #[must_use]
    pub fn resource_element(&self) -> Option<&OneOrMany<Resource>> {
        match self.find(Rank::Resource) {
            Some(Element::Resource(list)) => Some(list),
            _ => None,
        }
    }

    /// The `NotResource` element.
    #[must_use]
    pub fn not_resource_element(&self) -> Option<&OneOrMany<Resource>> {
        match self.find(Rank::NotResource) {
            Some(Element::NotResource(list)) => Some(list),
            _ => None,
        }
    }

    /// The `Principal` element.
    #[must_use]
    pub fn principal_element(&self) -> Option<&Principals> {
        match self.find(Rank::Principal) {
            Some(Element::Principal(all)) => Some(all),
            _ => None,
        }
    }

    /// The `NotPrincipal` element.
    #[must_use]
    pub fn not_principal_element(&self) -> Option<&Principals> {
        match self.find(Rank::NotPrincipal) {
            Some(Element::NotPrincipal(all)) => Some(all),
            _ => None,
        }
    }

    /// The `Condition` element.
    #[must_use]
    pub fn condition_element(&self) -> Option<&Conditions> {
        match self.find(Rank::Condition) {
            Some(Element::Condition(all)) => Some(all),
            _ => None,
        }
    }

    /// A statement from its elements, as they are.
    pub(crate) fn from_elements(elements: Vec<Element>) -> Self {
        Self { elements }
    }

    /// What [`Policy::builder`](super::Policy::builder) asks of a statement, beyond what types already ensure.
    pub(super) fn check(&self, pointer: &str) -> Result<(), PolicyError> {
        let place = |rest: String| Place::pointer(format!("{pointer}{rest}"));
        match (self.action_element(), self.not_action_element()) {
            (Some(_), Some(_)) => {
                let expected = "either actions or excepted actions";
                return Err(PolicyError::unexpected(place("/NotAction".into()), expected, "both"));
            }
            (None, None) => return Err(PolicyError::missing(place(String::new()), "an action")),
            (Some(list), None) => check_actions(list, &format!("{pointer}/Action"))?,
            (None, Some(list)) => check_actions(list, &format!("{pointer}/NotAction"))?,
        }
        let names_principal = match (self.principal_element(), self.not_principal_element()) {
            (Some(_), Some(_)) => {
                let expected = "either principals or excepted principals";
                return Err(PolicyError::unexpected(
                    place("/NotPrincipal".into()),
                    expected,
                    "both",
                ));
            }
            (None, None) => false,
            _ => true,
        };
        match (self.resource_element(), self.not_resource_element()) {
            (Some(_), Some(_)) => {
                let expected = "either resources or excepted resources";
                return Err(PolicyError::unexpected(
                    place("/NotResource".into()),
                    expected,
                    "both",
                ));
            }
            // The trust policy of a role has no resource: it is the role itself.
            (None, None) if names_principal => {}
            (None, None) => return Err(PolicyError::missing(place(String::new()), "a resource")),
            (Some(list), None) => check_resources(list, &format!("{pointer}/Resource"))?,
            (None, Some(list)) => check_resources(list, &format!("{pointer}/NotResource"))?,
        }
        self.condition_element().map_or(Ok(()), |conditions| check_conditions(conditions, pointer))
    }

    fn new(effect: Effect, sid: Option<&str>) -> Self {
        let sid = sid.filter(|sid| !sid.is_empty()).map(|sid| Element::Sid(sid.to_owned()));
        Self { elements: sid.into_iter().chain([Element::Effect(effect)]).collect() }
    }

    fn find(&self, rank: Rank) -> Option<&Element> {
        self.elements.iter().find(|element| element.rank() == rank)
    }

    fn find_mut(&mut self, rank: Rank) -> Option<&mut Element> {
        self.elements.iter_mut().find(|element| element.rank() == rank)
    }

    /// Puts an element before the first one that AWS's documentation writes after it.
    fn insert(&mut self, element: Element) {
        let at = self
            .elements
            .iter()
            .position(|other| other.rank() > element.rank())
            .unwrap_or(self.elements.len());
        self.elements.insert(at, element);
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.elements.len()))?;
        for element in &self.elements {
            let name = element.name();
            match element {
                Element::Sid(text) | Element::Id(text) => map.serialize_entry(name, text)?,
                Element::Effect(effect) => map.serialize_entry(name, effect)?,
                Element::Principal(all) | Element::NotPrincipal(all) => {
                    map.serialize_entry(name, all)?
                }
                Element::Action(list) | Element::NotAction(list) => {
                    map.serialize_entry(name, list)?
                }
                Element::Resource(list) | Element::NotResource(list) => {
                    map.serialize_entry(name, list)?
                }
                Element::Condition(all) => map.serialize_entry(name, all)?,
            }
        }
        map.end()
    }
}

/// One element of a statement.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Element {
    /// The statement's name.
    Sid(String),
    /// An `Id`, which belongs to the document: IAM refuses it here, but some documents have it.
    Id(String),
    /// Allow or deny.
    Effect(Effect),
    /// Whom the statement applies to.
    Principal(Principals),
    /// Whom the statement does not apply to.
    NotPrincipal(Principals),
    /// The actions it applies to.
    Action(OneOrMany<Action>),
    /// The actions it does not apply to.
    NotAction(OneOrMany<Action>),
    /// The resources it applies to.
    Resource(OneOrMany<Resource>),
    /// The resources it does not apply to.
    NotResource(OneOrMany<Resource>),
    /// When it applies.
    Condition(Conditions),
}

impl Element {
    pub(super) const NAMES: &'static [&'static str] = &[
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];

    /// The name in policies: `NotAction`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sid(_) => "Sid",
            Self::Id(_) => "Id",
            Self::Effect(_) => "Effect",
            Self::Principal(_) => "Principal",
            Self::NotPrincipal(_) => "NotPrincipal",
            Self::Action(_) => "Action",
            Self::NotAction(_) => "NotAction",
            Self::Resource(_) => "Resource",
            Self::NotResource(_) => "NotResource",
            Self::Condition(_) => "Condition",
        }
    }

    const fn rank(&self) -> Rank {
        match self {
            Self::Sid(_) => Rank::Sid,
            Self::Id(_) => Rank::Id,
            Self::Effect(_) => Rank::Effect,
            Self::Principal(_) => Rank::Principal,
            Self::NotPrincipal(_) => Rank::NotPrincipal,
            Self::Action(_) => Rank::Action,
            Self::NotAction(_) => Rank::NotAction,
            Self::Resource(_) => Rank::Resource,
            Self::NotResource(_) => Rank::NotResource,
            Self::Condition(_) => Rank::Condition,
        }
    }
}

/// The order in which AWS's documentation writes elements.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Rank {
    Sid,
    Id,
    Effect,
    Principal,
    NotPrincipal,
    Action,
    NotAction,
    Resource,
    NotResource,
    Condition,
}

/// Allow or deny. Spelled exactly so, case included (IAM User Guide, *IAM JSON policy elements: Effect*).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
pub enum Effect {
    /// The statement allows.
    Allow,
    /// The statement denies, and no other can allow.
    Deny,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        })
    }
}

fn check_actions(list: &OneOrMany<Action>, pointer: &str) -> Result<(), PolicyError> {
    check_texts(
        list,
        pointer,
        "an action such as \"s3:GetObject\" or \"s3:Get*\"",
        Action::is_well_formed,
    )
}

fn check_resources(list: &OneOrMany<Resource>, pointer: &str) -> Result<(), PolicyError> {
    check_texts(
        list,
        pointer,
        "\"*\" or an ARN such as \"arn:aws:s3:::bucket/*\"",
        Resource::is_well_formed,
    )
}

fn check_texts<T: AsRef<str>>(
    list: &OneOrMany<T>,
    pointer: &str,
    expected: &'static str,
    is_well_formed: impl Fn(&str) -> bool,
) -> Result<(), PolicyError> {
    if list.is_empty() {
        return Err(PolicyError::unexpected(Place::pointer(pointer), expected, "an empty list"));
    }
    for (at, text) in list.iter().enumerate() {
        if !is_well_formed(text.as_ref()) {
            let item =
                if list.is_scalar() { pointer.to_owned() } else { format!("{pointer}/{at}") };
            return Err(PolicyError::unexpected(
                Place::pointer(item),
                expected,
                format!("{:?}", text.as_ref()),
            ));
        }
    }
    Ok(())
}

fn check_conditions(conditions: &Conditions, pointer: &str) -> Result<(), PolicyError> {
    for (operator, keys) in conditions.operators() {
        for (at, (key, values)) in keys.iter().enumerate() {
            let place = Place::pointer(format!(
                "{pointer}/Condition/{}/{}",
                super::parse::escape_pointer(operator.as_str()),
                super::parse::escape_pointer(key)
            ));
            if keys.iter().take(at).any(|(other, _)| other == key) {
                let name = key.clone();
                return Err(PolicyError::Duplicate(super::error::Duplicate {
                    place,
                    name,
                    first: None,
                }));
            }
            if key.is_empty() {
                return Err(PolicyError::missing(place, "a condition key"));
            }
            if values.is_empty() {
                return Err(PolicyError::unexpected(place, "a value", "an empty list"));
            }
        }
    }
    Ok(())
}
