//! Which values of a label type have ended: those whose last scope was dropped.
//!
//! Not here: scopes themselves and what they remove (`scope.rs`), and who asks before a series is born
//! (`lookup.rs`). Invariants: no lock of a family is taken under the lock here, and no code of a user runs
//! under it; a type that never had a scope costs one load.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
};

/// What is known of the scopes of one label type.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Default)]
pub struct Scopes(OnceLock<Shared>);

/// How many ended values at least are remembered; twice as many at most.
const REMEMBERED: usize = 131_072;

/// Where the scopes of a label type are. A function, because no constant can hold a reference to what changes.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct ScopesOf(pub fn() -> &'static Scopes);

/// They are equal if they are of one label type.
impl PartialEq for ScopesOf {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq((self.0)(), (other.0)())
    }
}

impl Eq for ScopesOf {}

impl fmt::Debug for ScopesOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopesOf")
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scopes").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Shared {
    /// Unpredictable, so that nobody can choose values that are taken for each other.
    seed: RandomState,
    state: Mutex<State>,
    /// A value's series have been removed.
    swept: Condvar,
}

#[derive(Default)]
struct State {
    /// How many scopes each value has.
    open: HashMap<Box<str>, usize>,
    /// Values whose series are being removed, by their hashes.
    sweeping: Vec<u64>,
    ended: Ended,
}

/// The hashes of values that have ended: the newest ones, and those before them.
#[derive(Default)]
struct Ended {
    new: HashSet<u64>,
    old: HashSet<u64>,
}

impl Ended {
    fn has(&self, hash: u64) -> bool {
        self.new.contains(&hash) || self.old.contains(&hash)
    }

    /// Adds a hash. Without memory it is left out.
    fn add(&mut self, hash: u64) {
        if self.new.len() == REMEMBERED {
            self.old = std::mem::take(&mut self.new);
        }
        if self.new.try_reserve(1).is_ok() {
            self.new.insert(hash);
        }
    }

    fn remove(&mut self, hash: u64) {
        self.new.remove(&hash);
        self.old.remove(&hash);
    }
}

impl Scopes {
    /// Before there are any.
    #[must_use]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Forgets all scopes. Nobody has one.
    #[cfg(feature = "testing")]
    pub(crate) fn forget(&self) {
        if let Some(shared) = self.0.get() {
            *shared.lock() = State::default();
        }
    }

    /// Whether the last scope of a value has ended, and no new one has begun.
    pub(crate) fn has_ended(&self, text: &str) -> bool {
        self.0.get().is_some_and(|shared| {
            let hash = shared.seed.hash_one(text);
            shared.lock().ended.has(hash)
        })
    }

    /// Begins a scope. While the series of an earlier one of the value are being removed, it waits.
    pub(crate) fn begin(&self, text: &str) {
        let shared = self.0.get_or_init(Shared::default);
        let hash = shared.seed.hash_one(text);
        let mut state = shared.lock();
        while state.sweeping.contains(&hash) {
            state = shared.swept.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(scopes) = state.open.get_mut(text) {
            *scopes += 1;
        } else {
            state.open.insert(text.into(), 1);
            state.ended.remove(hash);
        }
    }

    /// Ends a scope. After the last one of a value no series with it is born, and `sweep` removes those
    /// that there are.
    pub(crate) fn end(&self, text: &str, sweep: impl FnOnce()) {
        let Some(shared) = self.0.get() else { return };
        let hash = shared.seed.hash_one(text);
        {
            let mut state = shared.lock();
            match state.open.get_mut(text) {
                Some(scopes) if *scopes > 1 => {
                    *scopes -= 1;
                    return;
                }
                _ => state.open.remove(text),
            };
            state.ended.add(hash);
            state.sweeping.push(hash);
        }
        let _sweeping = Sweeping { shared, hash };
        sweep();
    }
}

/// While it lives, no scope of the value begins.
struct Sweeping<'s> {
    shared: &'s Shared,
    hash: u64,
}

impl Drop for Sweeping<'_> {
    fn drop(&mut self) {
        self.shared.lock().sweeping.retain(|hash| *hash != self.hash);
        self.shared.swept.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ended_values_are_remembered() {
        let mut ended = Ended::default();
        let all = 3 * REMEMBERED as u64;
        (0..all).for_each(|hash| ended.add(hash));
        let remembered = (0..all).filter(|hash| ended.has(*hash)).count();
        assert!((REMEMBERED..=2 * REMEMBERED).contains(&remembered), "{remembered}");
        assert!((all - REMEMBERED as u64..all).all(|hash| ended.has(hash)));
        ended.remove(all - 1);
        assert!(!ended.has(all - 1));
    }

    #[test]
    fn a_value_ends_with_its_last_scope() {
        let scopes = Scopes::new();
        assert!(!scopes.has_ended("a"));
        scopes.begin("a");
        scopes.begin("a");
        scopes.end("a", || unreachable!("it has another scope"));
        assert!(!scopes.has_ended("a"));
        let mut is_swept = false;
        scopes.end("a", || {
            // Whoever creates a series from now on sees that the value has ended.
            assert!(scopes.has_ended("a"));
            is_swept = true;
        });
        assert!(is_swept && scopes.has_ended("a") && !scopes.has_ended("b"));
        scopes.begin("a");
        assert!(!scopes.has_ended("a"));
    }
}
