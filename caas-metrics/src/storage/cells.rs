//! The slots of one family: in the per-thread slabs, or shared; and their baselines.
//!
//! A child's slots are its integers followed by its floats. Not here: what a slot means.
//! Invariant: a slot reads as what was added since its baseline was taken.

use std::sync::OnceLock;

use super::{
    shared::{SharedSlot, StaticSlot},
    slab,
    sync::{AtomicU64, Ordering},
    zeroed::zeroed,
};

/// Where a family's slots are; known when the family is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One cell per thread and slot: additions never contend.
    PerThread,
    /// One atomic per slot: can be set, and costs no memory per thread.
    Shared,
}

/// The slots of one child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Slots that hold integers.
    pub(crate) integers: u32,
    /// Slots that hold floats, behind the integers.
    pub(crate) floats: u32,
}

impl Layout {
    pub(crate) const fn slots(self) -> u32 {
        self.integers + self.floats
    }

    /// Whether the slot at this distance from some child's first one is a float.
    fn is_float(self, distance: usize) -> bool {
        distance % self.slots().max(1) as usize >= self.integers as usize
    }
}

/// Adds to an integer slot in this thread's slab.
#[inline]
pub(crate) fn add_own(slot: u32, n: u64) {
    slab::add(slot, n);
}

/// Adds to a float slot in this thread's slab.
#[inline]
pub(crate) fn add_own_f64(slot: u32, x: f64) {
    slab::add_f64(slot, x);
}

pub(crate) struct Cells {
    layout: Layout,
    /// The first slot in the slabs; with shared cells 0.
    first: u32,
    /// Kept for good, as families are.
    shared: &'static [AtomicU64],
    /// How many slots there are.
    len: usize,
    /// What each slot held when its child was last born; absent while no child ever died.
    baselines: OnceLock<Box<[AtomicU64]>>,
}

impl Cells {
    /// Room for `blocks` blocks of `closed` children, or for as many as there is room. The second
    /// part of the result is how many there are; 0 means that updates go nowhere.
    pub(crate) fn new(mode: Mode, layout: Layout, closed: u32, blocks: usize) -> (Self, usize) {
        let per_block = (layout.slots() as usize).saturating_mul(closed as usize).max(1);
        let mut tried = blocks.max(1);
        loop {
            let len = tried.saturating_mul(per_block);
            let found = match mode {
                Mode::PerThread => slab::reserve(len).map(|first| (first, &[][..])),
                Mode::Shared => zeroed(len).map(|shared| (0, &*Box::leak(shared))),
            };
            if let Some((first, shared)) = found {
                return (Self { first, shared, len, ..Self::none(layout) }, tried);
            }
            if tried == 1 {
                return (Self::none(layout), 0);
            }
            tried /= 2;
        }
    }

    /// The cells of a family whose only slot is in its static.
    pub(crate) fn only(layout: Layout, slot: &'static StaticSlot) -> Self {
        let shared = slot.as_slice();
        Self { first: 0, shared, len: shared.len(), ..Self::none(layout) }
    }

    /// No cells: updates go nowhere.
    pub(crate) fn none(layout: Layout) -> Self {
        Self { layout, first: slab::sink(), shared: &[], len: 0, baselines: OnceLock::new() }
    }

    /// A child's first slot, as updates name it.
    #[inline]
    pub(crate) fn slot(&self, child: u32) -> u32 {
        self.slot_after(child.wrapping_mul(self.layout.slots()))
    }

    /// The slot at a distance from the family's first one.
    #[inline]
    pub(super) fn slot_after(&self, distance: u32) -> u32 {
        self.first.wrapping_add(distance)
    }

    /// A slot's distance from the family's first one.
    fn distance(&self, slot: u32) -> usize {
        slot.wrapping_sub(self.first) as usize
    }

    /// A slot that is shared.
    #[inline]
    pub(crate) fn shared(&self, slot: u32) -> Option<SharedSlot<'static>> {
        self.shared.get(slot as usize).map(SharedSlot)
    }

    /// The values of the slots from one on, as bits, each less its baseline.
    #[inline]
    pub(crate) fn read(&self, slot: u32, out: &mut [u64]) {
        let from = self.distance(slot);
        if let ([value], Some(cell), None) =
            (&mut *out, self.shared.get(from), self.baselines.get())
        {
            *value = cell.load(Ordering::Relaxed);
            return;
        }
        self.read_all(from, out);
    }

    fn read_all(&self, from: usize, out: &mut [u64]) {
        out.fill(0);
        if from + out.len() > self.len {
            return;
        }
        // The baselines come first: what they were taken from is then seen by the reads behind
        // them, so a difference is never below zero.
        let baselines = self.baselines.get().and_then(|all| all.get(from..from + out.len()));
        for (value, base) in out.iter_mut().zip(baselines.unwrap_or_default()) {
            *value = base.load(Ordering::Acquire);
        }
        let integers = (self.layout.integers as usize).min(out.len());
        let (integers, floats) = out.split_at_mut(integers);
        for base in &mut *integers {
            *base = base.wrapping_neg();
        }
        self.sum_all(from, integers);
        for (base, position) in floats.iter_mut().zip(from + integers.len()..) {
            *base = (self.sum_f64(position) - f64::from_bits(*base)).to_bits();
        }
    }

    fn is_shared(&self) -> bool {
        !self.shared.is_empty()
    }

    fn sum_all(&self, from: usize, sums: &mut [u64]) {
        if !self.is_shared() {
            return slab::sum_all(self.first + from as u32, sums);
        }
        for (sum, cell) in sums.iter_mut().zip(&self.shared[from..]) {
            *sum = sum.wrapping_add(cell.load(Ordering::Relaxed));
        }
    }

    fn sum(&self, position: usize) -> u64 {
        match self.shared.get(position) {
            Some(cell) => cell.load(Ordering::Relaxed),
            None => slab::sum(self.first + position as u32),
        }
    }

    fn sum_f64(&self, position: usize) -> f64 {
        match self.shared.get(position) {
            Some(cell) => slab::load_f64(cell),
            None => slab::sum_f64(self.first + position as u32),
        }
    }

    /// Makes the slots of the child with this first one read as zero from now on. Only under the
    /// writer's lock.
    pub(super) fn rebase(&self, slot: u32) {
        let from = self.distance(slot);
        let slots = from..from + self.layout.slots() as usize;
        if slots.end > self.len {
            return;
        }
        if self.is_shared() {
            for cell in &self.shared[slots] {
                cell.store(0, Ordering::Relaxed);
            }
            return;
        }
        let Some(baselines) = self.baselines() else { return };
        for position in slots {
            let bits = if self.layout.is_float(position) {
                self.sum_f64(position).to_bits()
            } else {
                self.sum(position)
            };
            baselines[position].store(bits, Ordering::Release);
        }
    }

    fn baselines(&self) -> Option<&[AtomicU64]> {
        if self.baselines.get().is_none() {
            let _ = self.baselines.set(zeroed(self.len)?);
        }
        self.baselines.get().map(|baselines| &**baselines)
    }
}
