//! Records: for each block its version, the codes of its open label values, and its children's
//! lives.
//!
//! Not here: which block a key has (`table.rs`), what the codes mean (`text.rs`) and the values
//! (`cells.rs`). Invariants: a record's version and codes are read between two equal odd versions
//! or not at all (a sequence lock with many readers and, under the index's lock, one writer). A
//! child's generation is odd exactly while it lives and never comes back, so an outdated handle
//! never matches again (until a child has been removed 2^31 times).

use super::{
    shape::BlockShape,
    sync::{AtomicU32, Ordering, fence},
    text::Code,
    zeroed::zeroed,
};

/// A living record's version: odd, and different for each life of each block of a family (until
/// 2^31 blocks have been made).
pub(crate) type Version = u32;

/// Whether a life began before another one, which it did if it is less than 2^30 blocks away.
pub(crate) fn is_before(version: Version, other: Version) -> bool {
    version.wrapping_sub(other) > u32::MAX / 2
}

/// The generation of a child; odd means living.
pub(crate) type Generation = u32;

#[inline]
pub(super) fn is_living(generation: Generation) -> bool {
    generation % 2 == 1
}

/// Where a child's generation is, among the words of all records.
pub(crate) type Place = u32;

/// The codes of one record.
pub(super) struct Codes<'a>(std::slice::Iter<'a, AtomicU32>);

impl Iterator for Codes<'_> {
    type Item = Code;

    #[inline]
    fn next(&mut self) -> Option<Code> {
        self.0.next().map(|code| code.load(Ordering::Relaxed))
    }
}

/// One record. What is read of it between `living` and `is_still` may be a mixture of two lives,
/// and counts only if the latter says that no writer came between.
pub(super) struct Record<'a> {
    words: &'a [AtomicU32],
    start: usize,
    shape: BlockShape,
}

impl<'a> Record<'a> {
    /// The version, if it lives.
    #[inline]
    pub(super) fn living(&self) -> Option<Version> {
        let version = self.words.first()?.load(Ordering::Acquire);
        (version % 2 == 1).then_some(version)
    }

    #[inline]
    fn code_places(&self) -> &'a [AtomicU32] {
        self.words.get(1..=self.shape.open).unwrap_or_default()
    }

    #[inline]
    pub(super) fn codes(&self) -> Codes<'a> {
        Codes(self.code_places().iter())
    }

    /// A child's generation and its place; 0 if there is no such child.
    #[inline]
    pub(super) fn child(&self, closed: u32) -> (Place, Generation) {
        let distance = 1 + self.shape.open + closed as usize;
        let generation = self.words.get(distance).map_or(0, |word| word.load(Ordering::Acquire));
        ((self.start + distance) as Place, generation)
    }

    /// Whether it still is in this life, and so was at every load before this call.
    #[inline]
    pub(super) fn is_still(&self, version: Version) -> bool {
        // If a load before saw anything of a later writer, this fence makes the version that the
        // writer set before visible to the load behind it.
        fence(Ordering::Acquire);
        self.words.first().is_some_and(|word| word.load(Ordering::Relaxed) == version)
    }
}

pub(super) struct Records {
    words: Box<[AtomicU32]>,
    shape: BlockShape,
    /// Living children that count towards the limit.
    living: AtomicU32,
}

impl Records {
    /// The most blocks whose children have a place each.
    pub(super) const fn most(shape: BlockShape) -> usize {
        Place::MAX as usize / shape.words()
    }

    pub(super) fn new(blocks: usize, shape: BlockShape) -> Option<Self> {
        let words = zeroed(blocks.checked_mul(shape.words())?)?;
        Some(Self { words, ..Self::none(shape) })
    }

    /// Records of no block.
    pub(super) fn none(shape: BlockShape) -> Self {
        Self { words: Box::default(), shape, living: AtomicU32::new(0) }
    }

    /// A block's record, for whoever knows the shape of the family's blocks at compile time.
    #[inline]
    pub(super) fn shaped(&self, block: u32, shape: BlockShape) -> Option<Record<'_>> {
        let start = block as usize * shape.words();
        let words = self.words.get(start..start + shape.words())?;
        Some(Record { words, start, shape })
    }

    #[inline]
    pub(super) fn record(&self, block: u32) -> Option<Record<'_>> {
        self.shaped(block, self.shape)
    }

    /// Reads a living record's codes with `read`, which may see a mixture of two lives; its result
    /// counts only if no writer came between.
    #[inline]
    pub(super) fn read<R>(
        &self,
        block: u32,
        read: impl FnOnce(Codes<'_>) -> R,
    ) -> Option<(Version, R)> {
        let record = self.record(block)?;
        let version = record.living()?;
        let result = read(record.codes());
        record.is_still(version).then_some((version, result))
    }

    /// The codes as they stand. Only under the writer's lock.
    pub(super) fn codes(&self, block: u32) -> Codes<'_> {
        self.record(block).map_or(Codes([].iter()), |record| record.codes())
    }

    /// Ends a record's life. Only under the writer's lock, before anything it names is re-used.
    pub(super) fn end(&self, block: u32) {
        if let Some(version) = self.record(block).and_then(|record| record.words.first()) {
            version.fetch_and(!1, Ordering::Relaxed);
            // Whatever is written after this is seen only together with the even version.
            fence(Ordering::Release);
        }
    }

    /// Begins a record's next life. Only under the writer's lock, after `end` or at first use.
    pub(super) fn begin(&self, block: u32, next: Version, codes: &[Code]) {
        let Some(record) = self.record(block) else { return };
        for (place, code) in record.code_places().iter().zip(codes) {
            place.store(*code, Ordering::Relaxed);
        }
        if let Some(version) = record.words.first() {
            version.store(next, Ordering::Release);
        }
    }

    /// Whether the child at a place lives in this generation.
    #[inline]
    pub(super) fn is(&self, place: Place, generation: Generation) -> bool {
        let word = self.words.get(place as usize);
        word.is_some_and(|word| word.load(Ordering::Acquire) == generation)
    }

    /// Gives a child life. Only under the writer's lock, when its cells read as zero.
    pub(super) fn begin_child(&self, place: Place, counts: bool) {
        self.step(place, 0, u32::from(counts));
    }

    /// Ends a child's life; `false` if it did not live. Only under the writer's lock.
    pub(super) fn end_child(&self, place: Place, counts: bool) -> bool {
        self.step(place, 1, u32::from(counts).wrapping_neg())
    }

    /// Moves a generation on if its parity is as expected.
    fn step(&self, place: Place, parity: u32, change: u32) -> bool {
        let Some(word) = self.words.get(place as usize) else { return false };
        let generation = word.load(Ordering::Relaxed);
        if generation % 2 != parity {
            return false;
        }
        word.store(generation.wrapping_add(1), Ordering::Release);
        let living = self.living.load(Ordering::Relaxed).wrapping_add(change);
        self.living.store(living, Ordering::Relaxed);
        true
    }

    /// How many living children count towards the limit.
    pub(super) fn living(&self) -> u32 {
        self.living.load(Ordering::Relaxed)
    }
}
