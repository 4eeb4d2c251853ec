//! The hash table from a key's hash to candidate blocks, read without locks.
//!
//! It never grows: the cardinality limit tells its size, and untouched parts cost no memory. Not
//! here: comparing keys (`index.rs`). Invariant: a reader may miss an entry only while the one
//! writer moves entries, and `seek_stable` tells.

use super::{
    sync::{AtomicU32, AtomicU64, Ordering, fence},
    zeroed::zeroed,
};

pub(super) struct Table {
    /// Upper half of the hash above the block's number plus one; 0 is free. Linear probing from
    /// the position that the hash's highest bits name, so an entry tells its own home.
    entries: Box<[AtomicU64]>,
    /// 64 minus the number of bits in a position.
    shift: u32,
    /// Odd while the writer moves entries.
    moves: AtomicU32,
}

const HASH: u64 = !0 << 32;

impl Table {
    /// A table for at most `blocks` entries at a time, half full at most.
    pub(super) fn new(blocks: usize) -> Option<Self> {
        let len = blocks.max(2).checked_mul(2)?.checked_next_power_of_two()?;
        Some(Self {
            entries: zeroed(len)?,
            shift: 64 - len.trailing_zeros(),
            moves: AtomicU32::new(0),
        })
    }

    fn home(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }

    fn mask(&self) -> usize {
        self.entries.len() - 1
    }

    /// The first block of this hash that `matches`.
    #[inline]
    pub(super) fn seek(&self, hash: u64, mut matches: impl FnMut(u32) -> bool) -> Option<u32> {
        let home = self.home(hash);
        // Half of the places are free, so the loop ends; the bound only guards against a table
        // that changes for ever under a reader.
        for place in home..home + self.entries.len() {
            let entry = self.entries[place & self.mask()].load(Ordering::Acquire);
            if entry == 0 {
                return None;
            }
            let block = (entry as u32).wrapping_sub(1);
            if (entry ^ hash) & HASH == 0 && matches(block) {
                return Some(block);
            }
        }
        None
    }

    /// As `seek`, and whether an absent entry is certain: nothing was moved meanwhile.
    pub(super) fn seek_stable(
        &self,
        hash: u64,
        matches: impl FnMut(u32) -> bool,
    ) -> (Option<u32>, bool) {
        let before = self.moves.load(Ordering::Acquire);
        let found = self.seek(hash, matches);
        fence(Ordering::Acquire);
        let stable = before.is_multiple_of(2) && self.moves.load(Ordering::Relaxed) == before;
        (found, stable)
    }

    /// Adds an entry. Only under the writer's lock, for a block whose record is complete.
    pub(super) fn insert(&self, hash: u64, block: u32) {
        let entry = hash & HASH | u64::from(block + 1);
        let claims = |place: usize| {
            let free = &self.entries[place & self.mask()];
            free.compare_exchange(0, entry, Ordering::Release, Ordering::Relaxed).is_ok()
        };
        let mut place = self.home(hash);
        while !claims(place) {
            place += 1;
        }
    }

    /// Takes a block's entry out and closes the gap. Only under the writer's lock.
    pub(super) fn remove(&self, hash: u64, block: u32) {
        let wanted = hash & HASH | u64::from(block + 1);
        let mut hole = self.home(hash) & self.mask();
        loop {
            match self.entries[hole].load(Ordering::Relaxed) {
                0 => return,
                entry if entry == wanted => break,
                _ => hole = (hole + 1) & self.mask(),
            }
        }
        self.moves.fetch_add(1, Ordering::Relaxed);
        // A reader that sees anything of the moves below also sees the odd number.
        fence(Ordering::Release);
        let mut place = hole;
        loop {
            place = (place + 1) & self.mask();
            let entry = self.entries[place].load(Ordering::Relaxed);
            if entry == 0 {
                break;
            }
            let wish = self.home(entry);
            if place.wrapping_sub(wish) & self.mask() >= place.wrapping_sub(hole) & self.mask() {
                self.entries[hole].store(entry, Ordering::Release);
                hole = place;
            }
        }
        self.entries[hole].store(0, Ordering::Release);
        self.moves.fetch_add(1, Ordering::Release);
    }
}
