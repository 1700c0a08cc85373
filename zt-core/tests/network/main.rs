//! Micro-segmentation: descriptions, reachability, pictures.

#![cfg(test)]

mod account;
mod article;
mod description;
mod pictures;
mod plan;
mod properties;
mod reach;
mod required;
mod run;
mod walker;
