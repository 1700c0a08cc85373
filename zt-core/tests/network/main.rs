//! Micro-segmentation: descriptions, reachability, pictures, plans and their runs.

#![cfg(test)]

mod account;
mod article;
mod description;
#[path = "../driver/mod.rs"]
mod driver;
mod pictures;
mod plan;
mod properties;
mod reach;
mod refused;
mod required;
mod run;
mod walker;
