//! Hash tables from a hash to numbers: candidates that the caller compares.
//!
//! A table does not grow; [`Growing`](super::growing) does. Not here: what the numbers mean.
//! Invariant: a reader beside the one writer may miss an entry only while entries are moved, and
//! `seek_stable` tells.

use super::{
    sync::{AtomicU32, AtomicU64, Ordering, fence},
    zeroed::zeroed,
};

/// A table; by default without room for any entry.
#[derive(Default)]
pub(super) struct Table {
    /// Upper half of the hash above the number plus one; 0 is free. Linear probing from the place
    /// that the upper half names, so an entry tells its own home.
    entries: Box<[AtomicU64]>,
    /// How many entries it is made for.
    room: usize,
    /// Odd while the writer moves entries.
    moves: AtomicU32,
}

/// Up to so many entries a table has four places for each: then the first one is nearly always the
/// right one, and a processor that guesses so loses no time. Above, memory matters more: three
/// places for two entries.
const SPARSE: usize = 1 << 13;

/// The part of an entry that is the hash's.
const HASH: u64 = !0 << 32;

/// An entry that was buried. No number is so large, so that it is never taken for one.
const BURIED: u64 = u64::MAX;

impl Table {
    /// A table for at most so many entries at a time.
    pub(super) fn new(most: usize) -> Option<Self> {
        let room = most.max(2);
        let len = if room <= SPARSE { 4 * room } else { room.checked_mul(3)?.div_ceil(2) };
        Some(Self { entries: zeroed(len)?, room, moves: AtomicU32::new(0) })
    }

    pub(super) fn room(&self) -> usize {
        self.room
    }

    /// The place that a hash names: its upper half as a fraction of the table.
    #[inline]
    pub(super) fn home(&self, hash: u64) -> usize {
        (((hash >> 32) * self.entries.len() as u64) >> 32) as usize
    }

    #[inline]
    pub(super) fn after(&self, place: usize) -> usize {
        let next = place + 1;
        if next == self.entries.len() { 0 } else { next }
    }

    /// How many places one is after another.
    fn distance(&self, from: usize, to: usize) -> usize {
        if to >= from { to - from } else { to + self.entries.len() - from }
    }

    /// The place of the first entry of this hash at or behind a place, and its number.
    #[inline]
    pub(super) fn next(&self, hash: u64, mut place: usize) -> Option<(usize, u32)> {
        // A third of the places is free at least, so the loop ends; the bound only guards against a
        // table that changes for ever under a reader.
        for _ in 0..self.entries.len() {
            let entry = self.entries.get(place)?.load(Ordering::Acquire);
            if entry == 0 {
                return None;
            }
            if (entry ^ hash) & HASH == 0 {
                return Some((place, (entry as u32).wrapping_sub(1)));
            }
            place = self.after(place);
        }
        None
    }

    /// What `look` finds at the first number of this hash where it finds anything, from a place on.
    #[inline]
    pub(super) fn seek_from<R>(
        &self,
        hash: u64,
        mut place: usize,
        mut look: impl FnMut(u32) -> Option<R>,
    ) -> Option<R> {
        for _ in 0..self.entries.len() {
            let (found, number) = self.next(hash, place)?;
            let result = look(number);
            if result.is_some() {
                return result;
            }
            place = self.after(found);
        }
        None
    }

    /// What `look` finds at the first number of this hash where it finds anything.
    pub(super) fn seek<R>(&self, hash: u64, look: impl FnMut(u32) -> Option<R>) -> Option<R> {
        self.seek_from(hash, self.home(hash), look)
    }

    /// As `seek`, and whether an absent entry is certain: nothing was moved meanwhile.
    pub(super) fn seek_stable<R>(
        &self,
        hash: u64,
        look: impl FnMut(u32) -> Option<R>,
    ) -> (Option<R>, bool) {
        let before = self.moves.load(Ordering::Acquire);
        let found = self.seek(hash, look);
        fence(Ordering::Acquire);
        let stable = before.is_multiple_of(2) && self.moves.load(Ordering::Relaxed) == before;
        (found, stable)
    }

    /// Adds an entry. Only under the writer's lock, for a number whose record is complete.
    pub(super) fn insert(&self, hash: u64, number: u32) {
        let entry = hash & HASH | u64::from(number + 1);
        let claims = |place: usize| {
            let free = &self.entries[place];
            free.compare_exchange(0, entry, Ordering::Release, Ordering::Relaxed).is_ok()
        };
        let mut place = self.home(hash);
        while !claims(place) {
            place = self.after(place);
        }
    }

    /// Takes an entry out and closes the gap; `false` if there is none. Only under the writer's
    /// lock.
    pub(super) fn remove(&self, hash: u64, number: u32) -> bool {
        let Some(mut hole) = self.place_of(hash, number) else { return false };
        self.moves.fetch_add(1, Ordering::Relaxed);
        // A reader that sees anything of the moves below also sees the odd number.
        fence(Ordering::Release);
        let mut place = hole;
        loop {
            place = self.after(place);
            let entry = self.entries[place].load(Ordering::Relaxed);
            if entry == 0 {
                break;
            }
            if self.distance(self.home(entry), place) >= self.distance(hole, place) {
                self.entries[hole].store(entry, Ordering::Release);
                hole = place;
            }
        }
        self.entries[hole].store(0, Ordering::Release);
        self.moves.fetch_add(1, Ordering::Release);
        true
    }

    /// Makes an entry one that nobody finds; the gap stays. Only under the writer's lock, in a
    /// table that nothing is added to any more.
    pub(super) fn bury(&self, hash: u64, number: u32) -> bool {
        let place = self.place_of(hash, number);
        if let Some(place) = place {
            self.entries[place].store(BURIED, Ordering::Relaxed);
        }
        place.is_some()
    }

    /// Where an entry is. Only under the writer's lock.
    fn place_of(&self, hash: u64, number: u32) -> Option<usize> {
        let wanted = hash & HASH | u64::from(number + 1);
        let mut place = self.home(hash);
        loop {
            match self.entries.get(place)?.load(Ordering::Relaxed) {
                0 => return None,
                entry if entry == wanted => return Some(place),
                _ => place = self.after(place),
            }
        }
    }

    /// How many places there are.
    pub(super) fn places(&self) -> usize {
        self.entries.len()
    }

    /// The hash's upper half and the number at a place.
    pub(super) fn entry(&self, place: usize) -> Option<(u64, u32)> {
        let entry = self.entries.get(place)?.load(Ordering::Relaxed);
        let number = (entry as u32).checked_sub(1)?;
        (entry != BURIED).then_some((entry & HASH, number))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Numbers whose hashes share few homes, so that chains are long and wrap around.
    fn hash(number: u32) -> u64 {
        (u64::from(number) % 5) << 62 | u64::from(number) << 32
    }

    #[test]
    fn what_is_in_is_found_whatever_was_taken_out() {
        let table = Table::new(64).unwrap();
        let is_in =
            |number| table.seek(hash(number), |found| (found == number).then_some(())).is_some();
        for number in 0..64 {
            table.insert(hash(number), number);
        }
        for gone in (0..64).step_by(3).chain((1..64).step_by(3)) {
            assert!(table.remove(hash(gone), gone));
            assert!(!table.remove(hash(gone), gone));
        }
        for number in 0..64 {
            assert_eq!(is_in(number), number % 3 == 2, "{number}");
        }
    }
}
