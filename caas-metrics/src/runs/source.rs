//! A registered collector: how it is called, and what is known of its calls.
//!
//! Not here: on which thread it is called (`threads.rs`). Invariant: a call that has not returned is the
//! only one, and what it returns is kept however late it is.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    collector::{Collector, CollectorOptions},
    desc::Descriptor,
    problem::Problem,
    sample::FamilySnapshot,
};

/// How long the last values of a collector that fails are shown: as long as Prometheus itself would
/// go on showing a series that is gone.
const SHOWN: Duration = Duration::from_secs(300);

/// Why a run has no new values of a collector: the values of the label `reason` of
/// `caas_metrics_collector_failures_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The call panicked.
    Panic,
    /// There was no thread for the call.
    Thread,
    /// The call did not return before its deadline.
    Timeout,
}

impl Failure {
    /// The reasons as text, in the order of the variants.
    pub(crate) const TEXTS: [&'static str; 3] = ["panic", "thread", "timeout"];
}

/// A registered collector.
pub(crate) struct Source {
    options: CollectorOptions,
    collector: Box<dyn Collector>,
    pub(crate) described: &'static [Descriptor],
    calls: Mutex<Calls>,
}

/// What is known of the calls of a collector.
#[derive(Debug, Default)]
struct Calls {
    last: Option<Values>,
    /// When the call began that has not returned.
    under_way: Option<Instant>,
    /// Why the last run has no new values.
    failure: Option<Failure>,
    failures: [u64; Failure::TEXTS.len()],
    /// Whether a call has returned since the last report.
    is_new: bool,
}

/// What a call returned.
#[derive(Debug, Clone)]
struct Values {
    families: Vec<Arc<FamilySnapshot>>,
    /// When the call began, so that no value is older than its age.
    begun: Instant,
}

/// What a snapshot says of a collector.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) name: String,
    pub(crate) failures: [u64; Failure::TEXTS.len()],
    /// The moment of the families that are shown, if there are some.
    pub(crate) as_of: Option<Instant>,
    pub(crate) problem: Option<Problem>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Source {
    pub(crate) fn new(
        options: CollectorOptions,
        collector: Box<dyn Collector>,
        described: &'static [Descriptor],
    ) -> Self {
        Self { options, collector, described, calls: Mutex::default() }
    }

    pub(crate) fn name(&self) -> &str {
        &self.options.name
    }

    /// Whether its families are left out where another one has their name.
    pub(crate) fn gives_way(&self) -> bool {
        self.options.gives_way
    }

    /// No code of a user runs under this lock.
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a run at this moment would report something new.
    pub(crate) fn has_news(&self, now: Instant) -> bool {
        self.calls().is_new || self.is_due(now)
    }

    /// Whether a run at this moment shall have values of a new call.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        let calls = self.calls();
        let is_fresh = |values: &Values| now.duration_since(values.begun) < self.options.every;
        calls.failure.is_some() || !calls.last.as_ref().is_some_and(is_fresh)
    }

    /// Begins a call; `false` if the one before has not returned.
    pub(super) fn begin(&self) -> bool {
        let mut calls = self.calls();
        if calls.under_way.is_some() {
            calls.fail(Failure::Timeout);
            return false;
        }
        calls.under_way = Some(Instant::now());
        true
    }

    /// Calls the collector, on the thread of the caller.
    pub(super) fn call(&self) {
        // A collector that panicked is called again; keeping its own state sound is up to it.
        let families = isolated(|| self.collector.collect());
        let mut calls = self.calls();
        let begun = calls.under_way.take();
        match families {
            Some(families) => {
                calls.is_new = true;
                let families = families.into_iter().map(Arc::new).collect();
                let begun = begun.unwrap_or_else(Instant::now);
                let before = calls.last.replace(Values { families, begun });
                calls.failure = None;
                drop(calls);
                // It may be large, and nobody need wait for that.
                drop(before);
            }
            None => calls.fail(Failure::Panic),
        }
    }

    /// The call that began has not returned before its deadline, unless it has just done so.
    pub(super) fn time_out(&self) {
        let mut calls = self.calls();
        if calls.under_way.is_some() {
            calls.fail(Failure::Timeout);
        }
    }

    /// The system gives no thread for a call.
    pub(super) fn cannot_be_called(&self) {
        let mut calls = self.calls();
        let hangs = calls.under_way.is_some();
        calls.fail(if hangs { Failure::Timeout } else { Failure::Thread });
    }

    pub(super) fn deadline(&self) -> Duration {
        self.options.deadline
    }

    /// Forgets the call that has not returned: its thread is in another process.
    pub(crate) fn forget(&self) {
        self.calls().under_way = None;
    }

    /// The families to show, and what there is to say.
    pub(crate) fn report(&self, now: Instant) -> (Vec<Arc<FamilySnapshot>>, Report) {
        let mut calls = self.calls();
        calls.is_new = false;
        let oldest = SHOWN.saturating_add(self.options.every);
        let is_shown =
            |values: &&Values| calls.failure.is_none() || now.duration_since(values.begun) < oldest;
        let shown = calls.last.as_ref().filter(is_shown);
        let shown = shown.filter(|values| !values.families.is_empty());
        let report = Report {
            name: self.options.name.clone(),
            failures: calls.failures,
            as_of: shown.map(|values| values.begun),
            problem: calls.failure.map(|failure| self.problem(failure)),
        };
        (shown.map(|values| values.families.clone()).unwrap_or_default(), report)
    }

    fn problem(&self, failure: Failure) -> Problem {
        let collector = self.options.name.clone();
        match failure {
            Failure::Panic => Problem::CollectorPanicked { collector },
            Failure::Thread => Problem::CollectorWithoutThread { collector },
            Failure::Timeout => {
                Problem::CollectorTimedOut { collector, deadline: self.options.deadline }
            }
        }
    }
}

/// What code of a user returns, or `None` if it panicked.
fn isolated<T>(code: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(value) => Some(value),
        Err(panic) => {
            // What it panicked with may panic too when it is dropped.
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(panic)));
            dropped.unwrap_or_else(mem::forget);
            None
        }
    }
}

impl Calls {
    fn fail(&mut self, failure: Failure) {
        self.failure = Some(failure);
        if let Some(count) = self.failures.get_mut(failure as usize) {
            *count = count.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(options: CollectorOptions) -> Source {
        let collect = || vec![FamilySnapshot::gauge("g", "G.").with(&[], 1.0)];
        Source::new(options, Box::new(collect), &[])
    }

    #[test]
    fn old_values_of_a_collector_that_fails_are_left_out_in_the_end() {
        let hour = Duration::from_secs(3600);
        let (plain, hourly) = (CollectorOptions::new("a"), CollectorOptions::new("a").every(hour));
        for (options, shown) in [(plain, SHOWN), (hourly, hour + SHOWN)] {
            let source = source(options);
            assert!(source.begin());
            source.call();
            let now = Instant::now();
            assert_eq!(source.report(now + 2 * shown).0.len(), 1, "it has not failed");
            assert!(source.begin());
            source.time_out();
            let (families, report) = source.report(now + shown.mul_f64(0.9));
            assert_eq!(families.len(), 1);
            assert!(report.as_of.is_some() && report.problem.is_some());
            let (families, report) = source.report(now + shown);
            assert!(families.is_empty() && report.as_of.is_none() && report.problem.is_some());
        }
    }

    #[test]
    fn a_call_that_returns_late_counts_and_ends_the_failure() {
        let source = source(CollectorOptions::new("a"));
        assert!(source.begin());
        source.time_out();
        assert!(!source.begin(), "it is not called twice");
        let report = source.report(Instant::now()).1;
        assert_eq!(report.failures, [0, 0, 2], "and each run counts");
        source.call();
        let (families, report) = source.report(Instant::now());
        assert_eq!((families.len(), report.problem), (1, None));
        assert!(source.begin());
    }

    #[test]
    fn a_cadence_is_kept_and_a_failure_is_due_at_once() {
        let minute = Duration::from_secs(60);
        let source = source(CollectorOptions::new("a").every(minute));
        let now = Instant::now();
        assert!(source.is_due(now));
        assert!(source.begin());
        source.call();
        assert!(source.has_news(now) && !source.is_due(now + minute / 2));
        source.report(now);
        assert!(!source.has_news(now + minute / 2));
        assert!(source.is_due(now + 2 * minute));
        source.cannot_be_called();
        assert!(source.is_due(now));
    }
}
