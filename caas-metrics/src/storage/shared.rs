//! Slots that all threads write to.
//!
//! Not here: whose they are (`cells.rs`). Invariant: each update is one atomic operation, but for
//! additions of floats.

use super::{
    slab::fetch_add_f64,
    sync::{AtomicU64, Ordering, StaticU64},
};

/// A slot that all threads write to.
pub(crate) struct SharedSlot<'a>(pub(super) &'a AtomicU64);

impl SharedSlot<'_> {
    #[inline]
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn add_f64(&self, x: f64) {
        fetch_add_f64(self.0, x);
    }

    #[inline]
    pub(crate) fn set(&self, bits: u64) {
        self.0.store(bits, Ordering::Relaxed);
    }
}

/// The only slot of a family, in a static: its address is known when the program is linked.
#[cfg_attr(loom, allow(dead_code, reason = "the models have none"))]
pub(crate) struct StaticSlot(StaticU64);

impl StaticSlot {
    pub(crate) const fn new() -> Self {
        Self(StaticU64::new(0))
    }

    /// The slot. The models have none: loom's atomics cannot be in a static.
    #[inline]
    pub(super) fn as_slice(&self) -> &[AtomicU64] {
        #[cfg(not(loom))]
        return std::slice::from_ref(&self.0);
        #[cfg(loom)]
        return &[];
    }

    #[inline]
    pub(crate) fn slot(&self) -> Option<SharedSlot<'_>> {
        self.as_slice().first().map(SharedSlot)
    }
}
