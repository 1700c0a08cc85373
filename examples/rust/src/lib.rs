//! Shared pieces of the Rust examples.
