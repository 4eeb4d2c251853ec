//! The shape of a family's storage: what is known of it when it is declared.
//!
//! Not here: how a descriptor becomes a shape (`family.rs`). Invariant: a shape never changes.

use super::cells::{Layout, Mode};

/// What a block is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockShape {
    /// How many open labels there are.
    pub(crate) open: usize,
    /// How many closed combinations, and so children, a block has.
    pub(crate) closed: u32,
    /// What a child has for slots.
    pub(crate) layout: Layout,
}

impl BlockShape {
    /// Words of a record: `version, code, …, generation, …`.
    pub(super) const fn words(self) -> usize {
        1 + self.open + self.closed as usize
    }
}

/// The shape of a family's storage, known when it is declared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) mode: Mode,
    pub(crate) block: BlockShape,
    /// Whether a block's children all live from the block's creation on.
    pub(crate) whole: bool,
    /// The most living children; without open labels of no meaning.
    pub(crate) limit: u32,
}

impl Shape {
    /// Children that a new block brings to life at once.
    pub(super) fn born(&self) -> u32 {
        if self.whole { self.block.closed } else { 1 }
    }

    /// Blocks that may live at the same time, without the overflow block.
    pub(super) fn living_blocks(&self) -> usize {
        if self.block.open == 0 {
            return 0;
        }
        let by_limit = (self.limit / self.born()).max(1) as usize;
        // Blocks that are not exported whole are mostly empty; their address space is bounded.
        let slots = self.block.closed as usize * self.block.layout.slots().max(1) as usize;
        by_limit.min((MOST_SLOTS / slots).max(16))
    }

    /// Removed blocks that wait until no scrape or stale handle can mean them any more.
    pub(super) fn resting_blocks(&self) -> usize {
        self.living_blocks().min(MOST_RESTING)
    }
}

/// The most removed blocks that wait. The models have none: there a block is re-used at once, the
/// worst case.
const MOST_RESTING: usize = if cfg!(loom) { 0 } else { 256 };

/// Slots of a family whose blocks are not exported whole.
const MOST_SLOTS: usize = 1 << 24;
