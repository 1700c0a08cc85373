//! Web ACL capacity units (WCU): what each part costs.

use std::fmt;

use super::WafError;

/// How many web ACL capacity units a web ACL takes, part by part.
///
/// A sum of AWS's published figures. AWS WAF may come to less: it counts a text transformation of one component once for several
/// rules. It does not come to more.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Capacity {
    parts: Vec<CapacityPart>,
}

/// What one part of a rule takes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CapacityPart {
    pub(super) rule: String,
    pub(super) what: String,
    pub(super) units: u32,
}

impl CapacityPart {
    /// The name of the rule.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The part, in words.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What it takes, in WCU.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.units
    }
}

impl Capacity {
    /// What the basic price of a web ACL covers, in WCU (AWS WAF Developer Guide, *Web ACL capacity units*).
    pub const INCLUDED: u32 = 1_500;
    /// The most that a web ACL can have, in WCU (the same page).
    pub const LIMIT: u32 = 5_000;

    /// The sum, in WCU.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.parts.iter().map(|part| part.units).sum()
    }

    /// The parts, in the order of the rules.
    #[must_use]
    pub fn parts(&self) -> &[CapacityPart] {
        &self.parts
    }

    /// Whether requests cost more than the basic price: above [`INCLUDED`](Self::INCLUDED), for every 500 WCU begun.
    #[must_use]
    pub fn costs_extra(&self) -> bool {
        self.total() > Self::INCLUDED
    }

    pub(super) fn add(&mut self, rule: &str, costs: &Costs) {
        let part = |(what, units): &(String, u32)| CapacityPart {
            rule: rule.to_owned(),
            what: what.clone(),
            units: *units,
        };
        self.parts.extend(costs.0.iter().map(part));
    }

    pub(super) fn check(self) -> Result<Self, WafError> {
        if self.total() > Self::LIMIT { Err(WafError::Capacity(self)) } else { Ok(self) }
    }

    pub(super) fn listed(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(ToString::to_string).collect();
        parts.join(", ")
    }
}

impl fmt::Display for CapacityPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.units, self.what, self.rule)
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} WCU: {}", self.total(), self.listed())
    }
}

/// Costs of a rule or statement, in words and WCU.
#[derive(Debug, Default)]
pub(super) struct Costs(pub(super) Vec<(String, u32)>);

impl Costs {
    pub(super) fn one(what: impl Into<String>, units: u32) -> Self {
        Self(vec![(what.into(), units)])
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}
