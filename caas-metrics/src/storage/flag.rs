//! Counts of rare events.
//!
//! Not for anything that a hot path updates. Invariant: each count stands by itself; no other memory
//! is published through it.

use std::sync::atomic::{AtomicU64, Ordering};

/// A count of rare events.
#[derive(Debug)]
pub(crate) struct Tally(AtomicU64);

impl Tally {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// One event more.
    pub(crate) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
