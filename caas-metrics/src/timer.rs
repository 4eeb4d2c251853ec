//! Timers: guards that observe the seconds that have passed.
//!
//! Not here: the clock (`clock.rs`). Invariant: a timer observes exactly once, unless it is
//! discarded.

use core::{fmt, mem, time::Duration};

use crate::{
    child::{Child, resolve},
    clock::Instant,
    family::{InUnit, LabelSet},
    isolation::Isolation,
    metric::Histogram,
    unit::TimeUnit,
};

/// A timer of one child: observes when it is stopped or dropped.
///
/// ```
/// caas_metrics::metrics! {
///     /// Time to store a message in seconds.
///     pub histogram StoreSeconds;
/// }
///
/// {
///     let _timer = StoreSeconds.start_timer();
///     // … work …
/// } // observed here
/// StoreSeconds.start_timer().discard(); // never
/// let seconds = StoreSeconds.start_timer().stop();
/// assert_eq!(StoreSeconds.get().unwrap().count(), 2);
/// # let _ = seconds;
/// ```
#[must_use = "a timer observes when it is dropped: bind it to a name that lives as long as the work"]
pub struct ChildTimer<L>
where
    L: LabelSet<Metric = Histogram>,
    L::Unit: TimeUnit,
{
    start: Instant,
    child: Child<L>,
    isolation: Isolation,
}

impl<L> ChildTimer<L>
where
    L: LabelSet<Metric = Histogram>,
    L::Unit: TimeUnit,
{
    pub(crate) fn new(child: Child<L>) -> Self {
        Self { start: Instant::now(), child, isolation: Isolation::current() }
    }

    /// Observes now, and returns what was observed.
    #[allow(clippy::must_use_candidate, reason = "most callers only want the observation")]
    pub fn stop(mut self) -> Duration {
        let nanoseconds = self.start.nanoseconds();
        self.isolation.take().run(|| self.child.observe_time(nanoseconds));
        mem::forget(self);
        Duration::from_nanos(nanoseconds)
    }

    /// Ends the timer without an observation.
    pub fn discard(mut self) {
        let _ = self.isolation.take();
        mem::forget(self);
    }
}

impl<L> Drop for ChildTimer<L>
where
    L: LabelSet<Metric = Histogram>,
    L::Unit: TimeUnit,
{
    fn drop(&mut self) {
        self.isolation.run(|| self.child.observe_time(self.start.nanoseconds()));
    }
}

impl<L> fmt::Debug for ChildTimer<L>
where
    L: LabelSet<Metric = Histogram>,
    L::Unit: TimeUnit,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildTimer").field("child", &self.child).finish_non_exhaustive()
    }
}

/// A timer for labels that are known only at the end. It observes when asked to, not when dropped.
///
/// ```
/// caas_metrics::metrics! {
///     /// Time to answer a query in seconds.
///     pub histogram QuerySeconds { found: bool }
/// }
///
/// let timer = caas_metrics::Timer::start();
/// let found = true;
/// timer.observe(QuerySeconds { found });
/// assert_eq!(QuerySeconds { found: true }.get().unwrap().count(), 1);
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "this timer observes nothing by itself: call `observe`"]
pub struct Timer {
    start: Instant,
}

impl Timer {
    /// Starts a timer. One clock read.
    #[inline]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Observes the seconds since the start in a histogram's child, and returns them.
    #[allow(clippy::must_use_candidate, reason = "most callers only want the observation")]
    pub fn observe<L, U>(self, labels: L) -> Duration
    where
        L: LabelSet<Metric = Histogram, Unit = U> + InUnit<U>,
        U: TimeUnit,
    {
        let nanoseconds = self.start.nanoseconds();
        resolve(&labels).observe_time(nanoseconds);
        Duration::from_nanos(nanoseconds)
    }
}
