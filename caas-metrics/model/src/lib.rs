//! The facts that the macros of `caas-metrics` and its run time must agree on, each written once.
//!
//! Plain constants and pure functions of text: names, types, endings, units. No values, no tokens, no
//! formats, and no dependencies, since every build of a user waits for this crate. Depend on
//! `caas-metrics` instead: what is here may change in any release.

#![forbid(unsafe_code)]

mod ending;
mod metric_type;
mod name;
mod native;
pub mod unit;

pub use self::{
    ending::Ending,
    metric_type::MetricType,
    name::{RESERVED_LABELS, TARGET_LABELS, is_label_name, is_metric_name, reserved_for},
    native::Native,
};

/// The open label value of the series that take what is above a family's limit.
pub const OVERFLOW: &str = "__overflow__";

/// The most living series of a family with open labels that sets no limit.
pub const DEFAULT_LIMIT: u32 = 2_000;

/// The upper bounds that the client libraries of Prometheus agree on, for requests in seconds.
pub const DEFAULT_BUCKETS: [f64; 11] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
