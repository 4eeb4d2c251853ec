//! Large families by hand: records of eight bytes, texts in one arena, a fast hash map in shards.
//!
//! A shard has a lock of its own and is small, so that its growth does not keep others waiting. Each
//! thread has its own values, which a scrape sums (`page.rs`). Invariant: a record is written before
//! its number is in a shard, and never changes.

use std::{
    ptr,
    sync::{
        Mutex,
        atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering},
    },
};

use hashbrown::{HashTable, hash_table};

use super::{
    arena::{Arena, Words},
    cells::add,
    hash::{hash, same},
    page::Layout,
    threads::{self, Chunks},
};
use crate::{
    contender::{Exposed, Kind, Page},
    large::Shape,
    workload::{BOUNDS, Request},
};

/// Cells of a histogram: the buckets with `+Inf`, and the sum.
pub(super) const HISTOGRAM: usize = BOUNDS.len() + 2;

const SHARDS: usize = 256;

/// Records of a chunk, and chunks.
const RECORDS: usize = 4096;
const CHUNKS: usize = 512;

pub(super) fn family(shape: Shape, kind: Kind) -> Box<dyn Exposed> {
    Box::new(Family {
        shape,
        cells: if kind == Kind::Counter { 1 } else { HISTOGRAM },
        shards: [const { Mutex::new(HashTable::new()) }; SHARDS],
        records: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS],
        len: AtomicUsize::new(0),
        arena: Arena::new(),
        firsts: Words::new(),
        thirds: Words::new(),
        threads: Mutex::default(),
        page: Mutex::default(),
    })
}

pub(super) struct Family {
    pub(super) shape: Shape,
    /// Cells of a series.
    pub(super) cells: usize,
    shards: [Mutex<HashTable<Entry>>; SHARDS],
    records: [AtomicPtr<[AtomicU64; RECORDS]>; CHUNKS],
    len: AtomicUsize,
    pub(super) arena: Arena,
    /// The texts of the first and of the third label, where they are just strings.
    pub(super) firsts: Words,
    pub(super) thirds: Words,
    pub(super) threads: Mutex<Vec<&'static Chunks>>,
    /// What a scrape leaves for the next one.
    pub(super) page: Mutex<Option<Layout>>,
}

/// A quarter of a hash, and the number of a record in two halves: six bytes.
struct Entry {
    tag: u16,
    number: [u16; 2],
}

impl Entry {
    fn number(&self) -> usize {
        usize::from(self.number[1]) << 16 | usize::from(self.number[0])
    }
}

/// The first and the third label: a number, or a text of at most eight bytes as a word.
#[derive(Clone, Copy)]
struct Outer {
    first: u64,
    third: u64,
}

/// The place of a record's text, and in 8, 8 and 16 bits below it the length and the other labels.
#[derive(Clone, Copy)]
pub(super) struct Record(u64);

impl Record {
    pub(super) fn text(self) -> (usize, usize) {
        ((self.0 >> 32) as usize, (self.0 >> 24 & 0xff) as usize)
    }

    pub(super) fn first(self) -> usize {
        (self.0 >> 16 & 0xff) as usize
    }

    pub(super) fn third(self) -> usize {
        (self.0 & 0xffff) as usize
    }
}

impl Family {
    /// The number of records; some at the end may not be written yet.
    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// A record, unless it is still being written.
    #[inline]
    pub(super) fn record(&self, number: usize) -> Option<Record> {
        let chunk = self.records[number / RECORDS].load(Ordering::Acquire);
        // SAFETY: null, or a chunk that is never freed.
        let chunk = unsafe { chunk.as_ref() }?;
        let record = chunk[number % RECORDS].load(Ordering::Acquire);
        (record != 0).then_some(Record(record))
    }

    fn find(&self, request: &Request<'_>) -> usize {
        let path = request.path;
        let (outer, hash) = if self.shape.is_strings() {
            let (first, third) = (request.method.text(), request.code.text());
            let outer = Outer { first: word(first), third: word(third) };
            (outer, hash(0, [first, path, third]))
        } else {
            let third =
                if self.shape == Shape::Mixed { request.status } else { request.code as u16 };
            let outer = Outer { first: request.method as u64, third: u64::from(third) };
            (outer, hash(outer.first << 16 | outer.third, [path]))
        };
        let tag = (hash >> 48) as u16;
        let mut shard = self.shards[hash as usize % SHARDS].lock().unwrap();
        let is = |entry: &Entry| entry.tag == tag && self.is(entry.number(), outer, path);
        match shard.entry(spread(tag), is, |entry| spread(entry.tag)) {
            hash_table::Entry::Occupied(entry) => entry.get().number(),
            hash_table::Entry::Vacant(entry) => {
                let number = self.create(outer, path);
                entry.insert(Entry { tag, number: [number as u16, (number >> 16) as u16] });
                number
            }
        }
    }

    #[inline]
    fn is(&self, number: usize, outer: Outer, path: &str) -> bool {
        let Some(record) = self.record(number) else { return false };
        let (first, third) = if self.shape.is_strings() {
            (self.firsts.word(record.first()), self.thirds.word(record.third()))
        } else {
            (record.first() as u64, record.third() as u64)
        };
        let (place, len) = record.text();
        first == outer.first
            && third == outer.third
            && same(self.arena.text(place, len), path.as_bytes())
    }

    #[cold]
    #[inline(never)]
    fn create(&self, outer: Outer, path: &str) -> usize {
        let (first, third) = if self.shape.is_strings() {
            (self.firsts.number(outer.first), self.thirds.number(outer.third))
        } else {
            (outer.first, outer.third)
        };
        let place = self.arena.keep(path, self.shape.shares()) as u64;
        let number = self.len.fetch_add(1, Ordering::AcqRel);
        let chunk = &self.records[number / RECORDS];
        if chunk.load(Ordering::Acquire).is_null() {
            let new: Box<[AtomicU64]> = (0..RECORDS).map(|_| AtomicU64::new(0)).collect();
            let new = Box::into_raw(new).cast::<[AtomicU64; RECORDS]>();
            if chunk
                .compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire)
                .is_err()
            {
                // SAFETY: another thread was first, so no other thread knows this chunk.
                drop(unsafe { Box::from_raw(new) });
            }
        }
        // SAFETY: not null, and never freed.
        let chunk = unsafe { &*chunk.load(Ordering::Acquire) };
        let record = place << 32 | (path.len() as u64) << 24 | first << 16 | third;
        chunk[number % RECORDS].store(record, Ordering::Release);
        number
    }
}

/// A text of at most eight bytes.
#[inline]
fn word(text: &str) -> u64 {
    assert!(text.len() <= 8, "the limit is made for short methods and statuses");
    text.bytes().rev().fold(0, |word, byte| word << 8 | u64::from(byte))
}

/// Eight bytes of a hash from a quarter, which is enough for a shard.
#[inline]
fn spread(tag: u16) -> u64 {
    u64::from(tag).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Exposed for Family {
    fn update(&self, request: &Request<'_>) {
        let cells = threads::cells(self, self.find(request));
        if self.cells == 1 {
            return add(&cells[0], 1);
        }
        let bucket = BOUNDS.iter().take_while(|bound| request.seconds > **bound).count();
        add(&cells[bucket], 1);
        add(&cells[HISTOGRAM - 1], (request.seconds * 1e9) as u64);
    }

    fn write(&self, page: &mut Page) {
        super::page::write(self, page);
    }
}
