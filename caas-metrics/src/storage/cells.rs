//! Cells: where a thread counts. Only it writes there, with a plain load and store; readers sum
//! over all threads.
//!
//! Not here: which series lives (`records.rs`), how cells lie in memory (`chunk.rs`), and cells
//! that all threads share (`shared.rs`). Invariants: at every moment at most one thread writes to a
//! share; a cell counts for the life that its stamp says, so an update never lands in another life,
//! however long its thread was suspended.
//!
//! A thread's *share* of a family outlives the thread: the next one takes it over with all values,
//! so sums never go back.

use std::{
    cell::Cell,
    marker::PhantomData,
    ptr::{self, NonNull},
};

use super::{
    chunk::{Chunk, Directory, empty, owner},
    index::Index,
    memory::kept,
    records::Life,
    shape::{Layout, Shape},
    sync::{AtomicPtr, AtomicU32, AtomicU64, LocalKey, Ordering, constant, fence},
    update::Home,
};

/// A thread's pointer to its cells of a family. If the family is in one piece, it points to the
/// chunk and is null at first. Otherwise it points to the directory, at first to the empty one.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub type Word = Cell<*const ()>;

/// The thread-local that holds a family's words.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub type Words = &'static LocalKey<Word>;

constant! {
    /// The word of a thread that has not updated the family yet.
    pub(crate) fn nowhere(shape: &Shape) -> *const () {
        if shape.is_piece() { ptr::null() } else { empty() }
    }
}

/// A family's cells for one thread at a time.
pub(super) struct Share {
    index: &'static Index,
    words: Words,
    /// The value of the thread's word.
    cells: AtomicPtr<()>,
    /// Directories of the chunks that are far from the first ones.
    far: AtomicPtr<()>,
    /// The family's next share; set before the family's list has this one.
    next: AtomicPtr<Share>,
    /// The family's next idle share; while a thread holds this one, the next share of that thread.
    link: AtomicPtr<Share>,
    /// The block whose shared cells this thread is about to write to, plus one.
    pub(super) writes_to: AtomicU32,
}

/// How many chunks the first directory finds. The others take a second directory.
const NEAR: usize = if cfg!(loom) { 2 } else { 64 };

/// How many chunks or directories a share's first directory has room for.
const FIRST: usize = if cfg!(loom) { 1 } else { 4 };

/// One thread's cells of one series, with the layout of the family.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnyCells {
    first: NonNull<AtomicU64>,
    pub(super) layout: Layout,
}

impl AnyCells {
    /// # Safety
    /// It must point to cells with this layout that are kept for good, and only the one thread that may
    /// write to them uses `put` and `add`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) unsafe fn new(first: *const AtomicU64, layout: Layout) -> Option<Self> {
        NonNull::new(first.cast_mut()).map(|first| Self { first, layout })
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn cell(&self, cell: u32) -> &AtomicU64 {
        let cell = cell.min(self.layout.cells().saturating_sub(1));
        // SAFETY: the number is below that of the layout's cells.
        unsafe { self.first.add(cell as usize).as_ref() }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn get(&self, cell: u32) -> u64 {
        self.cell(cell).load(if self.layout.paired { Ordering::Acquire } else { Ordering::Relaxed })
    }

    /// A reader that sees what went down also sees what went up before it, on any thread.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn put(&self, cell: u32, bits: u64) {
        let order = if self.layout.paired { Ordering::Release } else { Ordering::Relaxed };
        self.cell(cell).store(bits, order);
    }

    /// Adds to a cell, whatever it holds.
    pub(super) fn add(&self, cell: u32, value: u64) {
        self.put(cell, self.layout.plus(cell, self.get(cell), value));
    }
}

/// This thread's cells of a series of the family `F`.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Cells<F> {
    first: NonNull<AtomicU64>,
    family: PhantomData<fn() -> F>,
}

impl<F: Home> Cells<F> {
    /// Cells of that family.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn of(cells: AnyCells) -> Self {
        Self { first: cells.first, family: PhantomData }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn any(&self) -> AnyCells {
        AnyCells { first: self.first, layout: F::SHAPE.layout }
    }

    /// What a cell holds.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn get(&self, cell: u32) -> u64 {
        self.any().get(cell)
    }

    /// Sets a cell. No other thread writes here, so an addition is a load and a store.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn put(&self, cell: u32, bits: u64) {
        self.any().put(cell, bits);
    }
}

/// A thread's cells of a series in this life, if it has updated that before.
///
/// # Safety
/// The word must be that of a family with this shape, and the family must have this series.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) unsafe fn near(
    word: *const (),
    shape: &Shape,
    series: u32,
    life: impl FnOnce() -> Life,
) -> Option<AnyCells> {
    let (number, place) = shape.in_chunk(series);
    let chunk = if shape.is_piece() {
        if word.is_null() {
            return None;
        }
        Chunk(word.cast())
    } else {
        // SAFETY: the word of such a shape is a directory.
        let directory = unsafe { Directory::from_raw(word) };
        match directory.get(number) {
            Some(chunk) => Chunk(chunk.cast()),
            // SAFETY: as above.
            None => unsafe { far(word, number) }?,
        }
    };
    // SAFETY: the chunk is of this shape, and its cells are written to by this thread only.
    unsafe {
        if shape.is_stamped() && chunk.stamp(place).load(Ordering::Relaxed) != life() {
            return None;
        }
        AnyCells::new(chunk.cells(place, shape), shape.layout)
    }
}

/// A chunk that the first directory does not find, if it is there.
///
/// # Safety
/// The word must be a directory.
#[inline(never)]
unsafe fn far(word: *const (), number: usize) -> Option<Chunk> {
    if number < NEAR {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { owner(word) }?.find(number)
}

impl Share {
    /// A share with room for its first cells. The family's list does not have it yet.
    pub(super) fn new(index: &'static Index, words: Words) -> Option<&'static Self> {
        let make = || {
            let (cells, far) = (ptr::null_mut(), AtomicPtr::new(empty().cast_mut()));
            let (next, link) = (AtomicPtr::new(ptr::null_mut()), AtomicPtr::new(ptr::null_mut()));
            let writes_to = AtomicU32::new(0);
            kept(Self { index, words, cells: AtomicPtr::new(cells), far, next, link, writes_to })
        };
        // `kept` memory is never given back, so the part that can still be dropped is allocated
        // first.
        let (share, cells) = if index.shape.is_piece() {
            let chunk = Chunk::zeros(&index.shape)?;
            let share = make()?;
            (share, Chunk::new(chunk, share).0.cast())
        } else {
            let directory = Directory::zeros(FIRST)?;
            let share = make()?;
            (share, Directory::new(directory, share).as_raw())
        };
        share.cells.store(cells.cast_mut(), Ordering::Relaxed);
        Some(share)
    }

    /// A chunk, if the share has it.
    pub(super) fn find(&self, number: usize) -> Option<Chunk> {
        let cells = self.cells.load(Ordering::Acquire).cast_const();
        if self.index.shape.is_piece() {
            return Some(Chunk(cells.cast()));
        }
        // SAFETY: of such a shape both are directories.
        let chunk = unsafe {
            if number < NEAR {
                Directory::from_raw(cells).get(number)?
            } else {
                let far = Directory::from_raw(self.far.load(Ordering::Acquire));
                Directory::from_raw(far.get(number / NEAR)?).get(number % NEAR)?
            }
        };
        Some(Chunk(chunk.cast()))
    }

    /// The same, allocated if it is missing; `None` without memory. Only for the share's thread.
    fn find_or_make(&'static self, number: usize) -> Option<Chunk> {
        if let Some(found) = self.find(number) {
            return Some(found);
        }
        let directory = if number < NEAR {
            self.grown(&self.cells, number)?
        } else {
            let far = self.grown(&self.far, number / NEAR)?;
            if let Some(directory) = far.get(number / NEAR) {
                // SAFETY: what the far directory finds are directories.
                unsafe { Directory::from_raw(directory) }
            } else {
                let directory = Directory::new(Directory::zeros(NEAR)?, self);
                far.set(number / NEAR, directory.as_raw());
                directory
            }
        };
        let chunk = Chunk::new(Chunk::zeros(&self.index.shape)?, self);
        directory.set(number % NEAR, chunk.0.cast());
        Some(chunk)
    }

    /// A directory with room for an entry at this place. One that is outgrown is kept, since a
    /// reader may be in it; each is half as long as the next.
    fn grown(&'static self, directory: &AtomicPtr<()>, place: usize) -> Option<Directory> {
        // SAFETY: the callers have directories.
        let old = unsafe { Directory::from_raw(directory.load(Ordering::Relaxed)) };
        if place < old.len() {
            return Some(old);
        }
        let new = old.grown((place + 1).next_power_of_two().max(FIRST), self)?;
        directory.store(new.as_raw().cast_mut(), Ordering::Release);
        Some(new)
    }

    /// The cells of a series in this life; `None` without memory. Only for the share's thread,
    /// after it has seen the series in this life.
    pub(super) fn enter(&'static self, series: u32, life: Life) -> Option<AnyCells> {
        let shape = &self.index.shape;
        let (number, place) = shape.in_chunk(series);
        let chunk = self.find_or_make(number)?;
        // SAFETY: the chunk is of this shape, and only this thread writes to it.
        unsafe {
            let first = chunk.cells(place, shape);
            if shape.is_stamped() && chunk.stamp(place).load(Ordering::Relaxed) != life {
                // A reader that sees a zero also sees that the life before has ended.
                fence(Ordering::Release);
                for cell in 0..shape.layout.numbers() as usize {
                    (*first.add(cell)).store(0, Ordering::Relaxed);
                }
                if let Some(cells) = AnyCells::new(first, shape.layout) {
                    cells.clear_counters();
                }
                chunk.stamp(place).store(life, Ordering::Release);
            }
            AnyCells::new(first, shape.layout)
        }
    }
}

/// The links of a share, which belong to whoever has it: its thread, or the family while it is
/// idle.
impl Share {
    pub(super) fn link(&self, next: Option<&'static Self>) {
        let next = next.map_or(ptr::null(), ptr::from_ref);
        self.link.store(next.cast_mut(), Ordering::Relaxed);
    }

    pub(super) fn linked(&self) -> Option<&'static Self> {
        // SAFETY: shares are kept for good.
        unsafe { self.link.load(Ordering::Relaxed).as_ref() }
    }

    /// Takes the share from its thread, which ends.
    pub(super) fn leave(&'static self) {
        // If a later destructor of a thread-local updates the family, it finds no cells.
        let _ = self.words.try_with(|word| word.set(nowhere(&self.index.shape)));
        self.index.give_share(self);
    }

    /// Sets the share that follows this one in the family's list. Only before the list has this
    /// one.
    pub(super) fn stand_before(&self, next: *mut Self) {
        self.next.store(next, Ordering::Relaxed);
    }

    /// The value of the thread's word.
    pub(super) fn word(&self) -> *const () {
        self.cells.load(Ordering::Relaxed)
    }
}

/// The shares of a family, from the first one on.
pub(super) fn shares(first: &AtomicPtr<Share>) -> impl Iterator<Item = &'static Share> {
    // SAFETY: shares are kept for good, and are whole before the family's list has them.
    let load = |next: &AtomicPtr<Share>| unsafe { next.load(Ordering::Acquire).as_ref() };
    std::iter::successors(load(first), move |share| load(&share.next))
}
