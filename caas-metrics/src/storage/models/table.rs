//! Look-ups in a table that grows.

use loom::sync::{Arc, Mutex};

use super::*;
use crate::storage::table::Table;

/// A hash in this segment of a table of many, and there in this place.
const fn hash(segment: u64, place: u64, unique: u64) -> u64 {
    segment << 62 | unique << 40 | place << 32
}

/// A table with these numbers and hashes.
fn table(hashes: &[u64]) -> Arc<Table> {
    let table = Table::new();
    (0..).zip(hashes).for_each(|(number, hash)| assert!(table.insert(*hash, number)));
    Arc::new(table)
}

fn has(table: &Table, hash: u64, number: u32) -> bool {
    table.seek(hash, |found| (found == number).then_some(())).is_some()
}

/// Looks for the first of some numbers while the others are added, and all are there in the end.
fn seek_beside(inserted: &[u64], added: &[u64], removed: &[u64]) {
    let table = table(inserted);
    let other = Arc::clone(&table);
    let sought = inserted[0];
    let reader = spawn(move || assert!(has(&other, sought, 0), "it was there all along"));
    let behind = inserted.len() as u32;
    for hash in removed {
        let number = inserted.iter().position(|inserted| inserted == hash);
        table.remove(*hash, number.unwrap() as u32);
    }
    for (number, hash) in (behind..).zip(added) {
        assert!(table.insert(*hash, number));
    }
    reader.join().unwrap();
    assert!((0..).zip(inserted).all(|(n, hash)| has(&table, *hash, n) != removed.contains(hash)));
    assert!((behind..).zip(added).all(|(n, hash)| has(&table, *hash, n)));
}

/// A single segment becomes several.
fn seek_beside_growth() {
    seek_beside(&[hash(0, 0, 1)], &[hash(2, 0, 2)], &[]);
}

/// Two full segments.
const FULL: [u64; 6] =
    [hash(0, 0, 1), hash(0, 0, 2), hash(1, 0, 3), hash(2, 0, 4), hash(2, 0, 5), hash(3, 0, 6)];

/// Full segments become two, and one of them has the memory of one before.
fn seek_beside_splits() {
    seek_beside(&FULL, &[hash(1, 0, 7), hash(3, 0, 8)], &[]);
}

/// The same where different threads split.
fn seek_beside_splits_elsewhere() {
    let table = table(&FULL);
    let lock = Arc::new(Mutex::new(()));
    let (other, other_lock) = (Arc::clone(&table), Arc::clone(&lock));
    let writer = spawn(move || {
        let _held = other_lock.lock();
        assert!(other.insert(hash(3, 0, 8), 7));
    });
    let other = Arc::clone(&table);
    let reader = spawn(move || assert!(has(&other, FULL[0], 0), "it was there all along"));
    {
        let _held = lock.lock();
        assert!(table.insert(hash(1, 0, 7), 6));
    }
    writer.join().unwrap();
    reader.join().unwrap();
}

/// A segment of what was taken out is replaced by one without that.
fn seek_beside_a_copy() {
    let inserted = [hash(0, 2, 1), hash(0, 0, 2), hash(0, 1, 3), hash(2, 0, 4)];
    seek_beside(&inserted, &[hash(0, 0, 5)], &[hash(0, 0, 2), hash(0, 1, 3)]);
}

const RELEASES: [(&str, Class); 2] =
    [("table.rs", Class::Releases), ("segments.rs", Class::Releases)];

#[test]
fn a_look_up_beside_growth() {
    holds(3, seek_beside_growth);
    fails_without(3, seek_beside_growth, &RELEASES);
}

#[test]
fn a_look_up_beside_splits() {
    holds(3, seek_beside_splits);
    fails_without(3, seek_beside_splits, &[("table.rs", Class::Fences)]);
}

#[test]
fn a_look_up_beside_splits_elsewhere() {
    holds(1, seek_beside_splits_elsewhere);
    fails_without(1, seek_beside_splits_elsewhere, &[("table.rs", Class::Fences)]);
}

#[test]
fn a_look_up_beside_a_copy() {
    holds(3, seek_beside_a_copy);
    fails_without(3, seek_beside_a_copy, &RELEASES);
}
