//! What a thread has of all families: the shares that it holds, and updates that wait.
//!
//! Not here: what a share is (`cells.rs`). Invariants: a thread that ends gives back all its
//! shares; while a thread takes memory or holds a lock of this folder, its own updates do neither.
//!
//! A global allocator may count what it does. Then taking memory for one update causes another,
//! which waits in memory that is already there until the first is done.

use std::cell::Cell;

use super::{
    cells::{AnyCells, Share, Words},
    index::Index,
    sync::{AtomicU64, Ordering, thread_locals},
    update::{At, enter},
};

/// An addition to a cell, which waits.
#[derive(Clone, Copy)]
struct Addition {
    index: &'static Index,
    words: Words,
    at: At,
    cell: u32,
    value: u64,
}

/// How many additions can wait. That is more than an allocator makes while one update takes memory,
/// because additions to the same cell are joined.
const MOST_WAITING: usize = 8;

/// The most cells of a series whose updates can wait.
const MOST_CELLS: usize = 32;

thread_locals! {
    /// The shares that the thread holds; gives them back when the thread ends.
    static HELD: Held = const { Held(Cell::new(None)) };
}

std::thread_local! {
    // These have no destructor, so they exist as long as the thread does.
    static IS_BUSY: Cell<bool> = const { Cell::new(false) };
    /// Whether the thread is busy for an update that may take memory.
    static MAY_TAKE: Cell<bool> = const { Cell::new(false) };
    /// Whether there may be something in `WAITING`.
    static ARE_WAITING: Cell<bool> = const { Cell::new(false) };
    static WAITING: [Cell<Option<Addition>>; MOST_WAITING] =
        const { [const { Cell::new(None) }; MOST_WAITING] };
}

struct Held(Cell<Option<&'static Share>>);

/// A share of a family for this thread, which has none; `None` while the thread's locals are torn
/// down, or without memory.
pub(super) fn take_share(
    index: &'static Index,
    words: Words,
    busy: &Busy,
) -> Option<&'static Share> {
    let take = |held: &Held| {
        let share = index.take_share(words, busy)?;
        share.link(held.0.get());
        held.0.set(Some(share));
        Some(share)
    };
    HELD.try_with(take).ok().flatten()
}

impl Drop for Held {
    fn drop(&mut self) {
        if cfg!(loom) && std::thread::panicking() {
            // The model has failed, and its lock is gone.
            return;
        }
        let mut next = self.0.take();
        while let Some(share) = next {
            next = share.linked();
            share.leave();
        }
    }
}

/// While it lives, its thread takes memory or holds a lock of this folder.
pub(super) struct Busy(());

impl Busy {
    /// `None` if the thread is busy already.
    #[cfg(not(loom))]
    pub(super) fn begin() -> Option<Self> {
        // It is made only for the caller that gets it, since dropping it ends the busy time.
        if IS_BUSY.replace(true) { None } else { Some(Self(())) }
    }

    /// The standard library sees all threads of a model as one, and none of them counts memory.
    #[cfg(loom)]
    pub(super) fn begin() -> Option<Self> {
        Some(Self(()))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        IS_BUSY.set(false);
        if ARE_WAITING.get() {
            make_waiting();
        }
    }
}

/// Makes all additions that wait.
#[cold]
fn make_waiting() {
    // They may make others wait.
    while ARE_WAITING.replace(false) {
        while let Some(addition) = WAITING.with(|all| all.iter().find_map(Cell::take)) {
            addition.make();
        }
    }
}

/// Makes an update for which its thread holds a lock, and is busy therefore. It may take memory all the same.
pub(super) fn while_locked(update: impl FnOnce()) {
    MAY_TAKE.set(true);
    update();
    MAY_TAKE.set(false);
}

/// Takes memory for an update; `None` if the thread takes some already: it may be in the allocator.
pub(super) fn take_memory<R>(take: impl FnOnce() -> Option<R>) -> Option<R> {
    if MAY_TAKE.replace(false) {
        let taken = take();
        MAY_TAKE.set(true);
        return taken;
    }
    let _busy = Busy::begin()?;
    take()
}

/// Whether this thread is busy.
pub(super) fn is_busy() -> bool {
    IS_BUSY.get()
}

/// Lets an update wait until this thread is no longer busy; `false` if there is no room for it.
pub(super) fn wait(
    index: &'static Index,
    words: Words,
    at: At,
    update: &dyn Fn(&AnyCells),
) -> bool {
    // The update is done to scratch cells, which then hold what it adds.
    let scratch: [_; MOST_CELLS] = std::array::from_fn(|_| AtomicU64::new(0));
    let layout = index.shape.layout;
    if layout.cells() as usize > MOST_CELLS {
        return false;
    }
    // SAFETY: the array has this many cells, nothing else refers to it, and `cells` is dropped
    // before it.
    let Some(cells) = (unsafe { AnyCells::new(scratch.as_ptr(), layout) }) else { return false };
    update(&cells);
    let added = scratch.iter().map(|cell| cell.load(Ordering::Relaxed));
    let mut added = (0..).zip(added).filter(|(_, value)| *value != 0);
    added.all(|(cell, value)| Addition { index, words, at, cell, value }.wait())
}

impl Addition {
    /// Whether both are to the same cell.
    fn joins(&self, other: &Self) -> bool {
        std::ptr::eq(self.index, other.index) && self.at == other.at && self.cell == other.cell
    }

    /// Puts it among those that wait.
    fn wait(self) -> bool {
        WAITING.with(|all| {
            for place in all {
                match place.get() {
                    None => {
                        place.set(Some(self));
                        ARE_WAITING.set(true);
                        return true;
                    }
                    Some(known) if known.joins(&self) => {
                        let layout = self.index.shape.layout;
                        let value = layout.plus(self.cell, known.value, self.value);
                        place.set(Some(Self { value, ..known }));
                        return true;
                    }
                    Some(_) => {}
                }
            }
            false
        })
    }

    fn make(self) {
        let add = |cells: &AnyCells| cells.add(self.cell, self.value);
        match enter(self.index, self.words, self.at) {
            Some(cells) => add(&cells),
            None => self.index.update_elsewhere(self.words, self.at, &add),
        }
    }
}
