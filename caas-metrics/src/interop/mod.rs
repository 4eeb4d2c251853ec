//! Ties to other people's crates, each behind a feature named after the crate.
//!
//! Nothing here that works without the crate in question. Invariant: a type of a foreign crate
//! occurs in our public interface only below this module, or behind that crate's feature.

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "prometheus")]
pub mod prometheus;
#[cfg(feature = "tower")]
pub mod tower;
