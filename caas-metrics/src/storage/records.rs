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

pub(super) struct Records {
    /// `[version, code, code, …]` per block.
    words: Box<[AtomicU32]>,
    codes: usize,
}

impl Records {
    pub(super) fn new(blocks: usize, codes: usize) -> Option<Self> {
        Some(Self { words: zeroed(blocks.checked_mul(1 + codes)?)?, codes })
    }

    fn record(&self, block: u32) -> Option<(&AtomicU32, &[AtomicU32])> {
        let start = block as usize * (1 + self.codes);
        self.words.get(start..start + 1 + self.codes)?.split_first()
    }

    /// Reads a living record's codes with `read`, which may see a mixture of two lives; its result
    /// counts only if no writer came between.
    #[inline]
    pub(super) fn read<R>(
        &self,
        block: u32,
        read: impl FnOnce(Codes<'_>) -> R,
    ) -> Option<(Version, R)> {
        let (version, codes) = self.record(block)?;
        let before = version.load(Ordering::Acquire);
        if before.is_multiple_of(2) {
            return None;
        }
        let result = read(Codes(codes.iter()));
        // If `read` saw anything of a later writer, this fence makes the version that the writer
        // set before visible to the load behind it.
        fence(Ordering::Acquire);
        (version.load(Ordering::Relaxed) == before).then_some((before, result))
    }

    /// Whether a block still is in this life, and so was at every load before this call.
    pub(super) fn is_still(&self, block: u32, version: Version) -> bool {
        fence(Ordering::Acquire);
        self.record(block).is_some_and(|(place, _)| place.load(Ordering::Relaxed) == version)
    }

    /// The codes as they stand. Only under the writer's lock.
    pub(super) fn codes(&self, block: u32) -> Codes<'_> {
        Codes(self.record(block).map_or(&[][..], |(_, codes)| codes).iter())
    }

    /// Ends a record's life. Only under the writer's lock, before anything it names is re-used.
    pub(super) fn end(&self, block: u32) {
        if let Some((version, _)) = self.record(block) {
            version.fetch_and(!1, Ordering::Relaxed);
            // Whatever is written after this is seen only together with the even version.
            fence(Ordering::Release);
        }
    }

    /// Begins a record's next life. Only under the writer's lock, after `end` or at first use.
    pub(super) fn begin(&self, block: u32, next: Version, codes: &[Code]) {
        let Some((version, places)) = self.record(block) else { return };
        for (place, code) in places.iter().zip(codes) {
            place.store(*code, Ordering::Relaxed);
        }
        version.store(next, Ordering::Release);
    }
}
