//! The policy language of AWS IAM: read, write and build documents.
//!
//! [`Policy::parse`] reads any document and keeps its author's form; [`Policy::builder`] makes new ones, with conditions
//! whose operators fit their [keys]. Decisions are made by [`evaluate`](mod@crate::evaluate).
//!
//! ```
//! use zt_core::action;
//! use zt_core::policy::{Policy, Statement, keys::aws};
//!
//! let policy = Policy::builder()
//!     .statement(
//!         Statement::deny("DenyWithoutMfa")
//!             .not_actions([action!("iam:CreateVirtualMFADevice"), action!("sts:GetSessionToken")])
//!             .any_resource()
//!             .when(aws::multi_factor_auth_present().if_exists().is(false)),
//!     )
//!     .build()?;
//! assert_eq!(Policy::parse(&policy.to_json())?, policy);
//! # Ok::<(), zt_core::policy::PolicyError>(())
//! ```
//!
//! Rules: IAM User Guide, *Grammar of the IAM JSON policy language* and *IAM JSON policy element reference*.

mod arn;
mod clause;
mod condition;
mod document;
mod error;
pub mod keys;
mod operator;
mod parse;
mod principal;
mod statement;
mod transcode;
mod variable;

pub use self::arn::{Arn, ArnError, ArnParts};
pub use self::clause::{Action, OneOrMany, Resource};
pub use self::condition::{Condition, Conditions, KeyValues, Number, Value};
pub use self::document::{Policy, PolicyBuilder, Version};
pub use self::error::{
    Duplicate, Missing, PolicyError, SyntaxError, TooDeep, Unexpected, UnknownElement, UnknownName,
};
pub use self::keys::IpRange;
pub use self::operator::{Comparison, Operator, Qualifier};
pub(crate) use self::parse::escape_pointer;
pub use self::principal::{Principal, PrincipalKind, Principals};
pub use self::statement::{Effect, Element, Statement};
pub(crate) use self::variable::{Piece, pieces};
pub use self::variable::{Variable, escape};
