#![cfg_attr(all(feature = "axum", feature = "http", feature = "process", feature = "push", feature = "tokio"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "http",
        feature = "process",
        feature = "push",
        feature = "tokio"
    )),
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
mod ended;
pub mod sample;

pub mod exemplars;

mod build_info;
mod clock;
mod isolation;
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
mod scope;
mod sites;

mod admit;
mod catalogue;
mod collector;
mod filter;
mod own;
mod pages;
mod problem;
mod registry;
mod runs;
mod walk;

mod encode;
mod exposition;

mod program;
#[cfg(feature = "prometheus")]
pub mod prometheus;

#[cfg(feature = "process")]
pub mod process;
#[cfg(feature = "push")]
pub mod push;
mod textfile;
#[cfg(feature = "tokio")]
pub mod tokio;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "tower")]
pub mod tower;

#[cfg(feature = "testing")]
pub mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

mod macros;

pub use crate::{
    child::{Child, GaugeGuard},
    collector::{Collector, CollectorOptions},
    desc::MetricType,
    encode::Format,
    exit::{Exit, FromExit, NoError, Outcome},
    label::{Label, LabelText, StoredLabel},
    macros::{Label, counted, in_flight, skip, timed},
    metric::{Amount, HistogramReading, Observation},
    problem::{Difference, Problem},
    program::registry,
    registry::Registry,
    scope::{Scope, Scoped},
    textfile::Textfile,
    timer::{ChildTimer, Timer},
    unit::{OtherUnit, Seconds, TimeUnit},
};

/// The former name of [`StoredLabel`].
#[deprecated(note = "it is called `StoredLabel`")]
pub type LabelPart<'v> = StoredLabel<'v>;

#[cfg(feature = "http")]
pub use crate::http::serve;
