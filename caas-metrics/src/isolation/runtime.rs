//! Which isolation a tokio runtime is in, with all its workers, tasks and blocking threads.
//!
//! Not here: which isolation a thread is in (`current.rs`). Invariant: when an isolation has left its runtime,
//! what still runs there counts for no test and not for the program either.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, LazyLock, PoisonError, RwLock},
    thread::{self, ThreadId},
};

use tokio::runtime::{Handle, Id};

use super::{
    current::{Isolation, away},
    world::World,
};

/// A runtime, as far as it is known here.
pub(super) type Runtime = Id;

enum State {
    /// It is in an isolation, which this thread has brought it into.
    In(Arc<World>, ThreadId),
    /// It was in one.
    Left,
}

static ALL: LazyLock<RwLock<HashMap<Runtime, State>>> = LazyLock::new(RwLock::default);

/// The runtime that the thread works for.
pub(super) fn current() -> Option<Runtime> {
    Handle::try_current().ok().map(|handle| handle.id())
}

/// The isolation of a runtime.
pub(super) fn world(runtime: Runtime) -> Option<Arc<World>> {
    let all = ALL.read().unwrap_or_else(PoisonError::into_inner);
    if let State::In(world, _) = all.get(&runtime)? {
        return Some(Arc::clone(world));
    }
    // It may be made now, which takes memory: not under the lock, and not in an isolation.
    drop(all);
    Some(away(World::late))
}

/// Another thread has brought the runtime into an isolation.
#[derive(Debug)]
pub(crate) struct IsTaken;

/// Until it is dropped, a runtime is in an isolation.
pub(crate) struct Covered {
    runtime: Runtime,
    world: Arc<World>,
    /// What it was in before.
    before: Option<State>,
}

impl std::fmt::Debug for Covered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Covered").field(&self.runtime).finish()
    }
}

impl Isolation {
    /// Brings the runtime that the thread works for into this isolation; `None` if it works for none.
    pub(crate) fn cover(&self) -> Result<Option<Covered>, IsTaken> {
        let (Some(runtime), Some(world)) = (current(), self.world()) else { return Ok(None) };
        away(|| Covered::begin(runtime, world)).map(Some)
    }
}

impl Covered {
    fn begin(runtime: Runtime, world: &Arc<World>) -> Result<Self, IsTaken> {
        let thread = thread::current().id();
        let mut all = ALL.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(all.get(&runtime), Some(State::In(_, owner)) if *owner != thread) {
            return Err(IsTaken);
        }
        let before = all.insert(runtime, State::In(Arc::clone(world), thread));
        Ok(Self { runtime, world: Arc::clone(world), before })
    }
}

impl Drop for Covered {
    fn drop(&mut self) {
        let mut all = ALL.write().unwrap_or_else(PoisonError::into_inner);
        let before = self.before.take().unwrap_or(State::Left);
        let is_own = |state: &&mut State| match &**state {
            State::In(world, _) => Arc::ptr_eq(world, &self.world),
            State::Left => false,
        };
        let own = all.get_mut(&self.runtime).filter(is_own);
        let left = own.map(|state| mem::replace(state, before));
        drop(all);
        // Not under the lock: it may be the last that knows the isolation.
        away(|| drop(left));
    }
}
