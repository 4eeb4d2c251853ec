//! Cells that all threads share: gauges that can be set.
//!
//! Not here: whose they are (`index.rs`). Invariants: each update is one atomic operation, but for
//! additions of floats; a thread writes down which removable series it is about to write to, and
//! that cell goes to no other series meanwhile.

use super::sync::{AtomicU64, Ordering, StaticU64};

/// A cell that all threads write to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SharedCell<'a>(pub(super) &'a AtomicU64);

impl SharedCell<'_> {
    #[inline]
    pub(crate) fn add(self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn add_f64(self, x: f64) {
        let mut current = self.0.load(Ordering::Relaxed);
        loop {
            let next = (f64::from_bits(current) + x).to_bits();
            match self.0.compare_exchange_weak(current, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(seen) => current = seen,
            }
        }
    }

    #[inline]
    pub(crate) fn get(self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn set(self, bits: u64) {
        self.0.store(bits, Ordering::Relaxed);
    }
}

/// The only cell of a family, in a static: its address is known when the program is linked.
#[cfg_attr(loom, allow(dead_code, reason = "the models have none"))]
#[derive(Debug)]
pub(crate) struct StaticCell(StaticU64);

impl StaticCell {
    pub(crate) const fn new() -> Self {
        Self(StaticU64::new(0))
    }

    #[cfg(not(loom))]
    #[inline]
    #[allow(clippy::unnecessary_wraps, reason = "a model has no such cell")]
    pub(crate) fn cell(&self) -> Option<SharedCell<'_>> {
        Some(SharedCell(&self.0))
    }

    /// Loom's atomics cannot be in a static.
    #[cfg(loom)]
    pub(crate) fn cell(&self) -> Option<SharedCell<'_>> {
        None
    }
}
