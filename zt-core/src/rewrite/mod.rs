//! Other ways to write a policy that decide alike.
//!
//! - [`normalize`]: the canonical order and form, so that a difference between two documents is a difference in meaning;
//! - [`minimize`]: merged statements, without what others cover;
//! - [`split`]: several policies that fit a [`SizeLimit`] and together mean the same;
//! - [`equivalent`]: whether two policies mean the same, where that can be told.
//!
//! ```
//! use zt_core::policy::Policy;
//! use zt_core::rewrite::{Equivalence, equivalent, minimize};
//!
//! let long = Policy::parse(r#"{
//!     "Version": "2012-10-17",
//!     "Statement": [
//!         {"Effect": "Allow", "Action": ["s3:Get*", "s3:GetObject"], "Resource": "arn:aws:s3:::a/*"},
//!         {"Effect": "Allow", "Action": "s3:get*", "Resource": "arn:aws:s3:::b/*"}
//!     ]
//! }"#)?;
//! let short = minimize(&long);
//! assert_eq!(
//!     short.to_json(),
//!     r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":["arn:aws:s3:::a/*","arn:aws:s3:::b/*"]}]}"#,
//! );
//! assert!(matches!(equivalent(&long, &short), Equivalence::Equal));
//! # Ok::<(), zt_core::policy::PolicyError>(())
//! ```
//!
//! Rules: a rewrite uses only what the IAM User Guide documents (order has no meaning, one value needs no brackets, values of a
//! list are alternatives); lists after `Not...` are never joined.

mod canon;
pub(crate) mod cover;
mod equal;
mod minimize;
mod size;
mod split;

pub use self::equal::{Equivalence, equivalent};
pub(crate) use self::minimize::Extent;
pub use self::size::SizeLimit;
pub use self::split::{NotSplittable, SplitError, TooLarge, split};

use crate::policy::Policy;

/// The canonical form of a policy: it decides every request as the policy does.
///
/// Elements stand in the order of AWS's documentation; statements, values and operators are sorted; nothing is given twice; one value
/// has no brackets; numbers and booleans are quoted; operators and global condition keys are spelled as AWS spells them; the
/// version is written out; empty condition blocks are gone. `Sid` and `Id` stay.
///
/// ```
/// use zt_core::policy::Policy;
/// use zt_core::rewrite::normalize;
///
/// let text = r#"{"Statement":{"Resource":["*"],"Condition":{"bool":{"AWS:securetransport":true}},"Action":["s3:Put*","s3:Get*","s3:get*"],"Effect":"Allow"}}"#;
/// assert_eq!(
///     normalize(&Policy::parse(text)?).to_json(),
///     r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:Put*"],"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}"#,
/// );
/// # Ok::<(), zt_core::policy::PolicyError>(())
/// ```
#[must_use]
pub fn normalize(policy: &Policy) -> Policy {
    canon::normalize(policy)
}

/// A policy as short as these rules make it, which decides every request as the policy does:
///
/// - a value covered by a pattern of the same list goes: `s3:GetObject` beside `s3:Get*`, an address range inside another;
/// - a statement covered by another of the same effect goes;
/// - statements that differ only in `Action`, only in `Resource` or only in `Principal` become one, with the first one's `Sid`.
///
/// The result is in [canonical form](normalize). What an evaluator says about its reasons changes with the statements.
#[must_use]
pub fn minimize(policy: &Policy) -> Policy {
    minimize::minimize(policy)
}

impl Policy {
    /// As [`normalize`].
    #[must_use]
    pub fn normalize(&self) -> Self {
        normalize(self)
    }

    /// As [`minimize`](minimize()).
    #[must_use]
    pub fn minimize(&self) -> Self {
        minimize(self)
    }
}
