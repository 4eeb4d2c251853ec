//! The blocks of an index, looked at one after the other: by scrapes, and by whoever needs a child.
//!
//! Not here: how a key finds its block (`index.rs`) and what a sample is made of (`walk.rs`).
//! Invariant: holds no lock; what was read of a block counts only if it still is in the same life.

use std::ops::Range;

use super::{At, Index};
use crate::storage::{
    records::{Record, Version},
    sync::Ordering,
    texts::Texts,
};

impl Index {
    /// Tells that a scrape begins, and returns the blocks to visit and the version that the next
    /// block will have: the scrape leaves later blocks to the next one, or it could meet a label
    /// set twice that is removed and created again meanwhile.
    pub(crate) fn begin_scrape(&self) -> (Range<u32>, Version) {
        self.scrapes.fetch_add(1, Ordering::Relaxed);
        (self.blocks(), self.next_version.load(Ordering::Acquire))
    }

    /// Every block that ever lived, in the order of first creation; one that was removed keeps its
    /// place for whatever comes after it.
    pub(crate) fn blocks(&self) -> Range<u32> {
        0..self.published.load(Ordering::Acquire)
    }

    /// Adds the open label values of a living block to `texts`; returns the version of its life.
    pub(crate) fn read_texts(&self, block: u32, texts: &mut Texts) -> Option<Version> {
        // A free block costs no more than this.
        self.records.record(block)?.living()?;
        if texts.is_empty() {
            texts.begin(self.arena.overwrites());
        }
        // If a text of the record was written over one that is known, the record's version has
        // shown the number of overwrites as well.
        let read = self.copy_texts(block, texts);
        let mut read = read.filter(|_| texts.are_since(self.arena.overwrites()));
        if read.is_none() {
            texts.begin(self.arena.overwrites());
            read = self.copy_texts(block, texts);
        }
        let Some(version) = read else {
            texts.begin(self.arena.overwrites());
            return None;
        };
        // SAFETY: the record's version was odd and is unchanged, so the record kept these codes
        // alive and their texts stood in the arena as `Interner::store` had put them there, from a
        // `str`, or were known and none has been overwritten since they were read in this way; the
        // text of an integer is its digits.
        unsafe { texts.show() };
        Some(version)
    }

    /// Copies the texts of a record that are not known; what was copied may be a mixture if the
    /// result is `None`.
    fn copy_texts(&self, block: u32, texts: &mut Texts) -> Option<Version> {
        let copy = |code| {
            if !texts.push_known(code) {
                self.arena.copy(code, texts);
            }
        };
        self.records.read(block, |codes| codes.for_each(copy)).map(|(version, ())| version)
    }

    /// A block, to be looked at.
    #[inline]
    pub(crate) fn block(&self, block: u32) -> Option<Block<'_>> {
        Some(Block { index: self, number: block, record: self.records.record(block)? })
    }
}

/// A block as a scrape looks at it.
pub(crate) struct Block<'a> {
    index: &'a Index,
    number: u32,
    record: Record<'a>,
}

impl Block<'_> {
    #[inline]
    pub(super) fn child(&self, closed: u32) -> At {
        let (life, generation) = self.record.child(closed);
        At { slot: self.index.slot(self.number, closed, self.index.shape.block), life, generation }
    }

    /// The children that live, each with its place among the closed combinations.
    #[inline]
    pub(crate) fn living(&self) -> impl Iterator<Item = (u32, At)> {
        let children =
            (0..self.index.shape.block.closed).map(|closed| (closed, self.child(closed)));
        children.filter(|(_, child)| child.living().is_some())
    }

    /// Whether all that was read of the block since `read_texts` belongs to that life.
    #[inline]
    pub(crate) fn is_still(&self, version: Version) -> bool {
        self.record.is_still(version)
    }

    /// Whether a child is in the same generation as it was.
    #[inline]
    pub(crate) fn has(&self, closed: u32, child: At) -> bool {
        self.record.child(closed).1 == child.generation
    }
}
