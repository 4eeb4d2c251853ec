//! Leaves: counters of a series that take no memory before one of them is used.
//!
//! A native histogram may have hundreds of buckets on either side of zero, and a thread uses a few
//! dozen of them. So a series' cells say where its leaves are, each with the counters of consecutive
//! buckets; one more cell says where there is a list of the leaves below zero. Not here: which
//! observation has which counter. Invariants: as for all cells, only the share's thread writes; a
//! leaf belongs to its place in the share for good.

use std::ptr;

use super::{
    cells::{AnyCells, Cells},
    memory::{keep, zeros},
    sync::{AtomicU64, Ordering},
    thread::take_memory,
    update::Home,
};

/// How many counters a leaf has.
pub(crate) const LEAF: u32 = if cfg!(loom) { 2 } else { 16 };

/// What a cell points to, if it points to anything.
#[cfg_attr(not(debug_assertions), inline(always))]
fn follow(cell: &AtomicU64) -> Option<*const AtomicU64> {
    let address = cell.load(Ordering::Acquire) as usize;
    (address != 0).then(|| ptr::with_exposed_provenance(address))
}

/// The same; what is missing is taken, with this many cells. `None` without memory.
fn follow_or_make(cell: &AtomicU64, len: u32) -> Option<*const AtomicU64> {
    follow(cell).or_else(|| {
        let made = keep(zeros::<AtomicU64>(len as usize)?);
        cell.store(made.expose_provenance() as u64, Ordering::Release);
        Some(made.cast_const())
    })
}

impl<F: Home> Cells<F> {
    /// Adds one to a counter; `None` without memory.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn count(&self, counter: u32) -> Option<()> {
        let cells = self.any();
        let found = cells.leaf(counter, |cells| follow(cells.below()));
        let leaf = found.and_then(|(cell, place)| Some((follow(cell)?, place)));
        let (leaf, place) = match leaf {
            Some(leaf) => leaf,
            None => make(Self::of(cells), counter)?,
        };
        // SAFETY: a leaf has this many counters, and is kept for good.
        let counter = unsafe { &*leaf.add(place) };
        let count = counter.load(Ordering::Relaxed);
        counter.store(count.wrapping_add(1), Ordering::Relaxed);
        Some(())
    }
}

/// The leaf of a counter, which is taken, and the counter's place in it.
///
/// Generic, so that the layout is a constant here too and need not be passed.
#[cold]
#[inline(never)]
#[allow(clippy::needless_pass_by_value, reason = "it is a pointer")]
fn make<F: Home>(cells: Cells<F>, counter: u32) -> Option<(*const AtomicU64, usize)> {
    let (cells, leaves) = (cells.any(), F::SHAPE.layout.leaves);
    if leaves == 0 {
        return None;
    }
    // What an allocator observes while it works for this cannot be counted.
    take_memory(|| {
        let (cell, place) = cells.leaf(counter, |cells| follow_or_make(cells.below(), leaves))?;
        Some((follow_or_make(cell, LEAF)?, place))
    })
}

impl AnyCells {
    /// The cell that says where the list of the leaves below zero is.
    fn below(&self) -> &AtomicU64 {
        self.cell(self.layout.numbers() + self.layout.leaves)
    }

    /// The cell that says where the leaf of a counter is, and the counter's place in the leaf. The
    /// counters of the side below zero follow those of the other.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn leaf(
        &self,
        counter: u32,
        below: impl FnOnce(&Self) -> Option<*const AtomicU64>,
    ) -> Option<(&AtomicU64, usize)> {
        let counters = self.layout.counters();
        let is_above = counter < counters;
        let counter = if is_above { counter } else { counter - counters };
        // The compiler sees that this is below the length.
        let leaf = (counter / LEAF).min(self.layout.leaves.saturating_sub(1));
        let place = (counter % LEAF) as usize;
        if is_above {
            return Some((self.cell(self.layout.numbers() + leaf), place));
        }
        // SAFETY: the list has a cell for each leaf, and is kept for good.
        below(self).map(|list| (unsafe { &*list.add(leaf as usize) }, place))
    }

    /// Shows each leaf with the number of its first counter.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn each_leaf(&self, mut show: impl FnMut(u32, &[AtomicU64])) {
        let layout = self.layout;
        if layout.leaves == 0 {
            return;
        }
        let mut show = |number: u32, cell: &AtomicU64| {
            if let Some(leaf) = follow(cell) {
                // SAFETY: a leaf has this many counters, and is kept for good.
                show(LEAF * number, unsafe { std::slice::from_raw_parts(leaf, LEAF as usize) });
            }
        };
        for leaf in 0..layout.leaves {
            show(leaf, self.cell(layout.numbers() + leaf));
        }
        if let Some(list) = follow(self.below()) {
            for leaf in 0..layout.leaves {
                // SAFETY: the list has a cell for each leaf, and is kept for good.
                show(layout.leaves + leaf, unsafe { &*list.add(leaf as usize) });
            }
        }
    }

    /// Sets all counters to zero.
    pub(super) fn clear_counters(&self) {
        self.each_leaf(|_, leaf| {
            for counter in leaf {
                counter.store(0, Ordering::Relaxed);
            }
        });
    }

    /// Adds all counters to sums, which begin with that of the first counter.
    pub(super) fn add_counters(&self, sums: &mut [u64]) {
        self.each_leaf(|first, leaf| {
            let sums = sums.get_mut(first as usize..).unwrap_or_default();
            for (sum, counter) in sums.iter_mut().zip(leaf) {
                *sum = sum.wrapping_add(counter.load(Ordering::Relaxed));
            }
        });
    }
}
