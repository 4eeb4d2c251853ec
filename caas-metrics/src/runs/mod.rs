//! Runs: how scrapes get the values of collectors without calling them.
//!
//! * [`source`]: a registered collector; [`caller`]: the thread that calls them.
//! * [`snapshot`]: what a run found.
//! * Here: which scrape waits for which run.
//!
//! A registry with collectors has two threads from its first scrape on. One begins runs and minds the
//! deadlines, the other one calls. Not here: what a run does (`registry/shared.rs`).
//!
//! Invariants: at most one run is under way, and at most one more is wanted; a scrape gets what was
//! asked after it began, unless a cadence or slow readers have it otherwise (`is_spared`); nobody joins
//! these threads.

mod caller;
mod snapshot;
mod source;

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

pub(crate) use self::{
    caller::Caller,
    snapshot::Snapshot,
    source::{Failure, Source},
};
use crate::filter::Filter;

/// The most snapshots before the last one that may be held while each scrape gets a new one.
const EARLIER: usize = 2;

/// How long a run waits for one of them to be let go. Who is not slow reads a page in less.
const PATIENCE: Duration = Duration::from_millis(100);

/// How old the last snapshot may be to be given to a scrape because earlier ones are not let go.
const SHARED_FOR: Duration = Duration::from_secs(10);

/// What a run does.
pub(crate) trait Run: Send + Sync + 'static {
    /// Asks the collectors that may have a wanted family. Without a caller they fail.
    fn run(
        &self,
        caller: Option<&mut Caller>,
        wanted: &Filter,
        before: Option<&Snapshot>,
    ) -> Snapshot;

    /// Whether a snapshot is of what the registry has now.
    fn is_current(&self, snapshot: &Snapshot) -> bool;

    /// The threads of this process are not those that were started.
    fn forget_threads(&self);

    fn runs(&self) -> &Runs;
}

/// The runs of a registry.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many runs have begun, and how many have ended.
    begun: u64,
    ended: u64,
    /// What the next run shall ask, if somebody waits for one.
    wanted: Option<Filter>,
    last: Option<Arc<Snapshot>>,
    /// Snapshots before the last one that scrapes still read.
    earlier: Vec<Weak<Snapshot>>,
    /// Who is to be woken after a run, each with a number.
    waiting: Vec<(u64, Waker)>,
    next_waiting: u64,
    /// The process whose thread does the runs.
    thread: Option<u32>,
    /// Whether the registry is gone.
    is_closed: bool,
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

    /// The registry is gone: its thread ends after what scrapes still wait for.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.changed.notify_all();
    }

    /// Waits until a run is wanted; `false` if none will be.
    fn wait_until_wanted(&self) -> bool {
        let is_idle = |state: &mut State| state.wanted.is_none() && !state.is_closed;
        let state = self.changed.wait_while(self.state(), is_idle);
        state.unwrap_or_else(PoisonError::into_inner).wanted.is_some()
    }

    /// A number that no other registry has.
    fn number(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
}

impl State {
    /// Whether slow readers hold as many snapshots as they may.
    fn is_held_up(&mut self) -> bool {
        self.earlier.retain(|snapshot| snapshot.strong_count() > 0);
        self.earlier.len() >= EARLIER
    }

    /// Takes over what a run found, and returns what the run before found.
    fn publish(&mut self, snapshot: Snapshot) -> Option<Arc<Snapshot>> {
        let before = self.last.replace(Arc::new(snapshot))?;
        if Arc::strong_count(&before) > 1 {
            self.earlier.push(Arc::downgrade(&before));
        }
        Some(before)
    }

    /// Whether a run has ended, or never will.
    fn is_over(&self, number: u64) -> bool {
        self.ended >= number || self.thread.is_none()
    }
}

/// A scrape's wait for the collectors.
pub(crate) struct Request<R: Run> {
    run: Arc<R>,
    /// The snapshot, if there is nothing to wait for.
    ready: Option<Arc<Snapshot>>,
    /// The run to wait for.
    number: u64,
    /// The number under which the waker is known.
    waiting: Option<u64>,
}

impl<R: Run> Request<R> {
    /// A request for which there is nothing to wait for.
    pub(crate) fn ready(run: &Arc<R>, snapshot: Arc<Snapshot>) -> Self {
        Self { run: Arc::clone(run), ready: Some(snapshot), number: 0, waiting: None }
    }

    /// Asks for a run that begins after now.
    pub(crate) fn new(run: &Arc<R>, wanted: Filter) -> Self {
        let runs = run.runs();
        let is_inside = caller::is_inside(runs.number());
        let mut state = runs.state();
        let instead = state.last.clone().filter(|_| is_inside);
        let ready = match instead {
            Some(last) => last,
            // Waiting for oneself would take until the deadline.
            None if is_inside => {
                drop(state);
                unasked(&**run)
            }
            None if !start(run, &mut state) => {
                drop(state);
                Arc::new(run.run(None, &wanted, None))
            }
            None => return Self::of_next(run, wanted, state),
        };
        Self::ready(run, ready)
    }

    fn of_next(run: &Arc<R>, wanted: Filter, mut state: MutexGuard<'_, State>) -> Self {
        let both = match state.wanted.take() {
            Some(others) => others.or(wanted),
            None => wanted,
        };
        state.wanted = Some(both);
        let number = state.begun + 1;
        drop(state);
        run.runs().changed.notify_all();
        Self { run: Arc::clone(run), ready: None, number, waiting: None }
    }

    /// The snapshot, if there is nothing to wait for.
    pub(crate) fn try_ready(mut self) -> Result<Arc<Snapshot>, Self> {
        self.ready.take().ok_or(self)
    }

    /// Whether the snapshot is there; if not, the waker is woken when it may be.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Arc<Snapshot>> {
        if let Some(snapshot) = &self.ready {
            return Poll::Ready(Arc::clone(snapshot));
        }
        let mut state = self.run.runs().state();
        if state.is_over(self.number) {
            return Poll::Ready(self.found(state));
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

    /// The snapshot of the run that is over, or of a later one.
    fn found(&self, state: MutexGuard<'_, State>) -> Arc<Snapshot> {
        let last = state.last.clone();
        drop(state);
        last.unwrap_or_else(|| unasked(&*self.run))
    }

    /// Waits for the snapshot, at most until the deadlines of all collectors have passed.
    pub(crate) fn wait(self) -> Arc<Snapshot> {
        if let Some(snapshot) = &self.ready {
            return Arc::clone(snapshot);
        }
        let runs = self.run.runs();
        let mut state = runs.state();
        loop {
            if state.is_over(self.number) {
                return self.found(state);
            }
            state = runs.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<R: Run> Drop for Request<R> {
    fn drop(&mut self) {
        let Some(number) = self.waiting else { return };
        let mut state = self.run.runs().state();
        let place = state.waiting.iter().position(|(known, _)| *known == number);
        let waker = place.map(|place| state.waiting.swap_remove(place));
        drop(state);
        // Code of an executor.
        drop(waker);
    }
}

/// A snapshot for which no collector is asked.
fn unasked<R: Run>(run: &R) -> Arc<Snapshot> {
    Arc::new(run.run(None, &Filter::Named(Vec::new()), None))
}

/// Starts the thread of the runs, unless there is one; `false` if the system gives none.
fn start<R: Run>(run: &Arc<R>, state: &mut State) -> bool {
    let process = std::process::id();
    if state.thread == Some(process) {
        return true;
    }
    if state.thread.is_some() {
        // A fork has no threads but its own.
        run.forget_threads();
        state.wanted = None;
        state.ended = state.begun;
        state.waiting.clear();
    }
    let run = Arc::clone(run);
    let thread = thread::Builder::new().name("caas-scrapes".to_owned()).spawn(move || work(&*run));
    state.thread = thread.is_ok().then_some(process);
    state.thread.is_some()
}

/// Does runs until the registry is gone.
fn work<R: Run>(run: &R) {
    let runs = run.runs();
    let _end = End(runs);
    caller::enter(runs.number());
    let mut caller = Caller::new(runs.number());
    while runs.wait_until_wanted() {
        let is_spared = is_spared(run);
        let mut state = runs.state();
        let Some(wanted) = state.wanted.take() else { continue };
        state.begun += 1;
        let before = state.last.clone();
        drop(state);
        let snapshot = (!is_spared).then(|| run.run(Some(&mut caller), &wanted, before.as_deref()));
        // This is no reader.
        drop(before);
        let mut state = runs.state();
        let before = snapshot.and_then(|snapshot| state.publish(snapshot));
        state.ended = state.begun;
        wake(runs, state);
        drop(before);
    }
}

/// Whether the last snapshot does instead of a run, because slow readers hold `EARLIER` ones. So they
/// hold at most these, the last one, and one more every `SHARED_FOR` if they never let go.
fn is_spared<R: Run>(run: &R) -> bool {
    let begun = Instant::now();
    loop {
        let mut state = run.runs().state();
        if !state.is_held_up() {
            return false;
        }
        let last = state.last.clone();
        drop(state);
        let is_fresh = |last: &Snapshot| last.begun.elapsed() < SHARED_FOR && run.is_current(last);
        if !last.is_some_and(|last| is_fresh(&last)) {
            return false;
        }
        if begun.elapsed() >= PATIENCE {
            return true;
        }
        // Nobody says when a snapshot is let go.
        thread::sleep(PATIENCE / 20);
    }
}

/// Wakes all that wait.
fn wake(runs: &Runs, mut state: MutexGuard<'_, State>) {
    let waiting = mem::take(&mut state.waiting);
    drop(state);
    runs.changed.notify_all();
    for (_, waker) in waiting {
        // Code of an executor, which must not end this thread.
        let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
    }
}

/// Says that the thread has ended when it is dropped, so that nobody waits for it.
struct End<'r>(&'r Runs);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.thread = None;
        wake(self.0, state);
    }
}
