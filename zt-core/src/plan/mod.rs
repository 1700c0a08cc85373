//! Plans: calls of AWS APIs as data, checked when they are made and read by people before they run.
//!
//! A [`Plan`] is made by a builder or read from JSON, and is checked both times: against AWS's models of its APIs, against rules
//! that these models cannot say, and in itself. So a plan that is there is one that AWS would take, as far as can be known
//! before it runs. [`Plan::to_text`] is for the reader who decides, [`Plan::required_policy`] for whoever lets it run.
//!
//! ```
//! use zt_core::plan::{Call, Found, Plan, Step, Value};
//!
//! let tags = Value::tags([("zt:plan", "audit-1")]);
//! let vpc = Call::new("ec2", "DescribeVpcs")
//!     .with("Filters", Value::list([Value::object([("Name", Value::from("tag:zt:plan")), ("Values", Value::list(["audit-1"]))])]));
//! let plan = Plan::builder("audit-1", "a network for the audit", "111122223333", "eu-central-1")
//!     .step(
//!         Step::new("vpc", "make the network", Call::new("ec2", "CreateVpc").with("CidrBlock", "10.0.0.0/16").with(
//!             "TagSpecifications",
//!             Value::list([Value::object([("ResourceType", Value::from("vpc")), ("Tags", tags)])]),
//!         ))
//!         .found(Found::by(vpc).expect("Vpcs[0].CidrBlock", "10.0.0.0/16").output("Vpc", "Vpcs[0]"))
//!         .undo(Call::new("ec2", "DeleteVpc").with("VpcId", "vpc.Vpc.VpcId".parse::<zt_core::plan::Reference>()?)),
//!     )
//!     .build()?;
//! assert!(plan.to_text().contains("Undo: ec2 DeleteVpc (VpcId: <vpc.Vpc.VpcId>)"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A plan is run, resumed and undone by [`Run`], a state machine that a driver feeds with answers. This crate makes no calls.

mod answer;
mod api;
mod changes;
mod check;
mod document;
mod end;
mod error;
mod journal;
mod limits;
mod place;
mod request;
mod required;
mod rules;
mod run;
mod step;
mod survey;
mod text;
mod value;

pub use self::answer::Failure;
pub use self::changes::Changes;
pub use self::document::{Plan, PlanBuilder};
pub use self::end::{Drift, End, Status};
pub use self::error::PlanError;
pub use self::journal::{Journal, JournalError};
pub use self::request::Request;
pub(crate) use self::required::partition;
pub use self::required::{Phase, RequiredPolicy};
pub use self::run::{Next, Run};
pub use self::step::{Again, Call, Found, Step, Wait};
pub use self::value::{Path, Reference, Value};

/// The JSON Schema (2020-12) of plans as [`Plan::to_json`] writes them. It says their form; [`Plan::from_json`] checks the rest.
pub const JSON_SCHEMA: &str = include_str!("schema.json");

/// The data set that the models of the APIs come from: name, version and licence.
#[must_use]
pub fn source() -> &'static str {
    api::source()
}

/// The operations that plans can call: service and operation, sorted.
///
/// ```
/// assert!(zt_core::plan::operations().any(|operation| operation == ("iam", "CreateRole")));
/// ```
pub fn operations() -> impl Iterator<Item = (&'static str, &'static str)> {
    api::services().into_iter().flat_map(|name| {
        let operations = api::service(name).map(api::Service::operations).unwrap_or_default();
        operations.into_iter().map(move |operation| (name, operation))
    })
}
