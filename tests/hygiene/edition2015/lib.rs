//! In the first edition `::renamed` is a name of the crate's root.
#![deny(warnings, missing_docs, rust_2018_compatibility, clippy::pedantic, clippy::nursery)]

extern crate renamed;

#[path = "../attributes.rs"]
pub mod attributes;
