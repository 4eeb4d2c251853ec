//! A hash table that grows without a large copy: from a hash to numbers that the caller compares.
//!
//! One writer, any number of readers. A small table is a single segment, which a larger one
//! replaces; a large table replaces a full segment by two. Not here: what the numbers mean, and how a
//! segment looks (`segments.rs`). Invariants: growth reads nothing but the table; no entry moves while
//! a reader can meet it, so what is there is found.

use std::ptr;

use super::{
    memory::keep,
    segments::{Root, SEGMENTS, Segment, empty, entry, tag},
    sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering, constant, fence},
};

/// The places of a single segment, at first and at most. It is at most 40 % full: then the first
/// entry is nearly always the right one, and a processor that guesses so loses no time.
const FIRST: usize = if cfg!(loom) { 4 } else { 64 };
const MOST_SINGLE: usize = if cfg!(loom) { 4 } else { 1 << 13 };

/// The places of a segment among others, where memory matters more.
const SEGMENT: usize = if cfg!(loom) { 4 } else { 512 };

/// More upper bits of a hash do not choose a segment: the lower ones choose the place there.
const MOST_BITS: u32 = 22;

pub(super) struct Table {
    root: AtomicPtr<AtomicPtr<AtomicU64>>,
    /// How often a segment was replaced: a reader that finds nothing looks again if it was meanwhile.
    edition: AtomicU32,
    /// A segment that was replaced, to be used for the next one; only the writer's business.
    spare: AtomicPtr<AtomicU64>,
    /// The last one that was replaced and is too small for the next ones, and links to the one before:
    /// readers may be there.
    unfit: AtomicPtr<AtomicU64>,
}

impl Table {
    constant! {
        pub(super) fn new() -> Self {
            Self {
                root: AtomicPtr::new(empty::root()),
                edition: AtomicU32::new(0),
                spare: AtomicPtr::new(ptr::null_mut()),
                unfit: AtomicPtr::new(ptr::null_mut()),
            }
        }
    }

    #[inline]
    fn root(&self) -> Root {
        Root(self.root.load(Ordering::Acquire))
    }

    /// The first number of a hash: nearly always the only one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn first(&self, hash: u64) -> Option<u32> {
        let segment = self.root().segment(hash);
        segment.next(hash, tag(hash) as usize).map(|(_, number)| number)
    }

    /// What `look` finds at the first number of a hash where it finds anything. `None` is certain:
    /// at some moment meanwhile there was no such entry.
    pub(super) fn seek<R>(&self, hash: u64, mut look: impl FnMut(u32) -> Option<R>) -> Option<R> {
        loop {
            let edition = self.edition.load(Ordering::Acquire);
            let segment = self.root().segment(hash);
            let mut from = tag(hash) as usize;
            while let Some((place, number)) = segment.next(hash, from) {
                let found = look(number);
                if found.is_some() {
                    return found;
                }
                from = place + 1;
            }
            // If the segment was replaced, entries may have been added elsewhere, and if it was used
            // for the next one, they may have been missed.
            fence(Ordering::Acquire);
            if self.edition.load(Ordering::Relaxed) == edition {
                return None;
            }
        }
    }

    /// Adds an entry; `false` without memory. Only under the writer's lock, for a number that
    /// readers may look at.
    pub(super) fn insert(&self, hash: u64, number: u32) -> bool {
        let entry = entry(hash, number);
        loop {
            let segment = self.root().segment(hash);
            let places = segment.places();
            let most = if segment.depth() == 0 { places * 2 / 5 } else { places * 3 / 4 };
            if segment.used() < most {
                segment.put(entry);
                return true;
            }
            if !self.make_room(hash, segment, most) {
                // Until there is memory, all places but one are good enough.
                let has_room = segment.used() + 1 < places;
                if has_room {
                    segment.put(entry);
                }
                return has_room;
            }
        }
    }

    /// Takes an entry out. Only under the writer's lock.
    pub(super) fn remove(&self, hash: u64, number: u32) {
        self.root().segment(hash).take(entry(hash, number));
    }

    /// Replaces a segment that is full; `false` without memory.
    fn make_room(&self, hash: u64, full: Segment, most: usize) -> bool {
        let (places, depth) = (full.places(), full.depth());
        // Mostly buried: the same again without those.
        if full.entries().count() <= most / 2 && most > 1 {
            return self.copy(hash, full);
        }
        if depth > 0 {
            return self.split(hash, full);
        }
        let (bits, places) = match places {
            MOST_SINGLE.. => (SEGMENTS.ilog2(), SEGMENT),
            places => (0, (4 * places).clamp(FIRST, MOST_SINGLE)),
        };
        let Some(root) = Root::new(bits, places, self.root()) else { return false };
        full.entries().for_each(|entry| root.segment(entry).put(entry));
        self.root.store(root.0.cast_mut(), Ordering::Release);
        self.publish(None);
        true
    }

    /// Replaces a segment by one with the same entries.
    fn copy(&self, hash: u64, old: Segment) -> bool {
        let Some(new) = self.segment(old.places(), old.depth()) else { return false };
        old.entries().for_each(|entry| new.put(entry));
        self.assign(hash, old.depth(), new);
        self.publish(Some(old));
        true
    }

    /// Replaces a segment by two, according to the next bit of the hash.
    fn split(&self, hash: u64, old: Segment) -> bool {
        let depth = old.depth();
        if depth == self.root().bits() && !self.double_root() {
            return false;
        }
        let Some(second) = Segment::words(SEGMENT, depth + 1) else { return false };
        let Some(first) = self.segment(SEGMENT, depth + 1) else { return false };
        let second = Segment::new(second);
        let bit = 1 << (63 - depth);
        for entry in old.entries() {
            if entry & bit == 0 { first.put(entry) } else { second.put(entry) }
        }
        self.assign(hash & !bit, depth + 1, first);
        self.assign(hash | bit, depth + 1, second);
        self.publish(Some(old));
        true
    }

    /// A segment without entries: the spare one if it fits.
    fn segment(&self, places: usize, depth: u32) -> Option<Segment> {
        let spare = self.spare.swap(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: only segments are put there.
        if let Some(spare) = unsafe { Segment::of(spare) } {
            if spare.places() == places {
                // Whoever sees this also sees the edition in which the segment was replaced, whichever
                // thread did that.
                fence(Ordering::Release);
                spare.clear(depth);
                return Some(spare);
            }
            let before = self.unfit.swap(spare.as_raw(), Ordering::Relaxed);
            spare.word(1).store(before.addr() as u64, Ordering::Relaxed);
        }
        Segment::words(places, depth).map(Segment::new)
    }

    /// Makes a segment that of all hashes that begin with the same bits.
    fn assign(&self, hash: u64, depth: u32, segment: Segment) {
        let root = self.root();
        let numbers = 1_usize << (root.bits() - depth);
        let first = root.number(hash) & !(numbers - 1);
        for number in first..first + numbers {
            root.word(number).store(segment.as_raw(), Ordering::Release);
        }
    }

    /// Ends a replacement. Readers may still be in the old segment: whoever finds nothing there sees
    /// another edition, before the segment becomes another one and after.
    fn publish(&self, old: Option<Segment>) {
        self.edition.fetch_add(1, Ordering::Release);
        if let Some(old) = old {
            self.spare.store(old.as_raw(), Ordering::Relaxed);
        }
    }

    /// Lets one more bit choose a segment.
    fn double_root(&self) -> bool {
        let old = self.root();
        let bits = old.bits();
        if bits == MOST_BITS {
            return false;
        }
        let Some(words) = Root::words(bits + 1, old) else { return false };
        let new = Root(keep(words));
        new.set_size(bits + 1, old.places());
        for number in 0..2 << bits {
            let segment = old.word(number / 2).load(Ordering::Relaxed);
            new.word(number).store(segment, Ordering::Relaxed);
        }
        self.root.store(new.0.cast_mut(), Ordering::Release);
        true
    }
}
