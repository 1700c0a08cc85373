//! IAM policies as Rust types: write, read and decide them without a network.
//!
//! This crate makes no calls, reads no clock and draws no randomness; hand it facts, it hands back a decision and the
//! reasons for it. It does not fetch policies or facts from AWS, and it does not enforce decisions.
//!
//! ```
//! use zt_core::action;
//! use zt_core::evaluate::{Evaluator, Outcome, Request};
//! use zt_core::policy::{Policy, Statement, keys::aws};
//!
//! let policy = Policy::builder()
//!     .statement(Statement::allow("Read").actions([action!("s3:GetObject")]).any_resource())
//!     .statement(
//!         Statement::deny("DenyWithoutMfa")
//!             .not_actions([action!("sts:GetSessionToken")])
//!             .any_resource()
//!             .when(aws::multi_factor_auth_present().if_exists().is(false)),
//!     )
//!     .build()?;
//! let evaluator = Evaluator::builder().identity([&policy]).build()?;
//!
//! let request = Request::new("arn:aws:iam::111122223333:user/alice", "s3:GetObject", "arn:aws:s3:::bucket/key");
//! let decision = evaluator.evaluate(&request);
//! assert_eq!(decision.outcome(), Outcome::ExplicitDeny);
//! assert_eq!(decision.reasons()[0].statement(), Some("DenyWithoutMfa"));
//!
//! let decision = evaluator.evaluate(&request.with("aws:MultiFactorAuthPresent", true));
//! assert!(decision.is_allowed());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where to go:
//!
//! - [`policy`]: the language: parse, print, build; [`policy::keys`]: condition keys that know their type;
//! - [`evaluate`](mod@evaluate): decisions and their reasons;
//! - [`catalog`]: what AWS defines: services, actions, types of resources, condition keys;
//! - [`guardrails`]: ready policies for what every account needs, with what each does not cover;
//! - [`access`]: access that ends by itself;
//! - [`network`]: micro-segmentation: what may reach what, proved, and the network that follows;
//! - [`plan`]: calls of AWS APIs as data, checked before they run;
//! - [`validate`](mod@validate): what is wrong or risky in a policy, and how to mend it;
//! - [`waf`]: web ACLs, described; [`keys`]: customer managed keys under policies that are proven;
//! - `data` (with the feature `data`): sensitivity levels, and a classifier that finds what makes data sensitive;
//! - [`rewrite`]: the canonical form, the shortest form, parts that fit a size limit, and whether two policies mean the same;
//! - [`action!`]: actions checked at compile time.
#![forbid(unsafe_code)]

pub mod access;
pub mod catalog;
#[cfg(feature = "data")]
pub mod data;
pub mod evaluate;
mod glob;
pub mod guardrails;
pub mod keys;
mod literal;
pub mod network;
pub mod plan;
pub mod policy;
pub mod rewrite;
pub mod validate;
pub mod waf;
