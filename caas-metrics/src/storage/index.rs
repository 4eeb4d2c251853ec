//! The children of one family: found by key, created, removed, visited.
//!
//! A family is a map from its open label values to blocks; a block is a dense array over its closed
//! combinations. With closed labels only there is one block and no map. Not here: how labels become
//! keys and numbers (`family.rs`) and what the slots hold (`metric/`).
//! Invariant: finding a child takes no lock and allocates nothing; whatever creates or removes one
//! holds `writer`, and no user code ever runs under it.

mod blocks;
#[cfg(all(test, loom))]
mod models;

use std::collections::VecDeque;

use super::{
    cells::Cells,
    key::{Key, Stored, Text, hash_bytes},
    records::{Codes, Generation, Place, Records, is_living},
    rendered::Rendered,
    shape::{BlockShape, Shape},
    shared::StaticSlot,
    slab::sink,
    sync::{AtomicU32, Mutex, Ordering, lock},
    table::Table,
    text::{Arena, Code, Interner},
    texts::Texts,
};

/// The open label value of the children that take what is over the limit.
pub(crate) const OVERFLOW: &str = "__overflow__";

/// The block that exists from the start: the only one of a family with closed labels only, else
/// the one that takes what is over the limit.
const FIRST: u32 = 0;

/// A child: where its slots are, where its generation is, and in which one it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) slot: u32,
    pub(crate) life: Place,
    pub(crate) generation: Generation,
}

impl At {
    /// No child: what is added there nobody sees.
    pub(crate) const NOWHERE: Self = Self { slot: sink(), life: Place::MAX, generation: 0 };

    /// A child that is never removed, by its first slot.
    #[inline]
    pub(crate) const fn fixed(slot: u32) -> Self {
        Self { slot, ..Self::NOWHERE }
    }

    #[inline]
    fn living(self) -> Option<Self> {
        is_living(self.generation).then_some(self)
    }
}

/// What `resolve` found.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Resolved {
    /// The child that was asked for.
    Own(At),
    /// The family is full: the overflow child of the same closed values.
    Overflow(At),
}

pub(crate) struct Index {
    shape: Shape,
    /// How many blocks there is room for; 0 if there was no room at all.
    capacity: u32,
    cells: Cells,
    table: Table,
    records: Records,
    arena: Arena,
    /// Blocks below this number have a record.
    published: AtomicU32,
    /// The version of the next block that is made.
    next_version: AtomicU32,
    /// How often a scrape has begun.
    scrapes: AtomicU32,
    seed: u64,
    writer: Mutex<Writer>,
}

struct Writer {
    interner: Interner,
    /// The codes of the block that is made; kept for its memory.
    codes: Vec<Code>,
    /// Removed blocks, and the number of scrapes when they were.
    resting: VecDeque<(u32, u32)>,
    next_block: u32,
}

impl Index {
    /// The storage of a family, whose only slot may be in its static. Where the allocator has no
    /// room for it, updates go nowhere.
    pub(crate) fn new(shape: Shape, seed: u64, only: Option<&'static StaticSlot>) -> Self {
        let index = Self::with_room(shape, seed, only).unwrap_or_else(|| Self::empty(shape, seed));
        index.create_first_block();
        index
    }

    fn with_room(shape: Shape, seed: u64, only: Option<&'static StaticSlot>) -> Option<Self> {
        let wanted = 1 + shape.living_blocks() + shape.resting_blocks();
        let wanted = wanted.min(Records::most(shape.block));
        let (cells, capacity) = match only {
            Some(slot) => (Cells::only(shape.block.layout, slot), 1),
            None => Cells::new(shape.mode, shape.block.layout, shape.block.closed, wanted),
        };
        Some(Self {
            capacity: capacity as u32,
            cells,
            table: Table::new(shape.living_blocks() + 1)?,
            records: Records::new(capacity, shape.block)?,
            arena: Arena::new(shape.block.open)?,
            ..Self::empty(shape, seed)
        })
    }

    /// A family without room.
    fn empty(shape: Shape, seed: u64) -> Self {
        Self {
            shape,
            capacity: 0,
            cells: Cells::none(shape.block.layout),
            table: Table::default(),
            records: Records::none(shape.block),
            arena: Arena::default(),
            published: AtomicU32::new(0),
            next_version: AtomicU32::new(1),
            scrapes: AtomicU32::new(0),
            seed,
            writer: Mutex::new(Writer {
                interner: Interner::new(seed),
                codes: Vec::with_capacity(shape.block.open),
                resting: VecDeque::new(),
                next_block: FIRST,
            }),
        }
    }

    fn create_first_block(&self) {
        let mut writer = lock(&self.writer);
        let overflow = Overflow(self.shape.block.open);
        let block = self.insert(&mut writer, overflow.hash(self.seed), &overflow);
        if block.is_some() && self.shape.block.open == 0 && self.shape.whole {
            self.begin_children(FIRST);
        }
    }

    /// Whether there was room for the family's slots.
    pub(crate) fn has_room(&self) -> bool {
        self.capacity > 0
    }

    pub(crate) fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The child of the first block; of a family without open labels that is never removed.
    pub(crate) fn fixed(&self, closed: u32) -> At {
        At::fixed(self.cells.slot(closed))
    }

    /// A block's child, in the generation that it has.
    fn child(&self, block: u32, closed: u32) -> At {
        self.block(block).map_or(At::NOWHERE, |block| block.child(closed))
    }

    /// The children of a block.
    fn children(&self, block: u32) -> impl Iterator<Item = At> {
        (0..self.shape.block.closed).map(move |closed| self.child(block, closed))
    }

    /// A child's first slot.
    #[inline]
    fn slot(&self, block: u32, closed: u32, shape: BlockShape) -> u32 {
        let child = block.wrapping_mul(shape.closed).wrapping_add(closed);
        self.cells.slot_after(child.wrapping_mul(shape.layout.slots()))
    }

    /// The block's child, if the block is the key's. The child's generation is read together with
    /// the record, so it belongs to this key and to no later one of the block.
    #[inline(always)]
    fn child_of<K: Key>(&self, block: u32, key: &K, closed: u32) -> Option<At> {
        let shape = K::BLOCK.unwrap_or(self.shape.block);
        let record = self.records.shaped(block, shape)?;
        let version = record.living()?;
        if !key.matches(StoredCodes { codes: record.codes(), arena: &self.arena }) {
            return None;
        }
        let (life, generation) = record.child(closed);
        let slot = self.slot(block, closed, shape);
        record.is_still(version).then_some(At { slot, life, generation })
    }

    /// The living child of a key, if there is one.
    #[inline(always)]
    pub(crate) fn find<K: Key>(&self, key: &K, closed: u32) -> Option<At> {
        let hash = key.hash(self.seed);
        let (place, block) = self.table.next(hash, self.table.home(hash))?;
        let found = match self.child_of(block, key, closed) {
            Some(found) => found,
            None => self.find_behind(hash, place, key, closed)?,
        };
        found.living()
    }

    /// The child of a key whose hash begins like that of another key, at this place; apart from
    /// `find`, which is shorter without it.
    #[cold]
    #[inline(never)]
    fn find_behind<K: Key>(&self, hash: u64, place: usize, key: &K, closed: u32) -> Option<At> {
        let look = |block| self.child_of(block, key, closed);
        self.table.seek_from(hash, self.table.after(place), look)
    }

    /// The living child of a key, and whether the key certainly has no block.
    fn find_stable(&self, hash: u64, key: &Rendered, closed: u32) -> (Option<At>, bool) {
        let look = |block| self.child_of(block, key, closed);
        let (found, stable) = self.table.seek_stable(hash, look);
        (found.and_then(At::living), stable && found.is_none())
    }

    /// The living child of a key, exactly: no other thread's removal can hide it.
    pub(crate) fn find_exactly(&self, key: &Rendered, closed: u32) -> Option<At> {
        let (found, absent) = self.find_stable(key.hash(self.seed), key, closed);
        if found.is_some() || absent {
            return found;
        }
        let _writer = lock(&self.writer);
        self.find(key, closed)
    }

    /// The child of a key, created if need be, or the overflow child.
    pub(crate) fn create(&self, key: &Rendered, closed: u32) -> Resolved {
        // Not the hash of the look-up: a label by hand may have said something else then.
        let hash = key.hash(self.seed);
        // A full family answers without the lock, or a flood of label sets would queue for it.
        if self.is_full() {
            let (found, absent) = self.find_stable(hash, key, closed);
            if let Some(at) = found {
                return Resolved::Own(at);
            }
            if let (true, Some(at)) = (absent, self.child(FIRST, closed).living()) {
                return Resolved::Overflow(at);
            }
        }
        let mut writer = lock(&self.writer);
        let block = match self.block_of(hash, key) {
            Some(block) => Some(block),
            None if self.is_full() => None,
            None => self.insert(&mut writer, hash, key),
        };
        match block {
            Some(FIRST) => Resolved::Own(self.touch(FIRST, closed)),
            Some(block) if self.child(block, closed).living().is_some() || self.has_place() => {
                Resolved::Own(self.touch(block, closed))
            }
            _ => Resolved::Overflow(self.touch(FIRST, closed)),
        }
    }

    /// Whether one more child may live.
    fn has_place(&self) -> bool {
        self.shape.block.open == 0 || self.records.living() < self.shape.limit
    }

    /// Whether no new block may be made.
    fn is_full(&self) -> bool {
        let count = self.records.living();
        // One block always fits, however small the limit.
        self.shape.block.open > 0 && count > 0 && count + self.shape.born() > self.shape.limit
    }

    /// Gives a child life if it has none, and returns where it is. Under the writer's lock.
    fn touch(&self, block: u32, closed: u32) -> At {
        let child = self.child(block, closed);
        child.living().unwrap_or_else(|| {
            self.begin_child(block, child);
            self.child(block, closed)
        })
    }

    /// Gives all children of a block life that have none.
    fn begin_children(&self, block: u32) {
        for child in self.children(block) {
            self.begin_child(block, child);
        }
    }

    fn begin_child(&self, block: u32, child: At) {
        // A child that has lived before may have old values in its cells.
        if child.generation != 0 {
            self.cells.rebase(child.slot);
        }
        self.records.begin_child(child.life, block != FIRST);
    }

    /// The block of a key with this hash. Under the writer's lock, so the answer is certain.
    fn block_of(&self, hash: u64, key: &impl Key) -> Option<u32> {
        self.table.seek(hash, |block| {
            let codes = self.records.codes(block);
            key.matches(StoredCodes { codes, arena: &self.arena }).then_some(block)
        })
    }

    /// Makes a block for a key that has none. Under the writer's lock.
    fn insert(&self, writer: &mut Writer, hash: u64, key: &impl Key) -> Option<u32> {
        let block = self.take_block(writer)?;
        let mut codes = std::mem::take(&mut writer.codes);
        codes.clear();
        let complete = key.all(&mut |text| {
            let code = writer.interner.intern(&self.arena, text);
            codes.extend(code);
            code.is_some()
        });
        if !complete {
            for code in codes {
                writer.interner.release(&self.arena, code);
            }
            writer.resting.push_back((block, self.scrapes.load(Ordering::Relaxed)));
            return None;
        }
        if self.shape.whole && block != FIRST {
            self.begin_children(block);
        }
        let version = self.next_version.fetch_add(2, Ordering::Release);
        self.records.begin(block, version, &codes);
        writer.codes = codes;
        self.table.insert(hash, block);
        if block >= self.published.load(Ordering::Relaxed) {
            self.published.store(block + 1, Ordering::Release);
        }
        Some(block)
    }

    /// A block that is free: one that has rested long enough, else a new one, else the one that
    /// has rested longest.
    fn take_block(&self, writer: &mut Writer) -> Option<u32> {
        let scrapes = self.scrapes.load(Ordering::Relaxed);
        let rested = |&(_, since): &(u32, u32)| scrapes.wrapping_sub(since) >= 2;
        if !writer.resting.front().is_some_and(rested) && writer.next_block < self.capacity {
            writer.next_block += 1;
            return Some(writer.next_block - 1);
        }
        let (block, _) = writer.resting.pop_front()?;
        Some(block)
    }

    /// Removes one child; `false` if it did not live.
    pub(crate) fn remove(&self, key: &Rendered, closed: u32) -> bool {
        let hash = key.hash(self.seed);
        let mut writer = lock(&self.writer);
        let block = self.block_of(hash, key);
        block.is_some_and(|block| self.end_child(&mut writer, block, closed))
    }

    /// Removes one child of a block if it still is in this life.
    pub(crate) fn remove_child(&self, block: u32, closed: u32, generation: Generation) {
        let mut writer = lock(&self.writer);
        if self.child(block, closed).generation == generation {
            self.end_child(&mut writer, block, closed);
        }
    }

    fn end_child(&self, writer: &mut Writer, block: u32, closed: u32) -> bool {
        if !self.records.end_child(self.child(block, closed).life, block != FIRST) {
            return false;
        }
        let empty = self.children(block).all(|child| child.living().is_none());
        if empty && block != FIRST {
            self.table.remove(self.hash_of(block), block);
            self.records.end(block);
            for code in self.records.codes(block) {
                writer.interner.release(&self.arena, code);
            }
            writer.resting.push_back((block, self.scrapes.load(Ordering::Relaxed)));
        }
        true
    }

    /// The hash that a block's key had. Under the writer's lock.
    fn hash_of(&self, block: u32) -> u64 {
        let mut texts = Texts::default();
        self.records.codes(block).fold(self.seed, |state, code| {
            if let Some(n) = Arena::integer(code) {
                return Text::Integer(n).hash(state);
            }
            texts.clear();
            self.arena.copy(code, &mut texts);
            hash_bytes(state, texts.bytes(0))
        })
    }

    /// Removes every child.
    pub(crate) fn clear(&self) {
        let mut writer = lock(&self.writer);
        for block in 0..self.published.load(Ordering::Relaxed) {
            for closed in 0..self.shape.block.closed {
                self.end_child(&mut writer, block, closed);
            }
        }
    }

    /// Makes every child read as zero.
    pub(crate) fn reset(&self) {
        let _writer = lock(&self.writer);
        for block in 0..self.published.load(Ordering::Relaxed) {
            self.children(block).for_each(|child| self.cells.rebase(child.slot));
        }
    }

    /// Makes one child of the first block read as zero.
    pub(crate) fn reset_fixed(&self, closed: u32) {
        let _writer = lock(&self.writer);
        self.cells.rebase(self.cells.slot(closed));
    }

    /// Whether a child lives in the generation that is meant.
    #[inline]
    pub(crate) fn is(&self, at: At) -> bool {
        self.records.is(at.life, at.generation)
    }

    /// Whether a child takes what is over the limit.
    pub(crate) fn is_overflow(&self, at: At) -> bool {
        self.shape.block.open > 0 && (at.life as usize) < self.shape.block.words()
    }

    /// How many closed combinations a block has.
    pub(crate) fn closed(&self) -> u32 {
        self.shape.block.closed
    }
}

/// The stored values of one record.
struct StoredCodes<'a> {
    codes: Codes<'a>,
    arena: &'a Arena,
}

impl Stored for StoredCodes<'_> {
    #[inline(always)]
    fn next_is(&mut self, text: &Text<'_>) -> bool {
        self.codes.next().is_some_and(|code| self.arena.is(code, text))
    }
}

/// The key of the overflow children: this many open labels.
struct Overflow(usize);

impl Key for Overflow {
    fn all(&self, accept: &mut dyn FnMut(&Text<'_>) -> bool) -> bool {
        (0..self.0).all(|_| accept(&Text::Borrowed(OVERFLOW)))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::storage::{
        cells::{Layout, Mode},
        slab::SLOTS,
    };

    /// No slab has so many slots: every update goes where no family's slots are.
    #[test]
    fn a_family_without_room_writes_to_nobodys_slots() {
        let layout = Layout { integers: 1000, floats: 1 };
        let block = BlockShape { open: 1, closed: 65_536, layout };
        let shape = Shape { mode: Mode::PerThread, block, whole: false, limit: 10 };
        let index = Index::new(shape, 5, None);
        assert!(!index.has_room());
        let key = Rendered::new(&Overflow(1));
        for closed in [0, 1, 65_535] {
            assert_eq!(index.find(&key, closed), None);
            let resolved = index.create(&key, closed);
            assert!(matches!(resolved, Resolved::Overflow(At::NOWHERE)), "{resolved:?}");
        }
        let last = (At::NOWHERE.slot + layout.slots()) as usize;
        assert!(At::NOWHERE.slot >= sink() && last <= SLOTS);
    }
}
