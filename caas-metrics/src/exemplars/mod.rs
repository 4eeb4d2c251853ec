//! Exemplars: which trace an observation belongs to, shown beside the number.
//!
//! A family has them if it is declared with `#[exemplars]`: a counter one for each series, a histogram
//! one for each bucket. A bucket gets a new one at most once a second, and keeps it until the next one
//! comes; a series that is reset or removed has none. The server needs them to be enabled
//! (`--enable-feature=exemplar-storage` of Prometheus), and only the formats protobuf and OpenMetrics have
//! them.
//!
//! Where they come from:
//!
//! - By themselves, from the trace that the thread is in. With the feature `opentelemetry` that is the
//!   current context of that crate, if it is sampled. Entering a span of `tracing` makes its context current
//!   too, if `tracing-opentelemetry` (0.32 or later) is there. With the feature `tracing` it is what a field
//!   `trace_id` of the current span says (`TraceFields`). Any other program says it by [`set_source`].
//! - By hand: `inc_with_exemplar`, `inc_by_with_exemplar` and `observe_with_exemplar`, with a
//!   [`TraceContext`] or with labels of any names.
//!
//! ```
//! use std::time::Duration;
//! use caas_metrics::exemplars::TraceContext;
//!
//! caas_metrics::metrics! {
//!     /// Time to load a page in seconds.
//!     #[exemplars]
//!     #[buckets(0.1, 1)]
//!     pub histogram PageLoadSeconds;
//! }
//!
//! let trace = TraceContext::new(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 0x00f0_67aa_0ba9_02b7).unwrap();
//! PageLoadSeconds.observe_with_exemplar(Duration::from_secs(3), trace);
//! PageLoadSeconds.observe_with_exemplar(0.05, [("page", "/login")]);
//!
//! let families = caas_metrics::registry().gather();
//! let loads = families.iter().find(|family| family.name == "page_load_seconds").unwrap();
//! let [login, slow] = &loads.children[0].exemplars[..] else { panic!("one a bucket") };
//! assert_eq!(login.labels[0], ("page".to_owned(), "/login".to_owned()));
//! assert_eq!(slow.labels[0].1, "4bf92f3577b34da6a3ce929d0e0e4736");
//! assert_eq!(slow.value, 3.0);
//! ```
//!
//! # Cost
//!
//! A family without `#[exemplars]` pays nothing. Otherwise, if there is a source, an update reads the clock
//! and the word of its bucket. Only if the bucket has none of this second, it asks the source, and looks up its
//! child a second time. No update takes a lock for an exemplar or waits for one. A bucket that
//! has had exemplars takes about 300 bytes for good, at most 7 KiB with the longest labels; a series that has had
//! one takes 24 bytes for each bucket, and any other one 8 bytes.
//!
//! # What is not kept
//!
//! Exemplars that are lost are counted in `caas_metrics_exemplars_lost_total{reason}`; their updates count.
//! Reasons: `labels` (they are refused, see [`ExemplarLabels`]), `memory`, and `panic` of a source.

// Not here: where exemplars are kept (`storage/exemplars.rs`), and updates (`child/exemplars.rs`).
// Invariant: no code of a user runs under a lock, and none that panics costs an update.

mod labels;
#[cfg(feature = "opentelemetry")]
mod opentelemetry;
mod source;
mod trace;
#[cfg(feature = "tracing")]
mod tracing;

#[cfg(feature = "tower")]
pub(crate) use self::source::Carried;
#[cfg(feature = "tracing")]
pub use self::tracing::TraceFields;
pub use self::{
    labels::ExemplarLabels,
    source::{SourceIsSet, set_source},
    trace::TraceContext,
};
pub(crate) use self::{
    labels::{Text, labels_of},
    source::{current, has_source},
};

use crate::{isolation::here, storage::flag::Tally};

/// Why an exemplar was lost.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reason {
    Labels,
    Memory,
    Panic,
}

/// How many were lost, by reason.
static LOST: [Tally; 3] = [const { Tally::new() }; 3];

impl Reason {
    /// Their texts, in their order.
    pub(crate) const TEXTS: [&'static str; 3] = ["labels", "memory", "panic"];

    /// Counts an exemplar that was lost for this reason.
    #[cold]
    pub(crate) fn count(self) {
        here(&LOST[self as usize]).add_one();
    }

    /// How many were lost, in the order of the texts.
    pub(crate) fn counts() -> [u64; 3] {
        std::array::from_fn(|reason| here(&LOST[reason]).get())
    }
}

/// Families whose updates can leave exemplars, as a type: others do not even compile the code for it.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait ExemplarPolicy {
    /// Makes an update by the second function if the family has exemplars, else by the first.
    fn choose(without: impl FnOnce(), with: impl FnOnce());
}

/// The policy of a family with `#[exemplars]`.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct WithExemplars;

/// The policy of any other family.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct WithoutExemplars;

impl ExemplarPolicy for WithExemplars {
    #[inline]
    fn choose(_: impl FnOnce(), with: impl FnOnce()) {
        with();
    }
}

impl ExemplarPolicy for WithoutExemplars {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn choose(without: impl FnOnce(), _: impl FnOnce()) {
        without();
    }
}

/// Families that take exemplars by hand.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "only a family with `#[exemplars]` takes an exemplar",
    label = "the family of this handle is declared without `#[exemplars]`",
    note = "write `#[exemplars]` above the family in `metrics!`"
)]
pub trait TakesExemplars: ExemplarPolicy {}

impl TakesExemplars for WithExemplars {}

/// Implemented by nothing: what the methods for exemplars ask of their arguments where a family has none.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this family is declared without `#[exemplars]`, and takes none",
    label = "no exemplar can be given here",
    note = "write `#[exemplars]` above the family in `metrics!`"
)]
pub trait NoExemplars {}
