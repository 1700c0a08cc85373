//! IAM policies as Rust types: write, read and decide them without a network.
#![forbid(unsafe_code)]
