//! Validation: the corpus of real policies.
#![cfg(test)]

mod corpus;
mod documents;
