//! Runs: how scrapes get the values of collectors without calling them.
//!
//! * [`source`]: a registered collector; [`snapshot`]: what a run found.
//! * [`threads`]: who does runs and calls collectors.
//! * Here: which scrape waits for which run.
//!
//! Not here: which collectors a run asks, and what a page can have of their values
//! (`registry/shared.rs`).
//!
//! Invariants: at most one run is under way, and at most one more is wanted; a scrape gets what was
//! asked after it began, unless a cadence or slow readers have it otherwise (`threads::is_spared`).

mod snapshot;
mod source;
mod threads;

use std::{
    collections::VecDeque,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

pub(crate) use self::{
    snapshot::Snapshot,
    source::{Failure, Source},
};
use crate::{catalogue::Catalogue, filter::Filter, registry::Settings, registry::Shared};

/// The runs of a registry.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    state: Mutex<State>,
    /// A run is wanted, or the registry is gone. The worker waits for it.
    begins: Condvar,
    /// A call has begun whose deadline the watcher would miss, or there is nothing to watch any more.
    watches: Condvar,
    /// A run has ended. Scrapes wait for it.
    ends: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many runs have begun, and how many have ended.
    begun: u64,
    ended: u64,
    /// What the next run shall ask, if somebody waits for one.
    wanted: Option<Filter>,
    /// The run under way.
    run: Option<Plan>,
    /// The call under way.
    call: Option<Call>,
    last: Option<Arc<Snapshot>>,
    /// Snapshots before the last one that scrapes still read.
    earlier: Vec<Weak<Snapshot>>,
    /// Who is to be woken after a run, each with a number.
    waiting: Vec<(u64, Waker)>,
    next_waiting: u64,
    /// The process whose threads do the runs.
    process: Option<u32>,
    /// The number of the thread that does the runs, and of the one that minds deadlines. Others have
    /// been given up.
    worker: u64,
    watcher: u64,
    /// When the watcher looks again by itself. It may find that the call has ended.
    looks_at: Option<Instant>,
    /// Whether the registry is gone.
    is_closed: bool,
}

/// What a run asks.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) settings: Arc<Settings>,
    /// When the run began.
    pub(crate) begun: Instant,
    /// Whether it asks all collectors.
    pub(crate) is_whole: bool,
    /// The collectors that are still to be called.
    pub(crate) left: VecDeque<Arc<Source>>,
}

/// A call of a collector.
#[derive(Debug)]
struct Call {
    source: Arc<Source>,
    /// None if it is beyond all time.
    deadline: Option<Instant>,
}

impl Runs {
    fn state(&self) -> MutexGuard<'_, State> {
        // Consistent after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last run found.
    pub(crate) fn last(&self) -> Option<Arc<Snapshot>> {
        self.state().last.clone()
    }

    /// The registry is gone: its threads end after what scrapes still wait for.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.begins.notify_all();
        self.watches.notify_all();
    }

    /// A number that no other registry has.
    fn number(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// Wakes all scrapes that wait.
    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        self.ends.notify_all();
        for (_, waker) in waiting {
            // Code of an executor, which must not end this thread.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}

impl State {
    /// Whether a run has ended, or never will.
    fn is_over(&self, number: u64) -> bool {
        self.ended >= number || self.process.is_none()
    }

    /// Takes over what the run under way found; returns what the one before found.
    fn publish(&mut self, snapshot: Snapshot) -> Option<Arc<Snapshot>> {
        let before = self.last.replace(Arc::new(snapshot));
        if let Some(before) = before.as_ref().filter(|before| Arc::strong_count(before) > 1) {
            self.earlier.push(Arc::downgrade(before));
        }
        self.ended = self.begun;
        before
    }
}

/// A scrape's wait for the collectors.
pub(crate) struct Request {
    registry: Arc<Shared>,
    /// The snapshot, if there is nothing to wait for.
    ready: Option<Arc<Snapshot>>,
    /// The run to wait for.
    number: u64,
    /// The number under which the waker is known.
    waiting: Option<u64>,
}

impl Request {
    /// A request for which there is nothing to wait for.
    pub(crate) fn ready(registry: &Arc<Shared>, snapshot: Arc<Snapshot>) -> Self {
        Self { registry: Arc::clone(registry), ready: Some(snapshot), number: 0, waiting: None }
    }

    /// Asks for a run that begins after now.
    pub(crate) fn new(registry: &Arc<Shared>, wanted: Filter) -> Self {
        let runs = registry.runs();
        let mut state = runs.state();
        if threads::is_inside(runs) {
            // Waiting for oneself would take until the deadline.
            let last = state.last.clone();
            drop(state);
            return Self::ready(registry, last.unwrap_or_else(|| unasked(registry)));
        }
        if !threads::start(registry, &mut state) {
            drop(state);
            let mut plan = registry.plan(&wanted);
            plan.left.drain(..).for_each(|source| source.cannot_be_called());
            return Self::ready(registry, Arc::new(registry.found(plan, None)));
        }
        let both = match state.wanted.take() {
            Some(others) => others.or(wanted),
            None => wanted,
        };
        state.wanted = Some(both);
        let number = state.begun + 1;
        drop(state);
        runs.begins.notify_all();
        Self { registry: Arc::clone(registry), ready: None, number, waiting: None }
    }

    /// The snapshot, if there is nothing to wait for.
    pub(crate) fn try_ready(mut self) -> Result<Arc<Snapshot>, Self> {
        self.ready.take().ok_or(self)
    }

    /// Whether the snapshot is there; if not, the waker is woken when it may be.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "a body is what polls"))]
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Arc<Snapshot>> {
        if let Some(snapshot) = &self.ready {
            return Poll::Ready(Arc::clone(snapshot));
        }
        let mut state = self.registry.runs().state();
        if state.is_over(self.number) {
            return Poll::Ready(self.snapshot(state));
        }
        let known = self
            .waiting
            .and_then(|number| state.waiting.iter_mut().find(|(known, _)| *known == number));
        if let Some((_, waker)) = known {
            waker.clone_from(context.waker());
        } else {
            let number = state.next_waiting;
            state.next_waiting += 1;
            state.waiting.push((number, context.waker().clone()));
            self.waiting = Some(number);
        }
        Poll::Pending
    }

    /// The snapshot, if it is there, or what the last run found.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "a server that stops asks"))]
    pub(crate) fn now(self) -> Arc<Snapshot> {
        match &self.ready {
            Some(snapshot) => Arc::clone(snapshot),
            None => self.snapshot(self.registry.runs().state()),
        }
    }

    /// Waits for the snapshot, at most until the deadlines of all collectors have passed.
    pub(crate) fn wait(self) -> Arc<Snapshot> {
        self.wait_for(Duration::MAX)
    }

    /// Waits for the snapshot, but no longer than this; then it is what the last run found.
    pub(crate) fn wait_for(self, time: Duration) -> Arc<Snapshot> {
        if let Some(snapshot) = &self.ready {
            return Arc::clone(snapshot);
        }
        let runs = self.registry.runs();
        let is_running = |state: &mut State| !state.is_over(self.number);
        let waited = runs.ends.wait_timeout_while(runs.state(), time, is_running);
        self.snapshot(waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// The snapshot of the run that is over, or of a later one.
    fn snapshot(&self, state: MutexGuard<'_, State>) -> Arc<Snapshot> {
        let last = state.last.clone();
        drop(state);
        last.unwrap_or_else(|| unasked(&self.registry))
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let Some(number) = self.waiting else { return };
        let mut state = self.registry.runs().state();
        let place = state.waiting.iter().position(|(known, _)| *known == number);
        let waker = place.map(|place| state.waiting.swap_remove(place));
        drop(state);
        // Code of an executor.
        drop(waker);
    }
}

/// A snapshot for which no collector is asked.
fn unasked(registry: &Shared) -> Arc<Snapshot> {
    Arc::new(registry.found(registry.plan(&Filter::Named(Vec::new())), None))
}
