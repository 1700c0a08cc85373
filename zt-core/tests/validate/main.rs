//! Validation: each rule by example, the corpus of real policies, planted mistakes, suggestions, and arbitrary documents.
#![cfg(test)]

mod article;
mod corpus;
mod documents;
mod examples;
mod planted;
mod properties;
mod wholes;
