//! The Node-API addon: what the TypeScript in `api/` is built on.
//!
//! It converts types, keeps long work off the event loop, and decides nothing. Its classes are not
//! the package's public classes: `index.ts` is the list of those.

pub mod background;
pub mod branch_keys;
pub mod bytes;
pub mod cache;
pub mod catalog;
pub mod client;
pub mod custom;
pub mod error;
pub mod evaluate;
pub mod exchange;
pub mod file;
pub mod guardrails;
pub mod inspect;
pub mod keyring;
pub mod local;
pub mod matrix;
pub mod pairs;
pub mod policy;
pub mod rewrite;
pub mod stream;
pub mod suite;
pub mod testing;
pub mod validate;
pub mod values;
