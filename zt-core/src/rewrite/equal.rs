//! Whether two policies mean the same.

use std::collections::BTreeSet;

use super::canon::{Canon, Test};
use super::minimize::minimize;
use crate::evaluate::{Evaluator, Request};
use crate::policy::{
    Action, Comparison, Operator, Policy, Principal, Principals, Statement, Value, Version,
};

/// What [`equivalent`] found.
#[derive(Clone, Debug)]
pub enum Equivalence {
    /// The policies decide every request alike.
    Equal,
    /// They decide this request differently: as policies of the resource when one of them names principals, as the principal's own
    /// otherwise, with no policy beside them.
    Different(Box<Request>),
    /// Neither was shown.
    Undecided,
}

impl Equivalence {
    /// Yes, no, or not known.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Equal => Some(true),
            Self::Different(_) => Some(false),
            Self::Undecided => None,
        }
    }
}

/// Whether two policies decide every request alike.
///
/// Equal are those whose minimal forms are alike, names aside. Different are those that the evaluator tells apart by one of the
/// requests made from their statements: the request comes with the answer. Everything else is undecided: the
/// answer is never a guess.
///
/// ```
/// use zt_core::policy::{Policy, Statement};
/// use zt_core::rewrite::{Equivalence, equivalent};
///
/// let one = Policy::new([Statement::allow("A").actions(["s3:getobject"]).any_resource()])?;
/// let two = Policy::new([Statement::allow("B").actions(["s3:GetObject"]).any_resource()])?;
/// assert_eq!(equivalent(&one, &two).as_bool(), Some(true));
///
/// let more = Policy::new([Statement::allow("A").actions(["s3:Get*"]).any_resource()])?;
/// let Equivalence::Different(request) = equivalent(&one, &more) else { panic!() };
/// assert_ne!(request.action(), "s3:GetObject");
/// # Ok::<(), zt_core::policy::PolicyError>(())
/// ```
#[must_use]
pub fn equivalent(a: &Policy, b: &Policy) -> Equivalence {
    if meaning(a) == meaning(b) {
        return Equivalence::Equal;
    }
    let names_principals = |policy: &Policy| {
        policy.statements().iter().any(|statement| {
            statement.principal_element().is_some() || statement.not_principal_element().is_some()
        })
    };
    let of_resource = names_principals(a) || names_principals(b);
    let of = |policy: &Policy| {
        let builder = Evaluator::builder();
        if of_resource {
            builder.resource(Some(policy)).build()
        } else {
            builder.identity([policy]).build()
        }
    };
    let (Ok(first), Ok(second)) = (of(a), of(b)) else {
        return Equivalence::Undecided;
    };
    let statements = a.statements().iter().chain(b.statements());
    for request in statements.flat_map(requests) {
        if first.outcome(&request) != second.outcome(&request) {
            return Equivalence::Different(Box::new(request));
        }
    }
    Equivalence::Undecided
}

/// The minimal form without names and with one spelling for everything that has several.
fn meaning(policy: &Policy) -> (bool, BTreeSet<String>) {
    let mut plain: Vec<Statement> = Vec::new();
    for statement in policy.statements() {
        let mut canon = Canon::new(statement);
        canon.sid = None;
        canon.id = None;
        for list in [&mut canon.actions, &mut canon.not_actions].into_iter().flatten() {
            for action in list.iter_mut() {
                *action = match action.as_str() {
                    "*:*" => Action::from("*"),
                    other => Action::from(other.to_ascii_lowercase()),
                };
            }
        }
        canon.conditions.iter_mut().for_each(respell);
        plain.push(canon.into_statement());
    }
    let short = minimize(&policy.with_statements(plain));
    let statements: BTreeSet<String> = short
        .statements()
        .iter()
        .map(|statement| serde_json::to_string(statement).unwrap_or_default())
        .collect();
    // Versions differ only where there is a variable.
    let has_variables = statements.iter().any(|statement| statement.contains("${"));
    (has_variables && policy.version() == Version::V2012_10_17, statements)
}

fn respell(test: &mut Test) {
    test.key = test.key.to_ascii_lowercase();
    let Some(comparison) = test.operator.comparison() else {
        return;
    };
    let comparison = match comparison {
        Comparison::ArnEquals => Comparison::ArnLike,
        Comparison::ArnNotEquals => Comparison::ArnNotLike,
        other => other,
    };
    let qualifier = test.operator.qualifier();
    // An absent key makes a negation hold, with `IfExists` and without.
    let if_exists = test.operator.if_exists() && (qualifier.is_some() || !comparison.is_negated());
    test.operator = Operator::new(comparison, qualifier, if_exists);
}

/// Requests that a statement is about, or just not.
fn requests(statement: &Statement) -> Vec<Request> {
    const MOST: usize = 64;
    let fill = |pattern: &str, with: &str| pattern.replace('*', with).replace('?', "x");
    let both = |pattern: &str| [fill(pattern, ""), fill(pattern, "xyz")];
    let actions: Vec<String> = match (statement.action_element(), statement.not_action_element()) {
        (Some(list), _) | (None, Some(list)) => {
            list.iter().flat_map(|action| both(action.as_str())).collect()
        }
        _ => Vec::new(),
    };
    let resources: Vec<String> =
        match (statement.resource_element(), statement.not_resource_element()) {
            (Some(list), _) | (None, Some(list)) => {
                list.iter().flat_map(|resource| both(resource.as_str())).collect()
            }
            _ => Vec::new(),
        };
    let principals: Vec<Principal> =
        match (statement.principal_element(), statement.not_principal_element()) {
            (Some(all), _) | (None, Some(all)) => Principals::to_list(all),
            _ => Vec::new(),
        };
    let somebody = Principal::from("arn:aws:iam::111122223333:user/somebody");
    let principals: Vec<Principal> = principals.into_iter().chain([somebody]).take(4).collect();
    let tests: Vec<(String, Option<String>)> = statement
        .condition_element()
        .into_iter()
        .flat_map(|conditions| conditions.iter())
        .map(|(operator, key, values)| (key.to_owned(), satisfying(operator, values.as_slice())))
        .collect();
    let mut all = Vec::new();
    let extra_actions = ["zt:NoSuchAction".to_owned()];
    let extra_resources = ["arn:aws:zt:::no-such-resource".to_owned()];
    for action in actions.iter().chain(&extra_actions).take(MOST) {
        for resource in resources.iter().chain(&extra_resources).take(8) {
            for principal in &principals {
                // With every test met, and with each key in turn left out.
                for left_out in std::iter::once(None).chain((0..tests.len()).map(Some)) {
                    let request = Request::new(principal, action, resource).with_all(
                        tests
                            .iter()
                            .enumerate()
                            .filter(|(at, _)| Some(*at) != left_out)
                            .filter_map(|(_, (key, value))| Some((key, value.clone()?))),
                    );
                    all.push(request);
                }
            }
        }
    }
    all
}

/// A value that meets a test, where one is easy to find; absent is often one.
fn satisfying(operator: &Operator, values: &[Value]) -> Option<String> {
    let first = values.first()?.text().into_owned();
    let comparison = operator.comparison()?;
    if comparison.is_negated() {
        return None;
    }
    match comparison {
        Comparison::Null => (first == "false").then(|| "x".to_owned()),
        Comparison::NumericLessThan => Some("-1".to_owned()),
        Comparison::NumericGreaterThan => Some("9999999999".to_owned()),
        Comparison::DateLessThan => Some("1970-01-01".to_owned()),
        Comparison::DateGreaterThan => Some("9999-01-01".to_owned()),
        Comparison::StringLike | Comparison::ArnLike | Comparison::ArnEquals => {
            Some(first.replace(['*', '?'], "x"))
        }
        Comparison::IpAddress => first.split('/').next().map(str::to_owned),
        _ => Some(first),
    }
}
