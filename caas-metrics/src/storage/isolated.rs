//! The values of an isolation, which tests have for themselves: a family's storage beside its own.
//!
//! Not here: which isolation is current (`isolation/` of the crate). Invariants: no thread has a share of
//! such a storage, so all its updates hold the lock; what is given back is as new: every life has ended,
//! and blocks are born in the same order as in a new one.

use super::index::Index;

#[cfg(not(feature = "testing"))]
impl Index {
    /// Whether these are the values of an isolation.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[allow(clippy::unused_self, reason = "with the feature `testing` it is a question")]
    pub(super) const fn is_isolated(&self) -> bool {
        false
    }
}

#[cfg(feature = "testing")]
mod of_isolations {
    use super::Index;
    use crate::storage::{
        records::LAST_LIFE, shape::Shape, sync::Ordering, thread::is_busy, update::Home,
    };

    /// The isolation whose values the current thread has of a family; 0 for the program's own.
    pub(crate) fn world<F: Home>() -> u64 {
        F::index().world.load(Ordering::Relaxed)
    }

    impl Index {
        /// Whether these are the values of an isolation.
        #[inline]
        pub(in crate::storage) fn is_isolated(&self) -> bool {
            self.world.load(Ordering::Relaxed) != 0
        }

        /// The storage of a family with this shape in an isolation.
        pub(crate) fn isolated(shape: Shape, world: u64) -> Self {
            let index = Self::new(shape);
            index.belong(world);
            index
        }

        /// Gives the storage to an isolation. No thread uses it meanwhile.
        pub(crate) fn belong(&self, world: u64) {
            self.world.store(world, Ordering::Relaxed);
        }

        /// Makes the storage as new; `false` if that cannot be now. No thread uses it meanwhile.
        pub(crate) fn renew(&self) -> bool {
            if is_busy() {
                return false;
            }
            self.clear();
            self.overflows.reset();
            self.lost.reset();
            self.shape.is_closed() || self.put_in_order()
        }

        /// Lets blocks be born in the order of their numbers.
        fn put_in_order(&self) -> bool {
            let Some(mut held) = self.lock() else { return false };
            held.writer.unchecked = 0;
            held.writer.free = 0;
            for block in (0..self.blocks.load(Ordering::Acquire)).rev() {
                let Some(record) = self.records.get(block, &self.shape) else { return false };
                if record.series().all(|series| record.life(series) < LAST_LIFE) {
                    record.set_next(std::mem::replace(&mut held.writer.free, block + 1));
                }
            }
            true
        }
    }
}

#[cfg(feature = "testing")]
pub(crate) use of_isolations::world;
