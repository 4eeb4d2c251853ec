//! The atomics and the mutex of this folder: std's, or loom's under `--cfg loom`.
//!
//! Holds no logic. Invariant: what a loom model runs is the code that ships.
//!
//! Loom remembers only the last access to an atomic: a thread that loads a value and then stores it
//! hides an earlier load by another thread, and the race goes unexplored. So where a reader may
//! look at the same time, writers here use one read-modify-write.

/// An atomic that a static can hold, in a model too.
pub(super) use std::sync::atomic::AtomicU64 as StaticU64;

#[cfg(loom)]
pub(super) mod weak;

#[cfg(not(loom))]
pub(crate) use std::thread_local as thread_locals;
#[cfg(not(loom))]
pub(super) use std::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence},
    },
    thread::{LocalKey, yield_now},
};

#[cfg(loom)]
pub(super) use loom::{
    sync::{Mutex, MutexGuard, atomic::Ordering},
    thread::{LocalKey, yield_now},
};
#[cfg(loom)]
pub(super) use weak::{AtomicPtr, AtomicU32, AtomicU64, fence};

/// Thread-locals: std's, or those of loom's threads.
#[cfg(loom)]
macro_rules! thread_locals {
    ($($(#[$attribute:meta])* static $name:ident: $type:ty = const { $value:expr };)*) => {
        loom::thread_local! { $($(#[$attribute])* static $name: $type = $value;)* }
    };
}

#[cfg(loom)]
pub(crate) use thread_locals;

/// A constructor that is `const`, except under loom, whose atomics no constant can hold.
macro_rules! constant {
    ($(#[$attribute:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$attribute])*
        #[cfg(not(loom))]
        $vis const fn $($rest)*

        $(#[$attribute])*
        #[cfg(loom)]
        $vis fn $($rest)*
    };
}

pub(crate) use constant;

/// The guard of a lock, whether or not another thread has panicked while it held the lock.
pub(super) fn unpoisoned<G>(guard: Result<G, std::sync::PoisonError<G>>) -> G {
    guard.unwrap_or_else(std::sync::PoisonError::into_inner)
}
