//! How a thread's cells lie in memory: chunks of series, and the directories that find them.
//!
//! Not here: what is written there (`cells.rs`). Invariant: whatever begins with an owner keeps it
//! for good.

use std::ptr;

use super::{
    cells::Share,
    memory::{keep, zeros},
    shape::Shape,
    sync::{AtomicPtr, AtomicU32, AtomicU64, Ordering},
};

/// The cells of some series, after their stamps, after the share that they belong to.
#[derive(Clone, Copy)]
pub(super) struct Chunk(pub(super) *const AtomicPtr<Share>);

/// Memory for a chunk that belongs to nobody yet.
#[cfg(not(loom))]
pub(super) type Unowned = Box<[AtomicU64]>;

#[cfg(not(loom))]
impl Chunk {
    /// Words of 8 bytes before the stamps, on any target.
    const HEAD: usize = 1;

    /// Words before the cells.
    #[cfg_attr(not(debug_assertions), inline(always))]
    const fn before_cells(shape: &Shape) -> usize {
        let stamps = if shape.is_stamped() { shape.chunk() as usize } else { 0 };
        Self::HEAD + stamps.div_ceil(2)
    }

    /// A chunk of zeros; `None` without memory.
    pub(super) fn zeros(shape: &Shape) -> Option<Unowned> {
        let cells = (shape.chunk() as usize).checked_mul(shape.layout.cells() as usize)?;
        zeros(cells.checked_add(Self::before_cells(shape))?)
    }

    fn kept(memory: Unowned) -> Self {
        Self(keep(memory).cast())
    }

    /// The stamp of a series.
    ///
    /// # Safety
    /// The chunk must be of a stamped shape and have so many series.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) unsafe fn stamp(self, series: u32) -> &'static AtomicU32 {
        // SAFETY: the caller's promise; chunks are kept for good.
        unsafe {
            let stamps = self.0.cast::<AtomicU64>().add(Self::HEAD).cast::<AtomicU32>();
            &*stamps.add(series as usize)
        }
    }

    /// The cells of a series.
    ///
    /// # Safety
    /// The chunk must be of this shape and have so many series.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) unsafe fn cells(self, series: u32, shape: &Shape) -> *const AtomicU64 {
        let place = series as usize * shape.layout.cells() as usize;
        // SAFETY: the caller's promise.
        unsafe { self.0.cast::<AtomicU64>().add(Self::before_cells(shape) + place) }
    }
}

/// Loom's atomics are no plain words: there the parts of a chunk are apart.
#[cfg(loom)]
pub(super) type Unowned = Box<Parts>;

#[cfg(loom)]
#[repr(C)]
pub(super) struct Parts {
    owner: AtomicPtr<Share>,
    stamps: Box<[AtomicU32]>,
    cells: Box<[AtomicU64]>,
}

#[cfg(loom)]
impl Chunk {
    pub(super) fn zeros(shape: &Shape) -> Option<Unowned> {
        let cells = shape.chunk() as usize * shape.layout.cells() as usize;
        let (stamps, cells) = (zeros(shape.chunk() as usize)?, zeros(cells)?);
        Some(Box::new(Parts { owner: AtomicPtr::new(ptr::null_mut()), stamps, cells }))
    }

    fn kept(memory: Unowned) -> Self {
        Self(Box::into_raw(memory).cast())
    }

    pub(super) unsafe fn stamp(self, series: u32) -> &'static AtomicU32 {
        // SAFETY: a chunk points to its parts, which are kept for good.
        unsafe { &(&(*self.0.cast::<Parts>()).stamps)[series as usize] }
    }

    pub(super) unsafe fn cells(self, series: u32, shape: &Shape) -> *const AtomicU64 {
        let place = series as usize * shape.layout.cells() as usize;
        // SAFETY: as above.
        unsafe { (&raw const (*self.0.cast::<Parts>()).cells).cast::<Box<[AtomicU64]>>().as_ref() }
            .map_or(ptr::null(), |cells| &raw const cells[place])
    }
}

impl Chunk {
    /// Makes memory a chunk of a share.
    pub(super) fn new(memory: Unowned, owner: &'static Share) -> Self {
        let chunk = Self::kept(memory);
        // SAFETY: a chunk begins with its owner.
        unsafe { &*chunk.0 }.store(ptr::from_ref(owner).cast_mut(), Ordering::Relaxed);
        chunk
    }
}

/// The share that it belongs to; how many things it finds, as an address; the directory that it has
/// replaced, so that this is not taken for lost; and those things.
#[derive(Clone, Copy)]
pub(super) struct Directory(*const AtomicPtr<()>);

const HEAD: usize = 3;

/// Memory for a directory that belongs to nobody yet.
pub(super) type UnownedDirectory = Box<[AtomicPtr<()>]>;

impl Directory {
    /// A directory with room for so many things; `None` without memory.
    pub(super) fn zeros(len: usize) -> Option<UnownedDirectory> {
        let words: UnownedDirectory = zeros(HEAD + len)?;
        words[1].store(ptr::without_provenance_mut(len), Ordering::Relaxed);
        Some(words)
    }

    /// Makes memory a directory of a share.
    pub(super) fn new(memory: UnownedDirectory, owner: &'static Share) -> Self {
        let directory = Self(keep(memory));
        directory.word(0).store(ptr::from_ref(owner).cast_mut().cast(), Ordering::Relaxed);
        directory
    }

    /// # Safety
    /// It must point to a directory.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) unsafe fn from_raw(directory: *const ()) -> Self {
        Self(directory.cast())
    }

    pub(super) fn as_raw(self) -> *const () {
        self.0.cast()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn word(self, word: usize) -> &'static AtomicPtr<()> {
        // SAFETY: callers name the head or a thing below the length; directories are kept for good.
        unsafe { &*self.0.add(word) }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn len(self) -> usize {
        self.word(1).load(Ordering::Relaxed).addr()
    }

    /// A thing; `None` if there is none.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn get(self, place: usize) -> Option<*const ()> {
        if place >= self.len() {
            return None;
        }
        let thing = self.word(HEAD + place).load(Ordering::Acquire);
        (!thing.is_null()).then_some(thing.cast_const())
    }

    /// Puts a thing in a place that there is.
    pub(super) fn set(self, place: usize, thing: *const ()) {
        self.word(HEAD + place).store(thing.cast_mut(), Ordering::Release);
    }

    /// A longer directory of the same things.
    pub(super) fn grown(self, len: usize, owner: &'static Share) -> Option<Self> {
        let new = Self::new(Self::zeros(len)?, owner);
        new.word(2).store(self.0.cast_mut().cast(), Ordering::Relaxed);
        for place in 0..self.len() {
            if let Some(thing) = self.get(place) {
                new.set(place, thing);
            }
        }
        Some(new)
    }
}

/// A directory of nothing, which belongs to nobody: where each thread begins.
#[cfg(not(loom))]
static EMPTY: [AtomicPtr<()>; HEAD] = [const { AtomicPtr::new(ptr::null_mut()) }; HEAD];

#[cfg(not(loom))]
pub(super) const fn empty() -> *const () {
    (&raw const EMPTY).cast()
}

#[cfg(loom)]
pub(super) fn empty() -> *const () {
    keep(zeros::<AtomicPtr<()>>(HEAD).unwrap_or_default()).cast()
}

/// The share that a chunk or a directory belongs to.
///
/// # Safety
/// It must point to one of them.
pub(super) unsafe fn owner(cells: *const ()) -> Option<&'static Share> {
    // SAFETY: both begin with a pointer to their share, which is kept for good.
    unsafe { (*cells.cast::<AtomicPtr<Share>>()).load(Ordering::Relaxed).as_ref() }
}
