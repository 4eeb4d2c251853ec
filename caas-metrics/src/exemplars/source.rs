//! Which trace the thread is in: what the program's source says, or another crate.
//!
//! Not here: when it is asked (`child/exemplars.rs`). Invariants: a source that panics costs only the
//! exemplar; a source that updates families with exemplars is not asked again meanwhile.

use std::{cell::Cell, error, fmt, panic::catch_unwind, sync::OnceLock};

use super::{Reason, TraceContext};

type Source = Box<dyn Fn() -> Option<TraceContext> + Send + Sync>;

static SOURCE: OnceLock<Source> = OnceLock::new();

std::thread_local! {
    // These have no destructor, so they exist as long as the thread does.
    static IS_ASKING: Cell<bool> = const { Cell::new(false) };
    static CARRIED: Cell<Option<TraceContext>> = const { Cell::new(None) };
}

/// Sets what says which trace the thread is in, for updates of families with `#[exemplars]`. Once in a
/// program; what the features `opentelemetry` and `tracing` know is asked only if this source says `None`.
///
/// The source returns the current trace if it is sampled. It runs on the thread of an update, when a bucket
/// may have a new exemplar: at most a few times a second for each bucket, unless there is no trace. No
/// lock is held meanwhile. If it panics, the update counts, and the exemplar is counted in
/// `caas_metrics_exemplars_lost_total{reason="panic"}`.
///
/// ```
/// use std::cell::Cell;
/// use caas_metrics::exemplars::{TraceContext, set_source};
///
/// thread_local! {
///     /// The trace of the request that this thread works on.
///     static CURRENT: Cell<Option<TraceContext>> = const { Cell::new(None) };
/// }
///
/// caas_metrics::metrics! {
///     /// Orders placed.
///     #[exemplars]
///     pub counter OrdersPlacedTotal;
/// }
///
/// set_source(|| CURRENT.get())?;
/// CURRENT.set(TraceContext::new(0xabc, 0xdef));
/// OrdersPlacedTotal.inc();
///
/// let families = caas_metrics::registry().gather();
/// let orders = families.iter().find(|family| family.name == "orders_placed_total").unwrap();
/// assert_eq!(orders.children[0].exemplars.len(), 1);
/// # Ok::<(), caas_metrics::exemplars::SourceIsSet>(())
/// ```
///
/// # Errors
///
/// If there is a source already, that one stays.
pub fn set_source(
    source: impl Fn() -> Option<TraceContext> + Send + Sync + 'static,
) -> Result<(), SourceIsSet> {
    // Otherwise the first update would wait for it.
    crate::clock::calibrate();
    SOURCE.set(Box::new(source)).map_err(|_| SourceIsSet(()))
}

/// The program has set a source of exemplars before.
///
/// ```
/// use caas_metrics::exemplars::set_source;
///
/// assert!(set_source(|| None).is_ok());
/// assert!(set_source(|| None).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceIsSet(());

impl fmt::Display for SourceIsSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the program has set a source of exemplars before")
    }
}

impl error::Error for SourceIsSet {}

/// Whether updates can have an exemplar without being given one. A load.
#[inline]
pub(crate) fn has_source() -> bool {
    cfg!(any(feature = "opentelemetry", feature = "tracing")) || SOURCE.get().is_some()
}

/// The trace that the thread is in, if it is sampled.
pub(crate) fn current() -> Option<TraceContext> {
    if let Some(carried) = CARRIED.get() {
        return Some(carried);
    }
    let asking = Asking::begin()?;
    let asked = catch_unwind(ask);
    drop(asking);
    match asked {
        Ok(current) => current,
        Err(payload) => {
            Reason::Panic.count();
            // The payload's destructor could panic as well.
            std::mem::forget(payload);
            None
        }
    }
}

fn ask() -> Option<TraceContext> {
    let own = SOURCE.get().and_then(|source| source());
    #[cfg(feature = "tracing")]
    let own = own.or_else(super::tracing::current);
    #[cfg(feature = "opentelemetry")]
    let own = own.or_else(super::opentelemetry::current);
    own
}

/// While it lives, its thread asks for the trace.
struct Asking;

impl Asking {
    /// `None` if it does already.
    fn begin() -> Option<Self> {
        // It is made only for the caller that gets it, since dropping it ends the time.
        if IS_ASKING.replace(true) { None } else { Some(Self) }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        IS_ASKING.set(false);
    }
}

/// The trace of a call, for updates that come when it may no longer be current. It is in each request on its
/// way, so it is kept in three words: the ids, or zeros.
#[cfg(feature = "tower")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Carried {
    trace: [u64; 2],
    span: u64,
}

#[cfg(feature = "tower")]
impl Carried {
    /// No trace.
    pub(crate) const NONE: Self = Self { trace: [0; 2], span: 0 };

    /// The current trace, if there is a source.
    #[inline]
    pub(crate) fn current() -> Self {
        let current = if has_source() { current() } else { None };
        current.map_or(Self::NONE, |current| Self {
            trace: [(current.trace_id() >> 64) as u64, current.trace_id() as u64],
            span: current.span_id().unwrap_or(0),
        })
    }

    fn context(self) -> Option<TraceContext> {
        let [high, low] = self.trace.map(u128::from);
        let trace = high << 64 | low;
        TraceContext::new(trace, self.span).or_else(|| TraceContext::of_trace(trace))
    }

    /// Makes updates belong to the trace.
    #[inline]
    pub(crate) fn during(self, updates: impl FnOnce()) {
        struct Before(Option<TraceContext>);
        impl Drop for Before {
            fn drop(&mut self) {
                CARRIED.set(self.0);
            }
        }
        // Usually there is no trace and nothing to change.
        let is_change = self.trace != [0; 2] || CARRIED.get().is_some();
        let _before = is_change.then(|| Before(CARRIED.replace(self.context())));
        updates();
    }
}
