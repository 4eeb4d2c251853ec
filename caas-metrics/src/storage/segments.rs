//! The parts of a hash table: segments of entries, and the root that finds them.
//!
//! Not here: when a segment is replaced (`table.rs`). Invariants: segments and roots are kept for
//! good; an entry shows where it belongs; it does not move.

use std::ptr;

use super::{
    memory::{keep, zeros},
    sync::{AtomicPtr, AtomicU64, Ordering},
};

/// How many segments the first root with several has.
pub(super) const SEGMENTS: usize = if cfg!(loom) { 2 } else { 16 };

/// How many upper bits of a hash choose a segment, and a segment's number of places less one, both
/// as addresses; then the segment for each value of those bits, which neighbours may share; then
/// the root that it has replaced, so that leak checkers find that. Readers may still be in it.
#[derive(Clone, Copy)]
pub(super) struct Root(pub(super) *const AtomicPtr<AtomicU64>);

/// Three words for the writer, and a word for each place. The three: the number of places less one,
/// how many upper bits all entries share, and how many places are not free. Readers take the first
/// from the root, and so wait for one cache line less.
///
/// A place holds 0, or `BURIED`, or the upper half of a hash above a number plus one.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    words: *const AtomicU64,
    mask: usize,
}

const HEAD: usize = 3;

/// Marks the place of an entry that was taken out, since others may follow it. No number is this
/// large.
const BURIED: u64 = u64::MAX;

/// The bits of an entry that come from the hash.
#[inline]
pub(super) fn tag(entry: u64) -> u32 {
    (entry >> 32) as u32
}

impl Root {
    /// A root with new segments of `places` places each.
    pub(super) fn new(bits: u32, places: usize, before: Self) -> Option<Self> {
        let words = Self::words(bits, before)?;
        let mut segments = [const { None }; SEGMENTS];
        for segment in &mut segments[..1 << bits] {
            *segment = Some(Segment::words(places, bits)?);
        }
        let root = Self(keep(words));
        root.set_size(bits, places);
        for (number, words) in segments.into_iter().flatten().enumerate() {
            root.word(number).store(keep(words), Ordering::Relaxed);
        }
        Some(root)
    }

    /// The words of a new root, which replaces `before`.
    pub(super) fn words(bits: u32, before: Self) -> Option<Box<[AtomicPtr<AtomicU64>]>> {
        let words = zeros::<AtomicPtr<AtomicU64>>(3 + (1 << bits))?;
        words[2 + (1 << bits)].store(before.0.cast_mut().cast(), Ordering::Relaxed);
        Some(words)
    }

    #[inline]
    fn head(self, word: usize) -> usize {
        // SAFETY: callers name one of the first two words, which every root has.
        unsafe { &*self.0.add(word) }.load(Ordering::Relaxed).addr()
    }

    #[inline]
    pub(super) fn bits(self) -> u32 {
        self.head(0) as u32
    }

    /// How many places a segment has.
    pub(super) fn places(self) -> usize {
        self.head(1) + 1
    }

    /// Sets how many bits choose a segment, and how many places a segment has.
    pub(super) fn set_size(self, bits: u32, places: usize) {
        for (word, number) in [bits as usize, places - 1].into_iter().enumerate() {
            // SAFETY: as above.
            let word = unsafe { &*self.0.add(word) };
            word.store(ptr::without_provenance_mut(number), Ordering::Relaxed);
        }
    }

    /// The word of a value of the `bits` upper bits.
    #[inline]
    pub(super) fn word(self, number: usize) -> &'static AtomicPtr<AtomicU64> {
        // SAFETY: a root has a word for each such number, and is kept for good.
        unsafe { &*self.0.add(2 + number) }
    }

    /// The value of a hash's upper bits.
    #[inline]
    pub(super) fn number(self, hash: u64) -> usize {
        (((hash >> 32) << self.bits()) >> 32) as usize
    }

    #[inline]
    pub(super) fn segment(self, hash: u64) -> Segment {
        let words = self.word(self.number(hash)).load(Ordering::Acquire);
        Segment { words, mask: self.head(1) }
    }
}

impl Segment {
    /// The segment that begins with these words; `None` if there are none.
    ///
    /// # Safety
    /// They must be null, or those of a segment.
    pub(super) unsafe fn of(words: *const AtomicU64) -> Option<Self> {
        // SAFETY: the caller's promise; a segment begins with the number of its places.
        let first = unsafe { words.as_ref() }?;
        Some(Self { words, mask: first.load(Ordering::Relaxed) as usize })
    }

    /// A segment in memory that is kept for good.
    pub(super) fn new(words: Box<[AtomicU64]>) -> Self {
        let mask = words.len() - HEAD - 1;
        Self { words: keep(words), mask }
    }

    pub(super) fn as_raw(self) -> *mut AtomicU64 {
        self.words.cast_mut()
    }

    /// The words of a segment without entries.
    pub(super) fn words(places: usize, depth: u32) -> Option<Box<[AtomicU64]>> {
        let words = zeros::<AtomicU64>(HEAD + places)?;
        words[0].store(places as u64 - 1, Ordering::Relaxed);
        words[1].store(u64::from(depth), Ordering::Relaxed);
        Some(words)
    }

    #[inline]
    pub(super) fn word(self, word: usize) -> &'static AtomicU64 {
        // SAFETY: every caller names one of the `HEAD` words or of the places, and a segment is
        // kept for good.
        unsafe { &*self.words.add(word) }
    }

    /// A place; after the last one comes the first.
    #[inline]
    fn place(self, place: usize) -> &'static AtomicU64 {
        self.word(HEAD + (place & self.mask))
    }

    #[inline]
    pub(super) fn places(self) -> usize {
        self.mask + 1
    }

    #[inline]
    pub(super) fn depth(self) -> u32 {
        self.word(1).load(Ordering::Relaxed) as u32
    }

    #[inline]
    pub(super) fn used(self) -> usize {
        self.word(2).load(Ordering::Relaxed) as usize
    }

    #[inline]
    pub(super) fn set_used(self, used: usize) {
        self.word(2).store(used as u64, Ordering::Relaxed);
    }

    #[inline]
    fn entry(self, place: usize) -> u64 {
        self.place(place).load(Ordering::Relaxed)
    }

    pub(super) fn entries(self) -> impl Iterator<Item = u64> {
        let entries = (0..self.places()).map(move |place| self.entry(place));
        entries.filter(|entry| *entry != 0 && *entry != BURIED)
    }

    /// Empties the segment.
    pub(super) fn clear(self, depth: u32) {
        self.word(1).store(u64::from(depth), Ordering::Relaxed);
        self.set_used(0);
        for place in 0..self.places() {
            self.place(place).store(0, Ordering::Relaxed);
        }
    }

    /// Puts an entry in the first place without one, from its own place on. There must be one.
    #[inline]
    pub(super) fn put(self, entry: u64) {
        let mut place = tag(entry) as usize;
        while ![0, BURIED].contains(&self.entry(place)) {
            place += 1;
        }
        if self.place(place).swap(entry, Ordering::Release) == 0 {
            self.set_used(self.used() + 1);
        }
    }

    /// Takes an entry out.
    pub(super) fn take(self, entry: u64) {
        let mut place = tag(entry) as usize;
        while self.entry(place) != entry {
            if self.entry(place) == 0 {
                return;
            }
            place += 1;
        }
        self.place(place).store(BURIED, Ordering::Relaxed);
        // If a free place follows, no entry was pushed past this one.
        while self.entry(place + 1) == 0 && self.entry(place) == BURIED {
            self.place(place).store(0, Ordering::Relaxed);
            self.set_used(self.used() - 1);
            place = place.wrapping_sub(1);
        }
    }

    /// The first number of a hash from a place on, and its place.
    #[inline]
    pub(super) fn next(self, hash: u64, from: usize) -> Option<(usize, u32)> {
        // A place is free, so the loop ends. The bound is for a reader whose segment is replaced
        // meanwhile.
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
pub(super) mod empty {
    //! The table without entries, as statics: a family takes no memory before it has a series.

    use super::{AtomicPtr, AtomicU64, HEAD, ptr};

    static SEGMENT: [AtomicU64; HEAD + 1] = [const { AtomicU64::new(0) }; HEAD + 1];
    static ROOT: [AtomicPtr<AtomicU64>; 3] = [
        AtomicPtr::new(ptr::null_mut()),
        AtomicPtr::new(ptr::null_mut()),
        AtomicPtr::new((&raw const SEGMENT).cast_mut().cast()),
    ];

    pub(in super::super) const fn root() -> *mut AtomicPtr<AtomicU64> {
        (&raw const ROOT).cast_mut().cast()
    }
}

#[cfg(loom)]
pub(super) mod empty {
    use super::*;

    pub(in super::super) fn root() -> *mut AtomicPtr<AtomicU64> {
        Root::new(0, 1, Root(ptr::null())).map_or(ptr::null_mut(), |root| root.0.cast_mut())
    }
}

/// The entry for a number with this hash.
pub(super) fn entry(hash: u64, number: u32) -> u64 {
    u64::from(tag(hash)) << 32 | u64::from(number + 1)
}
