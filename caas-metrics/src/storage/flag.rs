//! Small shared numbers that need no slab: counts of rare events and once-set values.
//!
//! Not for anything that a hot path updates. Invariant: each value stands by itself; no other
//! memory is published through it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

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

/// A number other than zero that is set once and then read often; zero until then.
#[derive(Debug)]
pub(crate) struct Once32(AtomicU32);

impl Once32 {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    pub(crate) fn set(&self, value: u32) {
        self.0.store(value, Ordering::Release);
    }

    #[inline]
    pub(crate) fn get(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }
}
