//! Which children of the blocks live, and in which generation.
//!
//! Not here: which block is whose (`index.rs`) and the values (`cells.rs`). Invariant: a child's
//! generation is odd exactly while it lives and never comes back, so an outdated handle never
//! matches again (until a child has been removed 2^31 times).

use super::{
    sync::{AtomicU32, Ordering},
    zeroed::zeroed,
};

/// A generation; odd means living.
pub(crate) type Generation = u32;

#[inline]
pub(super) fn is_living(generation: Generation) -> bool {
    generation % 2 == 1
}

pub(crate) struct Children {
    /// Per block one generation for each closed combination.
    generations: Box<[AtomicU32]>,
    /// Living children that count towards the limit.
    living: AtomicU32,
}

impl Children {
    pub(crate) fn new(children: usize) -> Option<Self> {
        Some(Self { generations: zeroed(children)?, living: AtomicU32::new(0) })
    }

    /// A child's generation; 0 if there is no such child.
    #[inline]
    pub(super) fn generation(&self, child: u32) -> Generation {
        self.generations.get(child as usize).map_or(0, |place| place.load(Ordering::Acquire))
    }

    /// The generation of a child that lives.
    #[inline]
    pub(crate) fn living(&self, child: u32) -> Option<Generation> {
        let generation = self.generation(child);
        is_living(generation).then_some(generation)
    }

    /// Whether a child lives in this generation.
    #[inline]
    pub(crate) fn is(&self, child: u32, generation: Generation) -> bool {
        let place = self.generations.get(child as usize);
        place.is_some_and(|place| place.load(Ordering::Acquire) == generation)
    }

    /// Whether this child has lived before: its cells may hold old values.
    pub(super) fn was_used(&self, child: u32) -> bool {
        self.generations.get(child as usize).is_some_and(|g| g.load(Ordering::Relaxed) != 0)
    }

    /// Gives a child life. Only under the writer's lock, when its cells read as zero.
    pub(super) fn begin(&self, child: u32, counts: bool) {
        self.step(child, 0, u32::from(counts));
    }

    /// Ends a child's life; `false` if it did not live. Only under the writer's lock.
    pub(super) fn end(&self, child: u32, counts: bool) -> bool {
        self.step(child, 1, u32::from(counts).wrapping_neg())
    }

    /// Moves a generation on if its parity is as expected.
    fn step(&self, child: u32, parity: u32, change: u32) -> bool {
        let Some(place) = self.generations.get(child as usize) else { return false };
        let generation = place.load(Ordering::Relaxed);
        if generation % 2 != parity {
            return false;
        }
        place.store(generation.wrapping_add(1), Ordering::Release);
        let living = self.living.load(Ordering::Relaxed).wrapping_add(change);
        self.living.store(living, Ordering::Relaxed);
        true
    }

    /// How many living children count towards the limit.
    pub(crate) fn count(&self) -> u32 {
        self.living.load(Ordering::Relaxed)
    }
}
