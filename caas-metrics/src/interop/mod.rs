//! Interop with other crates, each with a feature named after the crate.
//!
//! Not here: what works without that crate. Invariant: a type of another crate is in our public
//! interface only below this module, or with that crate's feature.

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "prometheus")]
pub mod prometheus;
#[cfg(feature = "tower")]
pub mod tower;
