//! Conditions, compiled, and whether they hold.

use super::choices::{self, Choice};
use super::context::Key;
use super::facts::{Fact, Facts};
use super::template::{Arn, ArnTemplate, Template};
use super::tri::Tri;
use crate::literal::{self, Instant};
use crate::policy::{Comparison, OneOrMany, Operator, Qualifier, Value};
use ipnet::IpNet;
use rust_decimal::Decimal;

/// One test of a condition block.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// `None` for an operator that is not known.
    test: Option<Test>,
    pub(super) key: Key,
    /// As they were written, for explanations.
    pub(super) key_text: Box<str>,
    pub(super) operator: Box<str>,
    pub(super) values: Box<[Box<str>]>,
}

#[derive(Clone, Debug)]
pub(super) struct Test {
    pub(super) comparison: Comparison,
    pub(super) qualifier: Option<Qualifier>,
    pub(super) if_exists: bool,
    pub(super) operands: Operands,
}

/// The values of a test, read as its operator reads them. What does not read is left out: it matches nothing.
#[derive(Clone, Debug)]
pub(super) enum Operands {
    /// Texts or patterns; whether case is ignored.
    Texts {
        templates: Vec<Template>,
        fold: bool,
    },
    Numbers(Vec<Decimal>),
    Instants(Vec<Instant>),
    Booleans(Vec<Boolean>),
    /// Base64, which has one spelling for any bytes.
    Bytes(Vec<Box<str>>),
    Ranges(Vec<IpNet>),
    Arns(Vec<ArnTemplate>),
    /// Whether the key shall be absent.
    Absence(Vec<bool>),
}

#[derive(Clone, Debug)]
pub(super) enum Boolean {
    Is(bool),
    /// With variables.
    Varies(Template),
}

impl Condition {
    pub(super) fn new(
        operator: &Operator,
        key: &str,
        values: &OneOrMany<Value>,
        variables: bool,
    ) -> Self {
        let test = operator.comparison().map(|comparison| Test {
            comparison,
            qualifier: operator.qualifier(),
            if_exists: operator.if_exists(),
            operands: Operands::new(comparison, values, variables),
        });
        Self {
            test,
            key: Key::new(key),
            key_text: key.into(),
            operator: operator.as_str().into(),
            values: values.iter().map(|value| value.text().into()).collect(),
        }
    }

    /// Whether it holds; `None` when the operator is not known.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> Option<Tri> {
        self.test.as_ref().map(|test| test.holds(&self.key, facts))
    }

    pub(super) fn test(&self) -> Option<&Test> {
        self.test.as_ref()
    }

    /// The choice that decided about a value.
    pub(super) fn choice_for(&self, value: &str) -> Option<&'static Choice> {
        let test = self.test.as_ref()?;
        let unreadable = match &test.operands {
            Operands::Numbers(_) => literal::decimal(value).is_none(),
            Operands::Instants(_) => literal::instant(value).is_none(),
            Operands::Ranges(_) => literal::ip_range(value).is_none(),
            Operands::Arns(_) => Arn::new(value).is_none(),
            _ => false,
        };
        if unreadable {
            return Some(choices::UNREADABLE_VALUE);
        }
        let readable = match &test.operands {
            Operands::Numbers(all) => all.len(),
            Operands::Instants(all) => all.len(),
            Operands::Ranges(all) => all.len(),
            Operands::Arns(all) => all.len(),
            Operands::Bytes(all) => all.len(),
            _ => self.values.len(),
        };
        (readable < self.values.len()).then_some(choices::UNREADABLE_POLICY_VALUE)
    }

    /// The keys of variables in the values, in lower case.
    pub(super) fn variables(&self) -> Vec<&str> {
        match self.test.as_ref().map(|test| &test.operands) {
            Some(Operands::Texts { templates, .. }) => {
                templates.iter().flat_map(Template::variables).collect()
            }
            Some(Operands::Booleans(all)) => {
                all.iter().filter_map(Boolean::template).flat_map(Template::variables).collect()
            }
            Some(Operands::Arns(arns)) => arns.iter().flat_map(ArnTemplate::variables).collect(),
            _ => Vec::new(),
        }
    }
}

impl Test {
    fn holds(&self, key: &Key, facts: &Facts<'_>) -> Tri {
        self.holds_for(facts.get(key), facts)
    }

    /// Whether it holds for a value of its key.
    pub(super) fn holds_for(&self, fact: Fact<'_>, facts: &Facts<'_>) -> Tri {
        let values: &[String] = match fact {
            Fact::Unknown => return Tri::Maybe,
            Fact::Absent => return self.holds_without().into(),
            Fact::One(value) => return self.holds_for_one(value, facts),
            Fact::Many(values) => values,
        };
        if let Operands::Absence(absent) = &self.operands {
            // "Exists and its value is not null": an empty list is null.
            return absent.contains(&values.is_empty()).into();
        }
        let each = values.iter().map(String::as_str);
        match self.qualifier {
            Some(Qualifier::ForAllValues) => {
                Tri::all(each.map(|value| self.all_values_take(value, facts)))
            }
            Some(Qualifier::ForAnyValue) => Tri::any(
                each.filter(|value| !value.is_empty()).map(|value| self.matches(value, facts)),
            ),
            None => match values {
                [] => self.holds_without().into(),
                [only] => self.matches(only, facts),
                // Set operators are required for several values: without one nothing matches.
                _ => Tri::No,
            },
        }
    }

    fn holds_for_one(&self, value: &str, facts: &Facts<'_>) -> Tri {
        if let Operands::Absence(absent) = &self.operands {
            return absent.contains(&false).into();
        }
        match self.qualifier {
            Some(Qualifier::ForAllValues) => self.all_values_take(value, facts),
            Some(Qualifier::ForAnyValue) if value.is_empty() => Tri::No,
            _ => self.matches(value, facts),
        }
    }

    /// An empty text is a null value, which `ForAllValues` lets pass.
    fn all_values_take(&self, value: &str, facts: &Facts<'_>) -> Tri {
        if value.is_empty() { Tri::Yes } else { self.matches(value, facts) }
    }

    /// Whether it holds when the key is absent.
    fn holds_without(&self) -> bool {
        match (&self.operands, self.qualifier) {
            (Operands::Absence(absent), _) => absent.contains(&true),
            (_, Some(Qualifier::ForAllValues)) => true,
            (_, Some(Qualifier::ForAnyValue)) => false,
            (_, None) => self.if_exists || self.comparison.is_negated(),
        }
    }

    /// Whether one value matches: some operand, or for a negation none.
    pub(super) fn matches(&self, value: &str, facts: &Facts<'_>) -> Tri {
        let positive = match &self.operands {
            Operands::Texts { templates, fold } => {
                Tri::any(templates.iter().map(|template| template.fits(value, facts, *fold)))
            }
            Operands::Booleans(all) => match literal::boolean(value) {
                Some(own) => Tri::any(all.iter().map(|one| match one {
                    Boolean::Is(other) => (own == *other).into(),
                    Boolean::Varies(template) => template.fits(value, facts, true),
                })),
                None => Tri::No,
            },
            Operands::Bytes(texts) => texts.iter().any(|text| **text == *value).into(),
            Operands::Arns(templates) => match Arn::new(value) {
                Some(arn) => Tri::any(templates.iter().map(|template| template.fits(&arn, facts))),
                None => return Tri::No,
            },
            Operands::Numbers(numbers) => match literal::decimal(value) {
                Some(own) => numbers.iter().any(|other| self.compare(&own, other)).into(),
                None => return Tri::No,
            },
            Operands::Instants(instants) => match literal::instant(value) {
                Some(own) => instants.iter().any(|other| self.compare(&own, other)).into(),
                None => return Tri::No,
            },
            Operands::Ranges(ranges) => match literal::ip_range(value) {
                Some(own) => ranges.iter().any(|range| range.contains(&own)).into(),
                None => return Tri::No,
            },
            Operands::Absence(_) => Tri::No,
        };
        if self.comparison.is_negated() { !positive } else { positive }
    }

    /// The comparison without its negation.
    fn compare<T: Ord>(&self, own: &T, other: &T) -> bool {
        use Comparison as C;
        match self.comparison {
            C::NumericLessThan | C::DateLessThan => own < other,
            C::NumericLessThanEquals | C::DateLessThanEquals => own <= other,
            C::NumericGreaterThan | C::DateGreaterThan => own > other,
            C::NumericGreaterThanEquals | C::DateGreaterThanEquals => own >= other,
            _ => own == other,
        }
    }
}

impl Boolean {
    /// `None` for what is neither true nor false.
    fn new(text: &str, variables: bool) -> Option<Self> {
        match Template::text(text, variables) {
            Template::Exact(text) => literal::boolean(&text).map(Self::Is),
            varies => Some(Self::Varies(varies)),
        }
    }

    pub(super) fn template(&self) -> Option<&Template> {
        match self {
            Self::Is(_) => None,
            Self::Varies(template) => Some(template),
        }
    }
}

impl Operands {
    fn new(comparison: Comparison, values: &OneOrMany<Value>, variables: bool) -> Self {
        use Comparison as C;
        let texts = || values.iter().map(Value::text);
        match comparison.positive() {
            C::StringEquals => Self::Texts {
                templates: texts().map(|text| Template::text(&text, variables)).collect(),
                fold: false,
            },
            C::StringEqualsIgnoreCase => Self::Texts {
                templates: texts().map(|text| Template::text(&text, variables)).collect(),
                fold: true,
            },
            C::StringLike => Self::Texts {
                templates: texts().map(|text| Template::pattern(&text, variables)).collect(),
                fold: false,
            },
            C::Bool => {
                Self::Booleans(texts().filter_map(|text| Boolean::new(&text, variables)).collect())
            }
            C::BinaryEquals => Self::Bytes(
                texts()
                    .filter(|text| literal::bytes(text).is_some())
                    .map(|text| text.into())
                    .collect(),
            ),
            C::IpAddress => {
                Self::Ranges(texts().filter_map(|text| literal::ip_range(&text)).collect())
            }
            C::ArnEquals | C::ArnLike => {
                Self::Arns(texts().filter_map(|text| ArnTemplate::new(&text, variables)).collect())
            }
            C::Null => Self::Absence(texts().filter_map(|text| literal::boolean(&text)).collect()),
            C::DateEquals
            | C::DateLessThan
            | C::DateLessThanEquals
            | C::DateGreaterThan
            | C::DateGreaterThanEquals => {
                Self::Instants(texts().filter_map(|text| literal::instant(&text)).collect())
            }
            _ => Self::Numbers(texts().filter_map(|text| literal::decimal(&text)).collect()),
        }
    }
}
