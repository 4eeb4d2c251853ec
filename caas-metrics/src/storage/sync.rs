//! The atomics and the mutex of this folder: std's, or loom's under `--cfg loom`.
//!
//! Holds no logic. Invariant: what a loom model runs is the code that ships.
//!
//! Loom remembers only the last access to an atomic: a thread that loads a value and then stores it
//! hides an earlier load by another thread, and the race goes unexplored. Writers here therefore
//! use one read-modify-write where a reader may look at the same time.

/// An atomic that a static can hold.
pub(super) use std::sync::atomic::AtomicU64 as StaticU64;

#[cfg(not(loom))]
pub(super) use std::sync::{
    Mutex,
    atomic::{AtomicU32, AtomicU64, Ordering, fence},
};

#[cfg(loom)]
pub(super) use loom::sync::{
    Mutex,
    atomic::{AtomicU32, AtomicU64, Ordering, fence},
};

/// Locks whether or not another thread panicked while it held the lock: what the locks of this
/// folder guard is consistent after every statement.
#[cfg(not(loom))]
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(loom)]
pub(super) fn lock<T>(mutex: &Mutex<T>) -> loom::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
