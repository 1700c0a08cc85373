//! One policy as several that fit a limit.

use super::canon::Canon;
use super::size::SizeLimit;
use crate::policy::{Policy, Statement};

/// Policies that each fit the limit, and together decide as the one does.
///
/// Statements stay whole where they fit; one that does not is divided along its actions or its resources. Try
/// [`minimize`](super::minimize()) first. How many policies may be attached is a limit of its own.
///
/// # Errors
///
/// [`SplitError::NotSplittable`] for a kind of which there can be only one; [`SplitError::TooLarge`] when a statement with
/// one action and one resource does not fit.
///
/// ```
/// use zt_core::policy::{Policy, Statement};
/// use zt_core::rewrite::{SizeLimit, split};
///
/// let actions: Vec<String> = (0..400).map(|at| format!("s3:GetSomethingNumber{at}")).collect();
/// let policy = Policy::new([Statement::allow("Read").actions(actions).any_resource()])?;
/// let parts = split(&policy, SizeLimit::ManagedPolicy)?;
/// assert_eq!(parts.len(), 2);
/// assert!(parts.iter().all(|part| SizeLimit::ManagedPolicy.size_of(part) <= 6144));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn split(policy: &Policy, limit: SizeLimit) -> Result<Vec<Policy>, SplitError> {
    if limit.size_of(policy) <= limit.limit() {
        return Ok(vec![policy.clone()]);
    }
    if !limit.is_splittable() {
        return Err(SplitError::NotSplittable(NotSplittable { kind: limit.name() }));
    }
    let fits = |statements: &[Statement]| {
        limit.size_of(&policy.with_statements(statements.to_vec())) <= limit.limit()
    };
    let mut pieces = Vec::new();
    for (at, statement) in policy.statements().iter().enumerate() {
        divide(statement.clone(), &fits, &mut pieces).map_err(|size| {
            SplitError::TooLarge(TooLarge { statement: at, size, limit: limit.limit() })
        })?;
    }
    let mut parts: Vec<Vec<Statement>> = Vec::new();
    for piece in pieces {
        let place = parts.iter_mut().find(|part| {
            let mut longer: Vec<Statement> = part.to_vec();
            longer.push(piece.clone());
            fits(&longer)
        });
        match place {
            Some(part) => part.push(piece),
            None => parts.push(vec![piece]),
        }
    }
    Ok(parts.into_iter().map(|statements| policy.with_statements(statements)).collect())
}

/// Halves a statement until each piece fits; on failure, the size of what does not.
fn divide(
    statement: Statement,
    fits: &impl Fn(&[Statement]) -> bool,
    pieces: &mut Vec<Statement>,
) -> Result<(), usize> {
    if fits(std::slice::from_ref(&statement)) {
        pieces.push(statement);
        return Ok(());
    }
    let Some((first, second)) = halves(&statement) else {
        return Err(serde_json::to_string(&statement).map_or(0, |json| json.chars().count()));
    };
    divide(first, fits, pieces)?;
    divide(second, fits, pieces)
}

/// The longer of its two lists, halved. The second half has no `Sid`: it must be unique.
fn halves(statement: &Statement) -> Option<(Statement, Statement)> {
    let whole = Canon::new(statement);
    let (mut first, mut second) = (whole.clone(), whole);
    second.sid = None;
    let length = |list: usize| if list > 1 { list } else { 0 };
    let actions = length(first.actions.as_ref().map_or(0, Vec::len));
    let resources = length(first.resources.as_ref().map_or(0, Vec::len));
    if !first.is_well_formed() || (actions == 0 && resources == 0) {
        return None;
    }
    if actions >= resources {
        let list = first.actions.as_mut()?;
        second.actions = Some(list.split_off(list.len() / 2));
    } else {
        let list = first.resources.as_mut()?;
        second.resources = Some(list.split_off(list.len() / 2));
    }
    Some((first.into_statement(), second.into_statement()))
}

/// Why a policy cannot be split.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SplitError {
    /// There can be only one policy of this kind.
    #[error(transparent)]
    NotSplittable(NotSplittable),
    /// A statement does not fit by itself and cannot be divided.
    #[error(transparent)]
    TooLarge(TooLarge),
}

impl SplitError {
    /// A stable name for programs: `NOT_SPLITTABLE` or `TOO_LARGE`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotSplittable(_) => "NOT_SPLITTABLE",
            Self::TooLarge(_) => "TOO_LARGE",
        }
    }
}

/// There can be only one policy of this kind: see [`SplitError::NotSplittable`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{kind}: there can be only one, so it cannot be split")]
pub struct NotSplittable {
    kind: &'static str,
}

/// A statement that does not fit by itself: see [`SplitError::TooLarge`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "policy /Statement/{statement}: {size} characters do not fit into {limit} and cannot be divided"
)]
pub struct TooLarge {
    statement: usize,
    size: usize,
    limit: usize,
}

impl TooLarge {
    /// The place of the statement in the policy, from 0.
    #[must_use]
    pub fn statement(&self) -> usize {
        self.statement
    }

    /// Its size, in characters.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }
}
