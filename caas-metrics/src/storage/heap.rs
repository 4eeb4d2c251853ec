//! Room for texts: pages that are split into blocks of any length, which are joined when they are
//! free.
//!
//! Only the writer splits and joins; readers know a text by the place of its first word. Not here:
//! which texts there are (`texts.rs`). Invariant: pages are kept for good and consist of atomics,
//! so a reader with an outdated place reads a wrong text, never memory of something else.
//!
//! A block begins with a word that says how long it is; a free one also ends with such a word, so
//! that its neighbour can be joined to it.

use super::{
    memory::Pages,
    sync::{AtomicU64, Ordering, constant},
};

/// Words of a page: 4 KiB.
const WORDS: u32 = if cfg!(loom) { 8 } else { 512 };

/// The shortest block: its head, the links of a free one, and the word that ends a free one.
const LEAST: u32 = 3;

/// The most words that a block can have beside its head.
pub(super) const MOST: u32 = WORDS - 1;

/// The place of a word: its page and its place there.
pub(super) type Place = u32;

/// The words of all blocks. There is room for none at first.
pub(super) struct Heap {
    pages: Pages<AtomicU64>,
}

/// In a head: the words of the block, and whether it and the one before it are free. The other bits
/// belong to the text.
const SIZE: u64 = 0x3ff;
const IS_FREE: u64 = 1 << 10;
const FREE_BEFORE: u64 = 1 << 11;
const OURS: u64 = SIZE | IS_FREE | FREE_BEFORE;

/// The lowest of a head's bits that belong to the text.
pub(super) const THEIRS: u32 = OURS.trailing_ones();

impl Heap {
    constant! {
        pub(super) fn new() -> Self {
            Self { pages: Pages::new() }
        }
    }

    /// The head of a block and its other words: those to the end of the page.
    ///
    /// # Safety
    /// The page must exist, and the caller must know so by an acquire load.
    #[inline]
    pub(super) unsafe fn block(&self, place: Place) -> (&AtomicU64, &[AtomicU64]) {
        // SAFETY: the caller's promise.
        let page = unsafe { self.pages.page((place / WORDS) as usize) };
        let word = (place % WORDS) as usize;
        // SAFETY: the words are those from the place to the end of the page, which is kept for
        // good.
        unsafe {
            let others = std::slice::from_raw_parts(page.add(word + 1), MOST as usize - word);
            (&*page.add(word), others)
        }
    }
}

/// Free blocks by size: the first of each class, which are the sizes from a power of two to the
/// next.
pub(super) struct Free {
    firsts: [Place; CLASSES],
}

const CLASSES: usize = WORDS.ilog2() as usize + 1;

/// No block. Links are places plus one, since 0 is the place of a block.
const NONE: u32 = 0;

/// How many blocks of a class are tried before a larger class is.
const LOOKS: usize = 8;

fn class(size: u32) -> usize {
    size.ilog2() as usize
}

impl Free {
    pub(super) const fn new() -> Self {
        Self { firsts: [NONE; CLASSES] }
    }

    /// A block with this many words beside its head, and these bits of the text in the head; `None`
    /// without memory. Only under the writer's lock.
    pub(super) fn take(&mut self, heap: &Heap, words: u32, text: u64) -> Option<Place> {
        let size = (words + 1).max(LEAST);
        let place = match self.find(heap, size) {
            Some(place) => place,
            None => self.new_page(heap)?,
        };
        self.unlink(heap, place);
        let all = heap.size(place);
        let (size, rest) = if all - size < LEAST { (all, 0) } else { (size, all - size) };
        heap.set(place, u64::from(size) | text);
        if rest > 0 {
            self.link(heap, place + size, rest);
        } else {
            heap.mark_next(place, size, false);
        }
        Some(place)
    }

    /// Gives a block back. Only under the writer's lock.
    pub(super) fn give(&mut self, heap: &Heap, place: Place) {
        let (mut place, mut size) = (place, heap.size(place));
        let is_free_before = heap.word(place) & FREE_BEFORE != 0;
        if let Some(next) = Heap::after(place, size) {
            if heap.word(next) & IS_FREE != 0 {
                self.unlink(heap, next);
                size += heap.size(next);
            }
        }
        if is_free_before {
            let before = heap.word(place - 1) as u32;
            place -= before;
            self.unlink(heap, place);
            size += before;
        }
        self.link(heap, place, size);
    }

    /// A free block of at least this size.
    fn find(&self, heap: &Heap, size: u32) -> Option<Place> {
        let own = heap.list(self.firsts[class(size)]).take(LOOKS);
        let mut own = own.filter(|place| heap.size(*place) >= size);
        let larger = self.firsts[class(size) + 1..].iter().find(|first| **first != NONE);
        own.next().or_else(|| larger.map(|first| first - 1))
    }

    fn new_page(&mut self, heap: &Heap) -> Option<Place> {
        let place = heap.pages.pages().checked_mul(WORDS)?;
        // Places stay below 2^30. A code has room for twice as many.
        if place >= 1 << 30 || !heap.pages.grow(WORDS as usize) {
            return None;
        }
        self.link(heap, place, WORDS);
        Some(place)
    }

    /// Puts a block among the free ones of its class.
    fn link(&mut self, heap: &Heap, place: Place, size: u32) {
        let first = &mut self.firsts[class(size)];
        heap.set(place, u64::from(size) | IS_FREE);
        heap.set(place + 1, u64::from(*first));
        if *first != NONE {
            heap.set_before(*first - 1, place + 1);
        }
        *first = place + 1;
        heap.set(place + size - 1, u64::from(size));
        heap.mark_next(place, size, true);
    }

    /// Takes a block out of the free ones of its class.
    fn unlink(&mut self, heap: &Heap, place: Place) {
        let links = heap.word(place + 1);
        let (before, next) = ((links >> 32) as u32, links as u32);
        if next != NONE {
            heap.set_before(next - 1, before);
        }
        match before {
            NONE => self.firsts[class(heap.size(place))] = next,
            before => heap.set(before, heap.word(before) >> 32 << 32 | u64::from(next)),
        }
    }
}

/// The writer's side.
impl Heap {
    fn at(&self, place: Place) -> &AtomicU64 {
        // SAFETY: only the writer asks, for places of pages that it has added.
        unsafe { self.block(place) }.0
    }

    fn word(&self, place: Place) -> u64 {
        self.at(place).load(Ordering::Relaxed)
    }

    fn set(&self, place: Place, word: u64) {
        self.at(place).store(word, Ordering::Relaxed);
    }

    fn size(&self, place: Place) -> u32 {
        (self.word(place) & SIZE) as u32
    }

    /// The block after one, in the same page.
    fn after(place: Place, size: u32) -> Option<Place> {
        let next = place + size;
        (!next.is_multiple_of(WORDS)).then_some(next)
    }

    /// Notes in the block that follows whether this one is free.
    fn mark_next(&self, place: Place, size: u32, is_free: bool) {
        if let Some(next) = Self::after(place, size) {
            let mark = if is_free { FREE_BEFORE } else { 0 };
            self.set(next, self.word(next) & !FREE_BEFORE | mark);
        }
    }

    /// Notes in a free block which one is before it in its class.
    fn set_before(&self, place: Place, before: u32) {
        let links = self.word(place + 1);
        self.set(place + 1, u64::from(before) << 32 | links & u64::from(u32::MAX));
    }

    /// The free blocks of a class.
    fn list(&self, first: u32) -> impl Iterator<Item = Place> {
        let next = |place: &Place| (self.word(place + 1) as u32).checked_sub(1);
        std::iter::successors(first.checked_sub(1), next)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// A generator of numbers that look random.
    fn random(state: &mut u64, below: u32) -> u32 {
        *state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        ((*state >> 33) % u64::from(below)) as u32
    }

    #[test]
    fn blocks_do_not_overlap_and_what_is_free_is_one_piece() {
        let (heap, mut free, mut state) = (Heap::new(), Free::new(), 1);
        let mut blocks: Vec<(Place, u32)> = Vec::new();
        for round in 0..50_000_u32 {
            if blocks.len() < 400 && random(&mut state, 3) > 0 {
                let words = 1 + random(&mut state, if round % 16 == 0 { MOST } else { 20 });
                let place = free.take(&heap, words, 0).unwrap();
                for word in place + 1..=place + words {
                    heap.set(word, u64::from(place));
                }
                blocks.push((place, words));
            } else if let Some(chosen) = blocks.len().checked_sub(1) {
                let chosen = random(&mut state, chosen as u32 + 1);
                let (place, words) = blocks.swap_remove(chosen as usize);
                assert!(
                    (place + 1..=place + words).all(|word| heap.word(word) == u64::from(place))
                );
                free.give(&heap, place);
            }
        }
        let pages = heap.pages.pages();
        assert!(pages < 60, "{pages} pages");
        for (place, _) in blocks {
            free.give(&heap, place);
        }
        let whole = (0..pages).filter(|page| heap.size(page * WORDS) == WORDS).count();
        assert_eq!(whole, pages as usize, "all is joined again");
    }

    #[test]
    fn room_is_used_again_for_texts_of_other_lengths() {
        let (heap, mut free) = (Heap::new(), Free::new());
        let mut pages = 0;
        for words in (1..=MOST).chain((1..=MOST).rev()) {
            let blocks = 20 * WORDS / (words + 1).max(LEAST);
            let blocks: Vec<Place> =
                (0..blocks).map(|_| free.take(&heap, words, 0).unwrap()).collect();
            for place in blocks {
                free.give(&heap, place);
            }
            pages = pages.max(heap.pages.pages());
        }
        assert!(pages <= 40, "{pages} pages");
    }
}
