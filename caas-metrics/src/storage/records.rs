//! Records: for each block of a family its codes, when it was born, and its series' lives.
//!
//! Not here: which block a key has (`table.rs`), what the codes mean (`texts.rs`) and the values
//! (`cells.rs`). Invariant: whatever is read of a living series between two loads of its life
//! belongs to that life if both find the same (a sequence lock for each series, with many readers
//! and, under the family's lock, one writer).
//!
//! A series' life is odd while it lives and never comes back: it grows with each birth, removal and
//! reset, and before it could wrap, its block is given up for good.

use std::ops::Range;

use super::{
    memory::Pages,
    shape::Shape,
    sync::{AtomicU32, Ordering, constant, fence},
    texts::Code,
};

/// A life of a series; odd means living.
pub(crate) type Life = u32;

#[inline]
pub(super) fn is_living(life: Life) -> bool {
    life % 2 == 1
}

/// The life of a series that was never born. No stamp equals it, since stamps begin at 0.
pub(super) const UNBORN: Life = 2;

/// A block whose series have this life is not born again.
pub(super) const LAST_LIFE: Life = if cfg!(loom) { 9 } else { u32::MAX - 4 };

/// The record of a block: its codes, how many scrapes had begun when it was born, the life that its
/// series were born with, and for each series its life and the second in which that began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    words: &'a [AtomicU32],
    key: usize,
}

impl<'a> Record<'a> {
    /// The code of a label of the key. With acquire, as it may name a text in a new page.
    #[inline]
    pub(super) fn code(self, label: usize) -> Code {
        self.words[label].load(Ordering::Acquire)
    }

    pub(super) fn codes(self) -> impl Iterator<Item = Code> + use<'a> {
        self.words[..self.key].iter().map(|code| code.load(Ordering::Acquire))
    }

    /// How many scrapes had begun when the block was born.
    pub(super) fn birth(self) -> u32 {
        self.words[self.key].load(Ordering::Relaxed)
    }

    /// The life that the block's series were born with.
    pub(super) fn born(self) -> Life {
        self.words[self.key + 1].load(Ordering::Relaxed)
    }

    /// Where the life of a series is.
    #[inline]
    fn life_word(self, series: u32) -> &'a AtomicU32 {
        &self.words[self.key + 2 + 2 * series as usize]
    }

    fn start_word(self, series: u32) -> &'a AtomicU32 {
        &self.words[self.key + 3 + 2 * series as usize]
    }

    #[inline]
    pub(super) fn life(self, series: u32) -> Life {
        self.life_word(series).load(Ordering::Acquire)
    }

    /// Whether a series still has this life, and therefore had it during every load before this
    /// call.
    #[inline]
    pub(super) fn is_still(self, series: u32, life: Life) -> bool {
        // If a load before saw anything of a later life, this fence makes the word that ended the
        // one before visible to the load below.
        fence(Ordering::Acquire);
        self.life_word(series).load(Ordering::Relaxed) == life
    }

    pub(super) fn start(self, series: u32) -> u32 {
        self.start_word(series).load(Ordering::Relaxed)
    }

    /// The series of the block.
    pub(super) fn series(self) -> Range<u32> {
        0..(self.words.len() - self.key - 2) as u32 / 2
    }
}

/// The writer's side. Only under the family's lock.
impl Record<'_> {
    /// Begins a series' next life, in this second.
    pub(super) fn begin(self, series: u32, life: Life, second: u32) {
        let start = self.start_word(series);
        // After a reset a reader may see the old start for a moment, but never a start that is
        // later than the values that it reads.
        let lives_on = is_living(self.life_word(series).load(Ordering::Relaxed));
        if !lives_on {
            start.store(second, Ordering::Relaxed);
        }
        self.life_word(series).store(life, Ordering::Release);
        if lives_on {
            start.store(second, Ordering::Release);
        }
    }

    /// Ends a series' life, so that its record can be overwritten.
    pub(super) fn end(self, series: u32) {
        let life = self.life_word(series).load(Ordering::Relaxed);
        self.life_word(series).fetch_add(life % 2, Ordering::Relaxed);
        // Who sees anything written after this also sees the even life.
        fence(Ordering::Release);
    }

    pub(super) fn set_code(self, label: usize, code: Code) {
        self.words[label].store(code, Ordering::Release);
    }

    pub(super) fn set_birth(self, scrapes: u32, born: Life) {
        self.words[self.key].store(scrapes, Ordering::Relaxed);
        self.words[self.key + 1].store(born, Ordering::Relaxed);
    }

    /// The next free block, while this one is free.
    pub(super) fn set_next(self, block: u32) {
        self.words[self.key].store(block, Ordering::Relaxed);
    }

    pub(super) fn next(self) -> u32 {
        self.birth()
    }
}

pub(super) struct Records {
    pages: Pages<AtomicU32>,
}

impl Records {
    constant! {
        pub(super) fn new() -> Self {
            Self { pages: Pages::new() }
        }
    }

    /// How many records there is room for.
    #[inline]
    pub(super) fn len(&self, shape: &Shape) -> u32 {
        self.pages.pages().saturating_mul(shape.records())
    }

    /// Makes room for more records; `false` without memory. Only under the writer's lock.
    pub(super) fn grow(&self, shape: &Shape) -> bool {
        self.pages.grow(shape.records() as usize * shape.record())
    }

    /// The record of a block.
    ///
    /// # Safety
    /// The record must exist, and the caller must know so by an acquire load.
    #[inline]
    pub(super) unsafe fn record(&self, block: u32, shape: &Shape) -> Record<'static> {
        let (page, place) = shape.in_page(block);
        // SAFETY: the caller's promise.
        let page = unsafe { self.pages.page(page) };
        // SAFETY: the record is within the page, which is kept for good.
        let words =
            unsafe { std::slice::from_raw_parts(page.add(place * shape.record()), shape.record()) };
        Record { words, key: shape.key as usize }
    }

    /// The records of consecutive blocks, each with its block, page by page.
    ///
    /// # Safety
    /// They must exist, and the caller must know so by an acquire load.
    pub(super) unsafe fn pages(
        &self,
        mut blocks: Range<u32>,
        shape: &Shape,
    ) -> impl Iterator<Item = impl Iterator<Item = (u32, Record<'static>)>> {
        let shape = *shape;
        let (words, key) = (shape.record(), shape.key as usize);
        std::iter::from_fn(move || {
            let block = blocks.start;
            let (page, place) = shape.in_page(block);
            let len = (shape.records() - place as u32).min(blocks.len() as u32);
            blocks.start += len;
            // SAFETY: the caller's promise; the page has at least `len` records and is kept for
            // good.
            let page = (len > 0).then(|| unsafe {
                let first = self.pages.page(page).add(place * words);
                std::slice::from_raw_parts(first, len as usize * words)
            })?;
            let records = page.chunks_exact(words).map(move |words| Record { words, key });
            Some((block..).zip(records))
        })
    }

    /// The record of a block, if it exists.
    #[inline]
    pub(super) fn get(&self, block: u32, shape: &Shape) -> Option<Record<'static>> {
        // SAFETY: the length is loaded with acquire.
        (block < self.len(shape)).then(|| unsafe { self.record(block, shape) })
    }
}
