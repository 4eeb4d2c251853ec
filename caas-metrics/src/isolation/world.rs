//! The values of an isolation: for each static that counts a twin, made when it is first used.
//!
//! Not here: which isolation is current. Invariants: two isolations that live at the same time have no twin
//! in common; a twin is used again only after all that knew its isolation is gone, and is as new then.

use std::{
    any::Any,
    collections::HashMap,
    mem,
    sync::{Arc, LazyLock, Mutex, Once, PoisonError, RwLock},
};

use crate::{
    ended::Scopes,
    storage::{flag::Tally, update::At},
};

/// A static that counts something.
pub(crate) trait Twin: Any + Send + Sync {
    /// A new one like it, for an isolation. It is kept for good.
    fn twin(&self, world: u64) -> &'static Self
    where
        Self: Sized;

    /// Gives a twin to another isolation.
    fn belong(&self, world: u64);

    /// Makes a twin as new; `false` if that cannot be now.
    fn renew(&self) -> bool;
}

impl Twin for Tally {
    fn twin(&self, _: u64) -> &'static Self {
        Box::leak(Box::new(Self::new()))
    }

    fn belong(&self, _: u64) {}

    fn renew(&self) -> bool {
        self.reset();
        true
    }
}

impl Twin for Scopes {
    fn twin(&self, _: u64) -> &'static Self {
        Box::leak(Box::new(Self::new()))
    }

    fn belong(&self, _: u64) {}

    fn renew(&self) -> bool {
        self.forget();
        true
    }
}

/// An isolation, for all that know it.
pub(super) struct World {
    pub(super) number: u64,
    twins: RwLock<Twins>,
    /// Where handles that were made elsewhere have their child here, by what they were made of.
    handles: Mutex<HashMap<usize, At>>,
    pub(super) once: Once,
}

/// By the address of the static.
type Twins = HashMap<usize, &'static dyn Twin>;

/// How many isolations there have been.
static MADE: Tally = Tally::new();

/// Twins of isolations that are gone.
static IDLE: Mutex<Vec<Twins>> = Mutex::new(Vec::new());

/// What counts in runtimes whose isolation is over.
static LATE: LazyLock<Arc<World>> = LazyLock::new(World::new);

/// Whether there has been an isolation.
pub(super) fn has_any() -> bool {
    MADE.get() > 0
}

impl World {
    pub(super) fn new() -> Arc<Self> {
        let number = MADE.add(1);
        let twins = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        for twin in twins.values() {
            twin.belong(number);
        }
        Arc::new(Self::with(number, twins))
    }

    /// What the program has instead of one: no twins.
    pub(super) fn of_program() -> Self {
        Self::with(0, Twins::new())
    }

    fn with(number: u64, twins: Twins) -> Self {
        Self { number, twins: RwLock::new(twins), handles: Mutex::default(), once: Once::new() }
    }

    pub(super) fn late() -> Arc<Self> {
        Arc::clone(&LATE)
    }

    /// The twin of a static, if it has been made.
    pub(super) fn known<T: Twin>(&self, of: &'static T) -> Option<&'static T> {
        let twins = self.twins.read().unwrap_or_else(PoisonError::into_inner);
        let twin: &'static dyn Any = *twins.get(&address(of))?;
        twin.downcast_ref()
    }

    /// The same; it is made if it is missing.
    pub(super) fn make<T: Twin>(&self, of: &'static T) -> &'static T {
        let mut twins = self.twins.write().unwrap_or_else(PoisonError::into_inner);
        let twin: &'static dyn Any =
            *twins.entry(address(of)).or_insert_with(|| of.twin(self.number));
        twin.downcast_ref().unwrap_or(of)
    }

    /// Where a handle has its child here, if it is known.
    pub(super) fn handle(&self, made_of: usize) -> Option<At> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).get(&made_of).copied()
    }

    /// Remembers that. What came first stays.
    pub(super) fn remember(&self, made_of: usize, at: At) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        handles.entry(made_of).or_insert(at);
    }
}

/// No two statics have the same one, since each has a size.
fn address<T>(of: &'static T) -> usize {
    std::ptr::from_ref(of).addr()
}

impl Drop for World {
    fn drop(&mut self) {
        let twins = self.twins.get_mut().unwrap_or_else(PoisonError::into_inner);
        // One that cannot be renewed is never used again.
        twins.retain(|_, twin| twin.renew());
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(mem::take(twins));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts how many twins there are of it.
    #[derive(Debug)]
    struct Counted(Tally);

    static COUNTED: Counted = Counted(Tally::new());

    impl Twin for Counted {
        fn twin(&self, _: u64) -> &'static Self {
            self.0.add_one();
            Box::leak(Box::new(Self(Tally::new())))
        }

        fn belong(&self, _: u64) {}

        fn renew(&self) -> bool {
            self.0.renew()
        }
    }

    #[test]
    fn twins_are_used_again_as_new() {
        for _ in 0..100 {
            let [first, second] = [World::new(), World::new()];
            for world in [&first, &second] {
                let twin = world.make(&COUNTED);
                assert_eq!(twin.0.add(1), 1);
                assert!(world.known(&COUNTED).is_some_and(|known| std::ptr::eq(known, twin)));
            }
            drop(first);
            let third = World::new();
            assert_eq!(third.make(&COUNTED).0.get(), 0);
            assert_eq!(second.make(&COUNTED).0.get(), 1);
        }
        assert!(COUNTED.0.get() <= 10, "{COUNTED:?}");
    }
}
