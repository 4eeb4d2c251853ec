//! A hash table that grows without a large copy: from a hash to numbers that the caller compares.
//!
//! One writer, any number of readers. A small table is a single segment, which a larger one
//! replaces; a large table replaces a full segment by two. Not here: what the numbers mean.
//! Invariants: an entry shows where it belongs, so growth reads nothing else; no entry moves while a
//! reader can meet it, so what is there is found.

use std::ptr;

use super::{
    memory::{keep, zeros},
    sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering, constant, fence},
};

/// The places of a single segment, at first and at most. It is at most 40 % full: then the first
/// entry is nearly always the right one, and a processor that guesses so loses no time.
const FIRST: usize = if cfg!(loom) { 4 } else { 64 };
const MOST_SINGLE: usize = if cfg!(loom) { 4 } else { 1 << 13 };

/// The places of a segment among others, where memory matters more, and how many there are at first.
const SEGMENT: usize = if cfg!(loom) { 4 } else { 512 };
const SEGMENTS: usize = if cfg!(loom) { 2 } else { 16 };

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

/// How many upper bits of a hash choose a segment, as an address; then a word for each number of
/// that many bits: its segment, which neighbours may share; then the root that it has replaced, in
/// which readers may still be, so that this is not taken for lost.
#[derive(Clone, Copy)]
struct Root(*const AtomicPtr<AtomicU64>);

/// Three words, and a word for each place. The first is the number of places less one. The others
/// are the writer's: how many upper bits all entries share, and how many places are not free.
///
/// A place holds 0, or `BURIED`, or the upper half of a hash above a number plus one.
#[derive(Clone, Copy)]
struct Segment(*const AtomicU64);

const HEAD: usize = 3;

/// What is left of an entry that others may stand behind. No number is so large.
const BURIED: u64 = u64::MAX;

/// The part of an entry that is the hash's.
#[inline]
fn tag(entry: u64) -> u32 {
    (entry >> 32) as u32
}

impl Root {
    /// A root whose segments are new and have so many places.
    fn new(bits: u32, places: usize, before: Self) -> Option<Self> {
        let words = Self::words(bits, before)?;
        let mut segments = [const { None }; SEGMENTS];
        for segment in &mut segments[..1 << bits] {
            *segment = Some(Segment::words(places, bits)?);
        }
        let root = Self(keep(words));
        root.set_bits(bits);
        for (number, words) in segments.into_iter().flatten().enumerate() {
            root.word(number).store(keep(words), Ordering::Relaxed);
        }
        Some(root)
    }

    /// The words of a root that replaces another one.
    fn words(bits: u32, before: Self) -> Option<Box<[AtomicPtr<AtomicU64>]>> {
        let words = zeros::<AtomicPtr<AtomicU64>>(2 + (1 << bits))?;
        words[1 + (1 << bits)].store(before.0.cast_mut().cast(), Ordering::Relaxed);
        Some(words)
    }

    #[inline]
    fn bits(self) -> u32 {
        // SAFETY: a root has at least a word.
        unsafe { &*self.0 }.load(Ordering::Relaxed).addr() as u32
    }

    fn set_bits(self, bits: u32) {
        // SAFETY: as above.
        unsafe { &*self.0 }.store(ptr::without_provenance_mut(bits as usize), Ordering::Relaxed);
    }

    /// The word of a number of `bits` bits.
    #[inline]
    fn word(self, number: usize) -> &'static AtomicPtr<AtomicU64> {
        // SAFETY: a root has a word for each such number, and is kept for good.
        unsafe { &*self.0.add(1 + number) }
    }

    /// The number that a hash begins with.
    #[inline]
    fn number(self, hash: u64) -> usize {
        (((hash >> 32) << self.bits()) >> 32) as usize
    }

    #[inline]
    fn segment(self, hash: u64) -> Segment {
        Segment(self.word(self.number(hash)).load(Ordering::Acquire))
    }
}

impl Segment {
    /// The words of a segment without entries.
    fn words(places: usize, depth: u32) -> Option<Box<[AtomicU64]>> {
        let words = zeros::<AtomicU64>(HEAD + places)?;
        words[0].store(places as u64 - 1, Ordering::Relaxed);
        words[1].store(u64::from(depth), Ordering::Relaxed);
        Some(words)
    }

    #[inline]
    fn word(self, word: usize) -> &'static AtomicU64 {
        // SAFETY: every caller names one of the `HEAD` words or of the places, and a segment is kept
        // for good.
        unsafe { &*self.0.add(word) }
    }

    #[inline]
    fn mask(self) -> usize {
        self.word(0).load(Ordering::Relaxed) as usize
    }

    /// A place, counted on from the first one after the last.
    #[inline]
    fn place(self, place: usize) -> &'static AtomicU64 {
        self.word(HEAD + (place & self.mask()))
    }

    #[inline]
    fn places(self) -> usize {
        self.mask() + 1
    }

    #[inline]
    fn depth(self) -> u32 {
        self.word(1).load(Ordering::Relaxed) as u32
    }

    #[inline]
    fn used(self) -> usize {
        self.word(2).load(Ordering::Relaxed) as usize
    }

    #[inline]
    fn set_used(self, used: usize) {
        self.word(2).store(used as u64, Ordering::Relaxed);
    }

    #[inline]
    fn entry(self, place: usize) -> u64 {
        self.place(place).load(Ordering::Relaxed)
    }

    fn entries(self) -> impl Iterator<Item = u64> {
        let entries = (0..self.places()).map(move |place| self.entry(place));
        entries.filter(|entry| *entry != 0 && *entry != BURIED)
    }

    /// Makes it a segment without entries, whatever it was.
    fn clear(self, depth: u32) {
        self.word(1).store(u64::from(depth), Ordering::Relaxed);
        self.set_used(0);
        for place in 0..self.places() {
            self.place(place).store(0, Ordering::Relaxed);
        }
    }

    /// Puts an entry in the first place for it that holds none. There must be a free one.
    #[inline]
    fn put(self, entry: u64) {
        let mut place = tag(entry) as usize;
        while ![0, BURIED].contains(&self.entry(place)) {
            place += 1;
        }
        if self.place(place).swap(entry, Ordering::Release) == 0 {
            self.set_used(self.used() + 1);
        }
    }

    /// Takes an entry out.
    fn take(self, entry: u64) {
        let mut place = tag(entry) as usize;
        while self.entry(place) != entry {
            if self.entry(place) == 0 {
                return;
            }
            place += 1;
        }
        self.place(place).store(BURIED, Ordering::Relaxed);
        // No entry stands behind a place before a free one.
        while self.entry(place + 1) == 0 && self.entry(place) == BURIED {
            self.place(place).store(0, Ordering::Relaxed);
            self.set_used(self.used() - 1);
            place = place.wrapping_sub(1);
        }
    }

    /// The first number of a hash from a place on, and its place.
    #[inline]
    fn next(self, hash: u64, from: usize) -> Option<(usize, u32)> {
        // A place is free, so the loop ends; the bound is for a reader whose segment becomes another.
        for place in (from..).take(self.places()) {
            let entry = self.place(place).load(Ordering::Acquire);
            if entry == 0 {
                return None;
            }
            if tag(entry) == tag(hash) && entry != BURIED {
                return Some((place, (entry as u32).wrapping_sub(1)));
            }
        }
        None
    }
}

#[cfg(not(loom))]
mod empty {
    //! What a table without entries is: no family needs memory before it has a series.

    use super::{AtomicPtr, AtomicU64, HEAD, ptr};

    static SEGMENT: [AtomicU64; HEAD + 1] = [const { AtomicU64::new(0) }; HEAD + 1];
    static ROOT: [AtomicPtr<AtomicU64>; 2] =
        [AtomicPtr::new(ptr::null_mut()), AtomicPtr::new((&raw const SEGMENT).cast_mut().cast())];

    pub(super) const fn root() -> *mut AtomicPtr<AtomicU64> {
        (&raw const ROOT).cast_mut().cast()
    }
}

#[cfg(loom)]
mod empty {
    use super::*;

    pub(super) fn root() -> *mut AtomicPtr<AtomicU64> {
        Root::new(0, 1, Root(ptr::null())).map_or(ptr::null_mut(), |root| root.0.cast_mut())
    }
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
    #[inline(always)]
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
        let second = Segment(keep(second));
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
        let spare = Segment(self.spare.swap(ptr::null_mut(), Ordering::Relaxed));
        if !spare.0.is_null() && spare.places() == places {
            // Whoever sees this also sees the edition in which the segment was replaced, whichever
            // thread did that.
            fence(Ordering::Release);
            spare.clear(depth);
            return Some(spare);
        }
        if !spare.0.is_null() {
            spare
                .word(1)
                .store(self.unfit.load(Ordering::Relaxed).addr() as u64, Ordering::Relaxed);
            self.unfit.store(spare.0.cast_mut(), Ordering::Relaxed);
        }
        Segment::words(places, depth).map(|words| Segment(keep(words)))
    }

    /// Makes a segment that of all hashes that begin with the same bits.
    fn assign(&self, hash: u64, depth: u32, segment: Segment) {
        let root = self.root();
        let numbers = 1_usize << (root.bits() - depth);
        let first = root.number(hash) & !(numbers - 1);
        for number in first..first + numbers {
            root.word(number).store(segment.0.cast_mut(), Ordering::Release);
        }
    }

    /// Ends a replacement. Readers may still be in the old segment: whoever finds nothing there sees
    /// another edition, before the segment becomes another one and after.
    fn publish(&self, old: Option<Segment>) {
        self.edition.fetch_add(1, Ordering::Release);
        if let Some(old) = old {
            self.spare.store(old.0.cast_mut(), Ordering::Relaxed);
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
        new.set_bits(bits + 1);
        for number in 0..2 << bits {
            let segment = old.word(number / 2).load(Ordering::Relaxed);
            new.word(number).store(segment, Ordering::Relaxed);
        }
        self.root.store(new.0.cast_mut(), Ordering::Release);
        true
    }
}

/// What a place holds for a number with this hash.
fn entry(hash: u64, number: u32) -> u64 {
    u64::from(tag(hash)) << 32 | u64::from(number + 1)
}
