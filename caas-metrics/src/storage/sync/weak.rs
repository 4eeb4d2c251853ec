//! Loom's atomics, from which a model can take an ordering away, to show that it fails without it.
//!
//! Not here: the models. Invariant: unless one is taken away, each operation is loom's.

use std::{cell::Cell, panic::Location};

use loom::sync::atomic::{self, Ordering};

/// What can be taken away in a file: its acquires, its releases, or its fences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Class {
    Acquires,
    Releases,
    Fences,
}

/// The orderings to take away: a class of them in a file, or only those of a single line.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) struct Without {
    pub(in crate::storage) file: &'static str,
    pub(in crate::storage) line: Option<u32>,
    pub(in crate::storage) class: Class,
}

thread_local! {
    // The standard library sees all threads of a model as one.
    static WITHOUT: Cell<&'static [Without]> = const { Cell::new(&[]) };
}

/// Takes orderings away from the models that this thread runs.
#[cfg_attr(not(test), allow(dead_code, reason = "only models take something away"))]
pub(in crate::storage) fn take_away(without: &'static [Without]) {
    WITHOUT.set(without);
}

fn is_without(class: Class, caller: &Location<'_>) -> bool {
    WITHOUT.get().iter().any(|without| {
        without.class == class
            && caller.file().ends_with(without.file)
            && without.line.is_none_or(|line| line == caller.line())
    })
}

/// What is left of an ordering.
fn left(order: Ordering, caller: &Location<'_>) -> Ordering {
    let acquires = matches!(order, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
        && !is_without(Class::Acquires, caller);
    let releases = matches!(order, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
        && !is_without(Class::Releases, caller);
    match (acquires, releases) {
        (true, true) => order,
        (true, false) => Ordering::Acquire,
        (false, true) => Ordering::Release,
        (false, false) => Ordering::Relaxed,
    }
}

#[track_caller]
pub(in crate::storage) fn fence(order: Ordering) {
    if !is_without(Class::Fences, Location::caller()) {
        atomic::fence(order);
    }
}

macro_rules! atomic {
    ($name:ident $(<$generic:ident>)?, $value:ty) => {
        #[derive(Debug)]
        pub(in crate::storage) struct $name$(<$generic>)?(atomic::$name$(<$generic>)?);

        #[allow(dead_code, reason = "the atomics have the same operations")]
        impl$(<$generic>)? $name$(<$generic>)? {
            pub(in crate::storage) fn new(value: $value) -> Self {
                Self(atomic::$name::new(value))
            }

            #[track_caller]
            pub(in crate::storage) fn load(&self, order: Ordering) -> $value {
                self.0.load(left(order, Location::caller()))
            }

            #[track_caller]
            pub(in crate::storage) fn store(&self, value: $value, order: Ordering) {
                self.0.store(value, left(order, Location::caller()));
            }

            #[track_caller]
            pub(in crate::storage) fn swap(&self, value: $value, order: Ordering) -> $value {
                self.0.swap(value, left(order, Location::caller()))
            }
        }
    };
}

macro_rules! number {
    ($name:ident, $value:ty) => {
        atomic!($name, $value);

        #[allow(dead_code, reason = "as above")]
        impl $name {
            #[track_caller]
            pub(in crate::storage) fn fetch_add(&self, n: $value, order: Ordering) -> $value {
                self.0.fetch_add(n, left(order, Location::caller()))
            }

            #[track_caller]
            pub(in crate::storage) fn fetch_sub(&self, n: $value, order: Ordering) -> $value {
                self.0.fetch_sub(n, left(order, Location::caller()))
            }

            #[track_caller]
            pub(in crate::storage) fn fetch_update(
                &self,
                set: Ordering,
                fetch: Ordering,
                next: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let caller = Location::caller();
                self.0.fetch_update(left(set, caller), left(fetch, caller), next)
            }

            #[track_caller]
            pub(in crate::storage) fn compare_exchange_weak(
                &self,
                current: $value,
                next: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let caller = Location::caller();
                let (success, failure) = (left(success, caller), left(failure, caller));
                self.0.compare_exchange_weak(current, next, success, failure)
            }
        }
    };
}

atomic!(AtomicPtr<T>, *mut T);
number!(AtomicU32, u32);
number!(AtomicU64, u64);
