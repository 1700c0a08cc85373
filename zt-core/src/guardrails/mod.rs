//! Ready policies for what every account needs, with parameters that are checked.
//!
//! | function | policy |
//! |---|---|
//! | [`require_mfa`] | nothing without a second factor, except enrolling one's own |
//! | [`restrict_access`] | access by network, organisation, Region, time, TLS and second factor: as an Allow, and as the Deny that no other Allow gets past |
//! | [`temporary_access`] | permissions that end at a date, whatever else allows |
//! | [`kms_key_policy`] | a key whose administrators cannot use it and whose users cannot administer it |
//! | [`trust`] | who may assume a role: services, accounts, identity providers |
//!
//! Each has `limits()`: sentences that say what it does not cover. Read them before relying on one.
//!
//! ```
//! use zt_core::evaluate::{Evaluator, Outcome, Request};
//! use zt_core::guardrails::require_mfa;
//!
//! let evaluator = Evaluator::builder().identity([&require_mfa().build()?]).build()?;
//! let alice = "arn:aws:iam::111122223333:user/alice";
//! let enrol = |user: &str| {
//!     Request::new(alice, "iam:EnableMFADevice", format!("arn:aws:iam::111122223333:user/{user}"))
//!         .with("aws:username", "alice")
//! };
//! assert_eq!(evaluator.evaluate(&enrol("alice")).outcome(), Outcome::Allowed);
//! assert_eq!(evaluator.evaluate(&enrol("bob")).outcome(), Outcome::ExplicitDeny);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod kms;
mod mfa;
mod temporary;
pub mod trust;
mod values;

pub use self::access::{GLOBAL_SERVICES, RestrictAccess, restrict_access};
pub use self::kms::{
    KEY_ADMINISTRATION, KEY_AGREEMENT, KEY_AUTHENTICATION, KEY_REPLICATION, KEY_SIGNING, KEY_USE,
    KmsKeyPolicy, key_use, kms_key_policy,
};
pub use self::mfa::{RequireMfa, require_mfa};
pub use self::temporary::{OUTLIVING_ACTIONS, TemporaryAccess, temporary_access};
pub use self::values::{GuardrailError, InvalidParameter, MissingParameter};
