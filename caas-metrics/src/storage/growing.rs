//! A hash table that grows, a few entries at each insertion: nobody waits for all of them.
//!
//! For one writer without readers beside it. Not here: how a table probes (`table.rs`).
//! Invariant: what is in the table before is in the new one too once it has been looked at.

use super::table::Table;

#[derive(Default)]
pub(super) struct Growing {
    table: Table,
    len: usize,
    /// The table before, and its places that have been looked at.
    before: Option<(Table, usize)>,
}

/// Room of the first table that is not empty.
const FIRST: usize = if cfg!(loom) { 4 } else { 64 };

/// Places of the table before that an insertion looks at. It has four at most for an entry, and the
/// next table has room for as many entries again: it is empty long before that one is full.
const STEP: usize = 8;

impl Growing {
    /// The first number of this hash that `matches`.
    pub(super) fn seek(&self, hash: u64, matches: impl Fn(u32) -> bool) -> Option<u32> {
        let before = self.before.as_ref();
        let look = |number| matches(number).then_some(number);
        let found = self.table.seek(hash, look);
        found.or_else(|| before.and_then(|(table, _)| table.seek(hash, look)))
    }

    /// Adds an entry; `false` if there is no memory for it.
    pub(super) fn insert(&mut self, hash: u64, number: u32) -> bool {
        self.move_some();
        if self.len == self.table.room() && !self.grow() {
            return false;
        }
        self.table.insert(hash, number);
        self.len += 1;
        true
    }

    pub(super) fn remove(&mut self, hash: u64, number: u32) {
        let was_there = self.table.remove(hash, number);
        // Taking it out could move another entry to a place that was looked at.
        let was_before = self.before.as_ref().is_some_and(|(table, _)| table.bury(hash, number));
        self.len -= usize::from(was_there || was_before);
    }

    #[cfg(all(test, not(loom)))]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn grow(&mut self) -> bool {
        let room = (2 * self.table.room()).max(FIRST);
        let Some(next) = Table::new(room) else { return false };
        // There is none any more, see `STEP`.
        while self.before.is_some() {
            self.move_some();
        }
        self.before = Some((std::mem::replace(&mut self.table, next), 0));
        true
    }

    fn move_some(&mut self) {
        let Some((table, looked_at)) = &mut self.before else { return };
        let end = (*looked_at + STEP).min(table.places());
        for (hash, number) in (*looked_at..end).filter_map(|place| table.entry(place)) {
            self.table.insert(hash, number);
        }
        *looked_at = end;
        if end == table.places() {
            self.before = None;
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn hash(number: u32) -> u64 {
        u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn has(table: &Growing, number: u32) -> bool {
        table.seek(hash(number), |found| found == number).is_some()
    }

    #[test]
    fn nothing_is_lost_or_kept_too_long() {
        let mut table = Growing::default();
        for number in 0..20_000 {
            assert!(table.insert(hash(number), number));
            assert!(has(&table, number));
            // Removals fall into every phase of a move.
            if number % 3 == 0 {
                assert!(has(&table, number / 3));
                table.remove(hash(number / 3), number / 3);
            }
        }
        for number in 0..20_000 {
            assert_eq!(has(&table, number), number > 19_999 / 3, "{number}");
        }
        assert_eq!(table.len, 20_000 - 19_999 / 3 - 1);
    }

    #[test]
    fn a_table_stays_as_large_as_what_is_in_it_needs() {
        let mut table = Growing::default();
        for number in 0..100_000 {
            assert!(table.insert(hash(number), number));
            table.remove(hash(number), number);
        }
        assert!(table.is_empty());
        assert_eq!(table.table.room(), FIRST);
    }
}
