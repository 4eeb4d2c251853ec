//! Records: for each block its version and the codes of its open label values.
//!
//! Not here: which block a key has (`table.rs`) and what the codes mean (`text.rs`).
//! Invariant: a record is read between two equal odd versions or not at all (a sequence lock with
//! many readers and, under the index's lock, one writer).

use super::{
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

/// The codes of one record.
pub(super) struct Codes<'a>(std::slice::Iter<'a, AtomicU32>);

impl Iterator for Codes<'_> {
    type Item = Code;

    #[inline]
    fn next(&mut self) -> Option<Code> {
        self.0.next().map(|code| code.load(Ordering::Relaxed))
    }
}

/// One record. What is read of it between `living` and `is_still` may be a mixture of two lives, and
/// counts only if the latter says that no writer came between.
pub(super) struct Record<'a> {
    version: &'a AtomicU32,
    codes: &'a [AtomicU32],
}

impl<'a> Record<'a> {
    /// The version, if it lives.
    #[inline]
    pub(super) fn living(&self) -> Option<Version> {
        let version = self.version.load(Ordering::Acquire);
        (version % 2 == 1).then_some(version)
    }

    #[inline]
    pub(super) fn codes(&self) -> Codes<'a> {
        Codes(self.codes.iter())
    }

    /// Whether it still is in this life, and so was at every load before this call.
    #[inline]
    pub(super) fn is_still(&self, version: Version) -> bool {
        // If a load before saw anything of a later writer, this fence makes the version that the
        // writer set before visible to the load behind it.
        fence(Ordering::Acquire);
        self.version.load(Ordering::Relaxed) == version
    }
}

pub(super) struct Records {
    /// `[version, code, code, …]` per block.
    words: Box<[AtomicU32]>,
    codes: usize,
}

impl Records {
    pub(super) fn new(blocks: usize, codes: usize) -> Option<Self> {
        Some(Self { words: zeroed(blocks.checked_mul(1 + codes)?)?, codes })
    }

    #[inline]
    pub(super) fn record(&self, block: u32) -> Option<Record<'_>> {
        let words = self.words.get(block as usize * (1 + self.codes)..)?;
        let (version, codes) = words.split_first()?;
        Some(Record { version, codes: codes.get(..self.codes)? })
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

    /// Whether a block still is in this life, and so was at every load before this call.
    pub(super) fn is_still(&self, block: u32, version: Version) -> bool {
        self.record(block).is_some_and(|record| record.is_still(version))
    }

    /// The codes as they stand. Only under the writer's lock.
    pub(super) fn codes(&self, block: u32) -> Codes<'_> {
        Codes(self.record(block).map_or(&[][..], |record| record.codes).iter())
    }

    /// Ends a record's life. Only under the writer's lock, before anything it names is re-used.
    pub(super) fn end(&self, block: u32) {
        if let Some(Record { version, .. }) = self.record(block) {
            version.fetch_and(!1, Ordering::Relaxed);
            // Whatever is written after this is seen only together with the even version.
            fence(Ordering::Release);
        }
    }

    /// Begins a record's next life. Only under the writer's lock, after `end` or at first use.
    pub(super) fn begin(&self, block: u32, next: Version, codes: &[Code]) {
        let Some(Record { version, codes: places }) = self.record(block) else { return };
        for (place, code) in places.iter().zip(codes) {
            place.store(*code, Ordering::Relaxed);
        }
        version.store(next, Ordering::Release);
    }
}
