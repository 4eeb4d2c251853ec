//! The storage of a family, and how threads and scrapes get at its parts.
//!
//! Not here: what an update does (`update.rs`), how series live and die (`lives.rs`), what a scrape
//! reads (`scan.rs`). Invariants: what begins or ends a life holds the lock; no code of a user runs
//! under it.

use std::ptr;

#[cfg(feature = "testing")]
use super::sync::StaticU64;
use super::{
    cells::{AnyCells, Share, Words},
    flag::Tally,
    heap::Free,
    memory::Pages,
    records::Records,
    shape::Shape,
    shared::{SharedCell, StaticCell},
    sync::{
        AtomicPtr, AtomicU32, AtomicU64, Mutex, MutexGuard, Ordering, constant, fence, unpoisoned,
    },
    table::Table,
    texts::Kept,
    thread::{Busy, is_busy, wait, while_locked},
    update::At,
};
use crate::clock;

/// The storage of a family.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "it is in a static that nobody can name")]
pub struct Index {
    pub(super) shape: Shape,
    /// From the hash of a key to its block.
    pub(super) table: Table,
    pub(super) records: Records,
    pub(super) texts: Kept,
    /// The shares of all threads.
    pub(super) shares: AtomicPtr<Share>,
    /// The cells of series that can be set.
    pub(super) shared: Pages<AtomicU64>,
    /// The same of a family that is one series.
    single: StaticCell,
    /// Where cells have no stamps: what each series held when it was last reset.
    pub(super) baselines: AtomicPtr<AtomicU64>,
    /// How many blocks there have been.
    pub(super) blocks: AtomicU32,
    /// Series that count towards the limit.
    pub(super) living: AtomicU32,
    /// How many scrapes have begun.
    pub(super) scrapes: AtomicU32,
    /// Not zero if a living series has been reset: then a handle may be of an earlier life of it.
    pub(super) resets: AtomicU32,
    /// The series that is being reset, plus one, if its cells do not say for which life they count.
    pub(super) resetting: AtomicU32,
    pub(super) overflows: Tally,
    pub(super) lost: Tally,
    writer: Mutex<Writer>,
    /// The isolation whose values these are; 0 for those of the program.
    #[cfg(feature = "testing")]
    pub(super) world: StaticU64,
}

/// What only the holder of the lock reads and writes.
pub(super) struct Writer {
    pub(super) texts: Free,
    /// The first of the free blocks, plus one; their records link them.
    pub(super) free: u32,
    /// The same for the blocks that some thread may be about to write to.
    pub(super) unchecked: u32,
    idle: Option<&'static Share>,
    /// The share for threads that can have none of their own, one thread at a time.
    common: Option<&'static Share>,
}

/// The lock of a family, held.
pub(super) struct Held<'i> {
    // Fields are dropped in this order: the lock is released while the thread is still busy.
    pub(super) writer: MutexGuard<'i, Writer>,
    _busy: Busy,
}

impl Index {
    constant! {
        pub(crate) fn new(shape: Shape) -> Self {
            let writer =
                Writer { texts: Free::new(), free: 0, unchecked: 0, idle: None, common: None };
            Self {
                shape,
                table: Table::new(),
                records: Records::new(),
                texts: Kept::new(),
                shares: AtomicPtr::new(ptr::null_mut()),
                shared: Pages::new(),
                single: StaticCell::new(),
                baselines: AtomicPtr::new(ptr::null_mut()),
                blocks: AtomicU32::new(0),
                living: AtomicU32::new(0),
                scrapes: AtomicU32::new(0),
                resets: AtomicU32::new(0),
                resetting: AtomicU32::new(0),
                overflows: Tally::new(),
                lost: Tally::new(),
                writer: Mutex::new(writer),
                #[cfg(feature = "testing")]
                world: StaticU64::new(0),
            }
        }
    }

    /// Updates of series that are above the limit.
    pub(crate) fn overflows(&self) -> u64 {
        self.overflows.get()
    }

    /// Updates that were lost for want of memory.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.get()
    }

    /// Counts an update that was lost.
    pub(crate) fn lose(&self) {
        self.lost.add_one();
    }

    /// Counts an update if it is of a series above the limit.
    #[inline]
    pub(super) fn count_overflow(&self, at: At) {
        if at.is_overflow() {
            self.overflows.add_one();
        }
    }

    /// Takes the lock; `None` if this thread is busy, since it may hold the lock already.
    pub(super) fn lock(&self) -> Option<Held<'_>> {
        let busy = Busy::begin()?;
        Some(Held { writer: self.lock_busy(&busy), _busy: busy })
    }

    /// The same for a thread that is busy, but holds no lock.
    pub(super) fn lock_busy(&self, _: &Busy) -> MutexGuard<'_, Writer> {
        // What the lock guards is consistent after every statement, even if one panics.
        unpoisoned(self.writer.lock())
    }

    /// Of a series without a life: whether it has been removed. If not, memory was missing.
    fn is_removed(&self, at: At) -> bool {
        (!self.shape.is_closed() || at.hold_life().is_some()) && at != At::NOWHERE
    }

    /// The block of a series, and its place there.
    #[inline]
    pub(super) fn place(&self, series: u32) -> (u32, u32) {
        match self.shape.block {
            // The usual size. A division would take longer than all that is done with the place.
            1 => (series, 0),
            block => (series / block, series % block),
        }
    }
}

/// Shares.
impl Index {
    /// A share for a thread: an idle one, or a new one; `None` without memory.
    pub(super) fn take_share(&'static self, words: Words, busy: &Busy) -> Option<&'static Share> {
        let mut writer = self.lock_busy(busy);
        match writer.idle {
            Some(share) => {
                writer.idle = share.linked();
                Some(share)
            }
            None => self.new_share(words),
        }
    }

    /// Only under the lock.
    fn new_share(&'static self, words: Words) -> Option<&'static Share> {
        // All that is counted is in a share.
        clock::begin();
        let share = Share::new(self, words)?;
        share.stand_before(self.shares.load(Ordering::Relaxed));
        self.shares.store(ptr::from_ref(share).cast_mut(), Ordering::Release);
        Some(share)
    }

    /// Takes back the share of a thread that ends, values kept. The lock is what orders the last
    /// writes of that thread before the first ones of the next.
    pub(super) fn give_share(&self, share: &'static Share) {
        let Some(mut held) = self.lock() else { return };
        share.link(held.writer.idle);
        held.writer.idle = Some(share);
    }

    /// Does an update for which this thread has no cells. If the thread is busy, the update waits;
    /// otherwise it is done under the lock. Without memory it is counted as lost.
    #[cold]
    #[inline(never)]
    pub(super) fn update_elsewhere(
        &'static self,
        words: Words,
        at: At,
        update: &dyn Fn(&AnyCells),
    ) {
        // A handle of a series that is gone need not wait for the lock.
        if self.is_removed(at) && self.living(at).is_none() {
            return;
        }
        let Some(mut held) = self.lock() else {
            if !is_busy() || !wait(self, words, at, update) {
                self.lose();
            }
            return;
        };
        let (series, life) = (at.series(), self.life(at, &mut held.writer));
        if life.is_none() && self.is_removed(at) {
            return;
        }
        if held.writer.common.is_none() {
            held.writer.common = self.new_share(words);
        }
        let common = held.writer.common;
        match life.and_then(|life| common?.enter(series, life)) {
            Some(cells) => {
                while_locked(|| update(&cells));
                self.count_overflow(at);
            }
            None => self.lose(),
        }
    }
}

/// Shared cells.
impl Index {
    /// The cell of a series that can be set; `None` if there is none yet.
    #[inline]
    pub(super) fn shared_cell(&self, series: u32, shape: &Shape) -> Option<SharedCell<'_>> {
        if shape.is_closed() && shape.block == 1 {
            return self.single.cell();
        }
        let (page, place) = (series / shape.shared_cells(), series % shape.shared_cells());
        if page >= self.shared.pages() {
            return None;
        }
        // SAFETY: the number of pages is loaded with acquire, and the place is within a page.
        Some(SharedCell(unsafe { &*self.shared.page(page as usize).add(place as usize) }))
    }

    /// The same for a family whose series have shared cells; `None` for others.
    pub(super) fn own_shared_cell(&self, series: u32) -> Option<SharedCell<'_>> {
        if self.shape.shared { self.shared_cell(series, &self.shape) } else { None }
    }

    /// Makes sure that the series up to this one have shared cells; `false` without memory. Only
    /// under the lock.
    pub(super) fn grow_shared(&self, series: u32) -> bool {
        let shape = &self.shape;
        let len = shape.shared_cells();
        let is_there = shape.block == 1 && shape.is_closed() || series / len < self.shared.pages();
        is_there || self.shared.grow(len as usize)
    }

    /// Updates the shared cell of a series that can be removed, unless it has been.
    ///
    /// The thread first writes down where it is about to write, and then looks whether the series
    /// lives. To give the cell to another series, one first ends this life, and then looks what
    /// threads wrote.
    pub(super) fn write(&self, share: &Share, at: At, update: impl FnOnce(SharedCell<'_>)) {
        let (block, place) = self.place(at.series());
        let Some(record) = self.records.get(block, &self.shape) else { return };
        share.writes_to.store(block + 1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let cell = self.shared_cell(at.series(), &self.shape);
        let lives = record.life(place) == at.life() || self.up_to_date(at).is_some();
        if let (true, Some(cell)) = (lives, cell) {
            update(cell);
            self.count_overflow(at);
        }
        share.writes_to.store(0, Ordering::Release);
    }

    /// The same under the lock, for a thread that can have no share; without memory the update is
    /// counted as lost.
    #[cold]
    pub(super) fn write_locked(&self, at: At, update: &dyn Fn(SharedCell<'_>)) {
        let Some(mut held) = self.lock() else { return self.lose() };
        let life = self.life(at, &mut held.writer);
        let cell = self.shared_cell(at.series(), &self.shape);
        match (life, cell) {
            (Some(_), Some(cell)) => {
                update(cell);
                self.count_overflow(at);
            }
            (None, _) if self.is_removed(at) => {}
            _ => self.lose(),
        }
    }
}
