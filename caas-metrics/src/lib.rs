#![cfg_attr(all(feature = "http", feature = "axum"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "http", feature = "axum")),
    doc = "Prometheus metrics as easy as an annotation; the README shows the features together."
)]
//!
//! # The life of a number
//!
//! 1. **Declare.** [`metrics!`] turns each family into a struct whose fields are its labels, and a
//!    static that `inventory` carries to the registry.
//! 2. **Update.** The label set finds its child: by arithmetic if its labels are closed, else by
//!    one look-up without locks. The child adds to a cell that only this thread writes to.
//! 3. **Collect.** [`registry()`] walks the families by name and sums each cell over all threads.
//! 4. **Encode.** A [`Format`] turns samples into bytes, in pieces of 64 KiB.
//! 5. **Scrape.** The `http` module answers Prometheus, or your own framework does with
//!    `http::respond`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_debug_implementations)]

#[cfg(not(target_has_atomic = "64"))]
compile_error!("caas-metrics counts in 64-bit atomics, which this target does not have");

pub mod desc;
pub mod sample;

mod clock;
mod label;
mod metric;
mod storage;
mod timer;
mod unit;

mod child;
mod exit;
mod family;
mod lookup;
mod manage;
mod sites;

mod admit;
mod catalogue;
mod collector;
mod own;
mod problem;
mod registry;
mod walk;

mod encode;
mod exposition;

mod program;
#[cfg(feature = "prometheus")]
pub mod prometheus;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "tower")]
pub mod tower;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use caas_metrics_macros::{Label, counted, in_flight, skip, timed};

pub use crate::{
    child::Child,
    collector::Collector,
    desc::MetricType,
    encode::Format,
    exit::{Exit, FromExit, NoError, Outcome},
    label::{Label, LabelText, StoredLabel},
    metric::{Amount, HistogramReading, Observation},
    problem::{Difference, Problem},
    program::registry,
    registry::Registry,
    timer::{ChildTimer, Timer},
    unit::{OtherUnit, Seconds, TimeUnit},
};

/// The former name of [`StoredLabel`].
#[deprecated(note = "it is called `StoredLabel`")]
pub type LabelPart<'v> = StoredLabel<'v>;

#[cfg(feature = "http")]
pub use crate::http::serve;

/// Declares families of metrics.
///
/// A block has settings, `namespace = "…";` and `crate = path;`, and families:
/// `pub counter Name { label: Type, … }` or `pub counter Name;`, with `gauge`, `histogram` or `info`
/// in place of `counter`, and `Name<f64>` for counters and gauges of floats. The doc comment of a
/// family is its help text. Attributes of a family:
///
/// - `#[name = "…"]`: the metric's full name, instead of namespace and name in snake case
/// - `#[buckets(0.1, 0.5, 1)]`, `#[buckets(linear(start, width, count))]`,
///   `#[buckets(exponential(start, factor, count))]`: the upper bounds of a histogram. With a bound
///   below zero, OpenMetrics leaves out `_sum` and `_count`, because the sum can shrink; the text
///   format has them. `check` says so, unless `#[legacy]` is there
/// - `#[limit = 500]`: the most living series of a family with open labels; 2000 by default
/// - `#[unit = "seconds"]`: the unit, where the name does not end in it
/// - `#[updown]`: a gauge that only moves by `inc` and `dec`
/// - `#[zeroed(label, …)]`: in a family with open labels, the series of these closed labels are born
///   together, at zero; `#[zeroed]` alone: those of all closed labels, and a family with closed labels
///   only is exported from the start, however many series it has
/// - `#[lazy]`: a family with closed labels only is not exported before its first event
/// - `#[legacy(reason = "…")]`: the family must stay as it is, although its name breaks the naming
///   rules, a label is called `job` or `instance` like those of Prometheus' targets, or a bound is
///   below zero
/// - `#[cfg(…)]`, lint levels, `#[deprecated]` and `#[doc(…)]`, which are passed through
///
/// All mistakes of a block are reported at once, each where it is.
#[macro_export]
macro_rules! metrics {
    ($($block:tt)*) => { $crate::__private::metrics! { $crate; $($block)* } };
}
