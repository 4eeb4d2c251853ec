//! Counts of rare events.
//!
//! Not for anything that a hot path updates. Invariant: each count stands by itself; no other
//! memory is published through it.

use std::sync::atomic::{AtomicU64, Ordering};

/// A count of rare events.
#[derive(Debug)]
pub(crate) struct Tally(AtomicU64);

impl Tally {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Counts one event.
    pub(crate) fn add_one(&self) {
        self.add(1);
    }

    /// Counts this many events, and returns the new count.
    pub(crate) fn add(&self, events: u64) -> u64 {
        self.0.fetch_add(events, Ordering::Relaxed).wrapping_add(events)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
