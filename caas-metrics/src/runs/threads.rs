//! The threads of a registry: one does the runs and calls the collectors, the other one minds deadlines.
//!
//! Both are started by the first scrape that has to wait, and end with the registry. Nobody joins them.
//! A worker whose collector misses its deadline is given up: a new one goes on with the run, and the old
//! one ends when the call returns.
//!
//! Invariants: no lock is held while a collector is called; each collector holds at most one thread.

use std::{
    cell::Cell,
    io, mem,
    sync::{Arc, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use super::{Call, Runs, Snapshot, Source, State};
use crate::registry::Shared;

/// The most snapshots before the last one that may be held while each scrape gets a new one.
const EARLIER: usize = 2;

/// How long a run waits for one of them to be let go. Who is not slow reads a page in less.
const PATIENCE: Duration = Duration::from_millis(100);

/// How old the last snapshot may be to be given to a scrape because earlier ones are not let go.
const SHARED_FOR: Duration = Duration::from_secs(10);

thread_local! {
    /// The registry whose collectors this thread calls.
    static REGISTRY: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread must not wait for the collectors of a registry.
pub(super) fn is_inside(runs: &Runs) -> bool {
    REGISTRY.try_with(|known| known.get() == runs.number()).unwrap_or(true)
}

/// Starts the threads, unless they are there; `false` if the system gives none.
pub(super) fn start(registry: &Arc<Shared>, state: &mut State) -> bool {
    let process = std::process::id();
    if state.process == Some(process) {
        return true;
    }
    if state.process.is_some() {
        // A fork has no threads but the one that forked.
        registry.forget_calls();
        state.waiting.clear();
    }
    (state.run, state.call, state.wanted) = (None, None, None);
    state.ended = state.begun;
    state.worker += 1;
    state.watcher += 1;
    let are_started = spawn("caas-deadlines", registry, state.watcher, watch)
        .and_then(|()| spawn("caas-collectors", registry, state.worker, work));
    if are_started.is_err() {
        // Should there be a watcher, it ends.
        state.watcher += 1;
    }
    state.process = are_started.is_ok().then_some(process);
    are_started.is_ok()
}

fn spawn(
    name: &str,
    registry: &Arc<Shared>,
    number: u64,
    run: fn(Arc<Shared>, u64),
) -> io::Result<()> {
    let registry = Arc::clone(registry);
    let run = move || {
        // Fails only when the thread ends.
        let _ = REGISTRY.try_with(|known| known.set(registry.runs().number()));
        run(registry, number);
    };
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

/// Does runs until the registry is gone, or this worker is given up.
fn work(mut registry: Arc<Shared>, worker: u64) {
    let end = End { registry: Arc::downgrade(&registry), worker };
    while let Some(source) = next_call(&registry, worker) {
        // A call that never returns keeps its collector, and nothing else.
        drop(registry);
        source.call();
        drop(source);
        let Some(here) = end.registry.upgrade() else { return };
        registry = here;
        let mut state = registry.runs().state();
        // If this worker was given up, the call under way is another one.
        let call = if state.worker == worker { state.call.take() } else { None };
        drop(state);
        drop(call);
    }
}

/// Does runs up to the next call of a collector; none at the end of this worker.
fn next_call(registry: &Shared, worker: u64) -> Option<Arc<Source>> {
    let runs = registry.runs();
    let mut state = runs.state();
    while state.worker == worker {
        state = if let Some(run) = &mut state.run {
            match run.left.pop_front() {
                Some(source) if source.begin() => {
                    begin_call(runs, state, &source);
                    return Some(source);
                }
                Some(_) => state,
                None => end(registry, state),
            }
        } else if state.wanted.is_some() {
            begin(registry, state)
        } else if state.is_closed {
            return None;
        } else {
            runs.begins.wait(state).unwrap_or_else(PoisonError::into_inner)
        };
    }
    None
}

/// Has the watcher mind a call.
fn begin_call(runs: &Runs, mut state: MutexGuard<'_, State>, source: &Arc<Source>) {
    let deadline = Instant::now().checked_add(source.deadline());
    let is_sooner = deadline.is_some() && state.looks_at.is_none_or(|at| deadline < Some(at));
    state.call = Some(Call { source: Arc::clone(source), deadline });
    drop(state);
    // Else the watcher looks in time by itself, and need not be woken for each run.
    if is_sooner {
        runs.watches.notify_all();
    }
}

/// Begins the run that is wanted.
fn begin<'r>(registry: &'r Shared, state: MutexGuard<'r, State>) -> MutexGuard<'r, State> {
    let runs = registry.runs();
    drop(state);
    let is_spared = is_spared(registry);
    let mut state = runs.state();
    let Some(wanted) = state.wanted.take() else { return state };
    state.begun += 1;
    if is_spared {
        state.ended = state.begun;
        runs.wake(state);
        return runs.state();
    }
    drop(state);
    let plan = registry.plan(&wanted);
    let mut state = runs.state();
    state.run = Some(plan);
    state
}

/// Ends the run under way, all of whose collectors have been called.
fn end<'r>(registry: &'r Shared, mut state: MutexGuard<'r, State>) -> MutexGuard<'r, State> {
    let runs = registry.runs();
    let Some(plan) = state.run.take() else { return state };
    let last = state.last.clone();
    drop(state);
    let snapshot = registry.found(plan, last.as_deref());
    // It would be counted as held by a reader.
    drop(last);
    let mut state = runs.state();
    let before = state.publish(snapshot);
    runs.wake(state);
    // It may be large.
    drop(before);
    runs.state()
}

/// Whether the last snapshot does instead of a run, because slow readers hold `EARLIER` ones. So they
/// hold at most these, the last one, and one more every `SHARED_FOR` if they never let go.
fn is_spared(registry: &Shared) -> bool {
    let begun = Instant::now();
    loop {
        let mut state = registry.runs().state();
        state.earlier.retain(|snapshot| snapshot.strong_count() > 0);
        let last = state.last.clone().filter(|_| state.earlier.len() >= EARLIER);
        drop(state);
        let is_fresh = |it: &Snapshot| it.begun.elapsed() < SHARED_FOR && registry.is_current(it);
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

/// Minds the deadlines of calls until the registry is gone.
fn watch(registry: Arc<Shared>, watcher: u64) {
    let runs = registry.runs();
    let mut state = runs.state();
    while state.watcher == watcher {
        let now = Instant::now();
        let deadline = state.call.as_ref().and_then(|call| call.deadline);
        state.looks_at = deadline;
        state = match deadline {
            Some(at) if at <= now => give_up(&registry, state),
            Some(at) => {
                let waited = runs.watches.wait_timeout(state, at - now);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
            None if state.is_closed && state.run.is_none() && state.wanted.is_none() => return,
            None => runs.watches.wait(state).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

/// Leaves the worker to the collector that it calls, and has another one go on with the run.
fn give_up<'r>(
    registry: &'r Arc<Shared>,
    mut state: MutexGuard<'r, State>,
) -> MutexGuard<'r, State> {
    let Some(call) = state.call.take() else { return state };
    call.source.time_out();
    state.worker += 1;
    let is_started = spawn("caas-collectors", registry, state.worker, work).is_ok();
    if is_started {
        return state;
    }
    // The next scrape starts anew.
    let left = state.run.as_mut().map(|run| mem::take(&mut run.left));
    left.into_iter().flatten().for_each(|source| source.cannot_be_called());
    let mut state = end(registry, state);
    state.process = None;
    registry.runs().wake(state);
    registry.runs().state()
}

/// Says that a worker has ended when it is dropped, so that nobody waits for it.
struct End {
    registry: Weak<Shared>,
    worker: u64,
}

impl Drop for End {
    fn drop(&mut self) {
        let Some(registry) = self.registry.upgrade() else { return };
        let runs = registry.runs();
        let mut state = runs.state();
        if state.worker == self.worker {
            state.process = None;
            state.watcher += 1;
            runs.wake(state);
            runs.watches.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Registry, sample::FamilySnapshot};

    /// A fork has the state of its parent and none of its threads.
    #[test]
    fn a_process_that_was_forked_starts_threads_of_its_own() {
        let registry = Registry::new();
        registry.register(|| vec![FamilySnapshot::gauge("g", "G.").with(&[], 1.0)]);
        let shows_it = || registry.gather().iter().any(|family| family.name == "g");
        assert!(shows_it());
        let runs = registry.shared().runs();
        let mut state = runs.state();
        let (worker, watcher) = (state.worker, state.watcher);
        state.process = Some(0);
        // A run was under way, which nobody ends.
        state.begun += 1;
        drop(state);
        assert!(shows_it());
        let state = runs.state();
        assert_eq!((state.worker, state.watcher), (worker + 1, watcher + 1));
        assert_eq!((state.begun, state.process), (state.ended, Some(std::process::id())));
    }
}
