//! Guards for labels that depend on how the call ends: they run a closure of the expansion then.
//!
//! Not here: how the closure holds and finds labels (`held.rs`). Invariant: the closure runs at
//! most once, for the one ending that the call had.

use core::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    Exit, On, endings,
    guard::Ends,
    phase::{Guard, Phase},
};
use crate::{
    isolation::{Isolation, here},
    storage::flag::Tally,
};

/// Runs `record` with the call's ending, if that counts.
#[doc(hidden)]
#[must_use]
pub struct OnExit<E, F: Fn(Exit<'_, E>)> {
    record: F,
    on: On,
    phase: Phase,
    isolation: Isolation,
    error: PhantomData<fn(E)>,
}

/// The type of the errors that a call can end with.
#[doc(hidden)]
#[derive(Debug)]
pub struct Of<E>(PhantomData<fn(E)>);

impl<E> Of<E> {
    /// The error in what a function returns; the closure is never called.
    #[inline]
    #[must_use]
    pub fn error<V>(_: impl FnOnce(&V) -> Exit<'_, E>) -> Self {
        Self(PhantomData)
    }

    /// Left to inference: the error type of the guard's ending.
    #[inline]
    #[must_use]
    pub fn any() -> Self {
        Self(PhantomData)
    }
}

/// The guard of a label set whose labels depend on the ending. It records only endings in `on`.
#[inline]
pub fn on_exit<E, F: Fn(Exit<'_, E>)>(on: On, phase: Phase, _: Of<E>, record: F) -> OnExit<E, F> {
    OnExit { record, on, phase, isolation: Isolation::current(), error: PhantomData }
}

impl<E, F: Fn(Exit<'_, E>)> Guard for OnExit<E, F> {
    #[inline]
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }
}

impl<E, F: Fn(Exit<'_, E>)> OnExit<E, F> {
    #[inline]
    fn run(&self, exit: Exit<'_, E>) {
        if self.on.has(&exit) {
            self.isolation.run(|| (self.record)(exit));
        }
    }
}

impl<E, F: Fn(Exit<'_, E>)> Drop for OnExit<E, F> {
    #[inline]
    fn drop(&mut self) {
        let exit = self.phase.exit();
        if std::thread::panicking() { quietly(|| self.run(exit)) } else { self.run(exit) }
    }
}

impl<E, F: Fn(Exit<'_, E>)> Ends<E> for OnExit<E, F> {
    #[inline]
    fn end(mut self, exit: Exit<'_, E>) {
        // The closure's captures are still dropped. Nothing may be recorded again then, even if a label
        // panics now.
        let on = std::mem::replace(&mut self.on, endings::NONE);
        if on.has(&exit) {
            self.isolation.run(|| (self.record)(exit));
        }
    }
}

/// Labels that have panicked while their call was panicking.
static PANICS: Tally = Tally::new();

pub(crate) fn label_panics() -> u64 {
    here(&PANICS).get()
}

/// Records a call that is panicking. A second panic out of a destructor would abort the process.
#[cold]
fn quietly(record: impl FnOnce()) {
    // The closure only looks at a label set of its own.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(record)) {
        here(&PANICS).add_one();
        // The payload's destructor could panic as well.
        std::mem::forget(payload);
    }
}

/// A guard that only counts endings without a value: `otherwise(…)`.
#[doc(hidden)]
#[must_use]
pub struct Otherwise<G>(G);

/// The guard of `otherwise(…)`.
#[inline]
pub fn otherwise<G>(guard: G) -> Otherwise<G> {
    Otherwise(guard)
}

impl<G: Guard> Guard for Otherwise<G> {
    #[inline]
    fn enter(&mut self, phase: Phase) {
        self.0.enter(phase);
    }
}

/// Disarms the guard: the call returned a value, which another guard records.
#[inline]
pub fn returned<G: Ends<()>>(guard: Otherwise<G>) {
    guard.0.end(Exit::Ok);
}
