//! Access that ends by itself, and the plans that give it, take it back and clear it away.
//!
//! [`TemporaryAccess`] describes a grant: who, what and how long. Its plan makes a role whose policies hold the end themselves, so
//! that nothing has to run for the access to end. [`Grant`] revokes it before its time; [`sweep`] removes what is left of grants
//! that have ended. [`AccessPolicy`] judges the context of a request.
//!
//! ```
//! use std::time::Duration;
//! use zt_core::access::{Grant, TemporaryAccess};
//! use zt_core::policy::{Policy, Statement};
//!
//! let read = Policy::new([Statement::allow("Read").actions(["s3:GetObject"]).resources(["arn:aws:s3:::reports/*"])])?;
//! let alice = "arn:aws:iam::111122223333:user/alice";
//! let mut ids = || *b"sixteen bytes, r"; // a program draws them at random
//! let plan = TemporaryAccess::builder(alice, read, Duration::from_secs(3600)).build()?.plan("2026-06-01T12:00:00Z".parse()?, &mut ids)?;
//! assert_eq!(plan.steps().len(), 2);
//! assert!(plan.to_text().contains("2026-06-01T13:00:00Z"));
//! let revoke = Grant::of(&plan).unwrap().revoke()?;
//! assert_eq!(revoke.steps()[0].id(), "close");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod context;
mod error;
mod grant;
mod revoke;
pub mod sweep;

pub use self::context::{
    AccessCheck, AccessContext, AccessPolicy, AccessPolicyBuilder, AccessVerdict, Posture,
    TimeWindow, VerifyPosture,
};
pub use self::error::AccessError;
pub use self::grant::{TemporaryAccess, TemporaryAccessBuilder};
pub use self::revoke::Grant;

/// The path of every role that a grant makes: what is under it is ours to remove.
pub const PATH: &str = "/zt/temporary/";

/// The name of the policy that a grant puts into its role.
const ACCESS: &str = "access";
/// The tag that says when a grant ends.
const EXPIRES: &str = "zt:expires";
