//! Label texts: each distinct one of a family is kept once, and a record names it by a code.
//!
//! Not here: escaping (`encode/`) and which texts belong together (`records.rs`). Invariant: the
//! text of a code stays the same as long as a living record names it; a reader that meets another
//! text finds that its record has another life.

use super::{
    heap::{Free, Heap, MOST, THEIRS},
    key::{KeyHasher, Text, hash_of},
    pairs,
    sync::{AtomicU64, Ordering, constant},
    table::Table,
};
use crate::sample::is_special;

/// A label value in a record: a small integer itself, or the place of its text.
pub(super) type Code = u32;

/// Marks a code that is an integer.
const INTEGER: Code = 1 << 31;

/// The integer that a code is, if it is one.
#[inline]
pub(super) fn as_integer(code: Code) -> Option<u32> {
    (code & INTEGER != 0).then_some(code ^ INTEGER)
}

/// The most bytes that a text can have.
pub(crate) const MOST_BYTES: usize = crate::desc::MOST_BYTES;
const _: () = assert!(cfg!(loom) || 2 * pairs::count(MOST_BYTES) <= MOST as usize);

/// In the head of a text: its length, whether some format escapes a character of it, and how many
/// records name it, which only the writer reads.
const LEN: u32 = THEIRS;
const IS_SPECIAL: u64 = 1 << 31;
const ONE_USE: u64 = 1 << 32;

fn len(head: u64) -> usize {
    (head >> LEN) as usize & 0xffff
}

/// The texts of a family.
pub(super) struct Kept {
    heap: Heap,
    /// From the hash of a text to its code; only the writer asks.
    codes: Table,
}

impl Kept {
    constant! {
        pub(super) fn new() -> Self {
            Self { heap: Heap::new(), codes: Table::new() }
        }
    }

    /// Whether a code stands for this text.
    ///
    /// # Safety
    /// The code must come from a record by an acquire load.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) unsafe fn is(&self, code: Code, text: &Text<'_>) -> bool {
        match text {
            Text::Integer(n) => code == INTEGER | *n,
            _ if code & INTEGER != 0 => false,
            // SAFETY: the caller's promise.
            Text::Borrowed(text) => unsafe { self.is_str(code, text) },
            // SAFETY: as above.
            Text::Inline(inline) => unsafe { self.is_str(code, inline.as_str()) },
        }
    }

    /// # Safety
    /// As for [`is`](Self::is).
    #[cfg_attr(not(debug_assertions), inline(always))]
    unsafe fn is_str(&self, code: Code, text: &str) -> bool {
        // SAFETY: a code in a record names a block of a page that was there before.
        let (head, mut kept) = unsafe { self.heap.block(code) };
        len(head.load(Ordering::Relaxed)) == text.len()
            && pairs::all(text.as_bytes(), |pair| {
                // The text may be gone by now, and this length reach beyond the page.
                let [first, last, behind @ ..] = kept else { return false };
                kept = behind;
                [first, last].map(|word| word.load(Ordering::Relaxed)) == pair
            })
    }

    /// The bytes of a code's text, and whether one of them may be escaped. The caller validates the
    /// life of the record afterwards.
    ///
    /// # Safety
    /// As for [`is`](Self::is).
    pub(super) unsafe fn copy(&self, code: Code, to: &mut Vec<u8>) -> bool {
        // SAFETY: as in `is_str`.
        let (head, kept) = unsafe { self.heap.block(code) };
        let head = head.load(Ordering::Relaxed);
        let words = kept.get(..2 * pairs::count(len(head))).and_then(<[_]>::split_last_chunk);
        // The text may be gone by now, and its head say any length.
        let Some((whole, last)) = words else { return false };
        let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
        let whole = whole.chunks_exact(2).map(|pair| [load(&pair[0]), load(&pair[1])]);
        pairs::unpack(to, len(head), whole, last.each_ref().map(load));
        head & IS_SPECIAL != 0
    }

    /// The code of a value, which is kept until it has been released as often as it was taken.
    /// `None` without memory. Only under the writer's lock.
    pub(super) fn code(&self, free: &mut Free, value: &Text<'_>) -> Option<Code> {
        if let Text::Integer(n) = value {
            return Some(INTEGER | n);
        }
        let (text, hash) = (value.as_str().unwrap_or_default(), hash_of(value));
        // SAFETY: the writer has stored all of these codes itself.
        let is_it = |code: Code| unsafe { self.is_str(code, text) }.then_some(code);
        if let Some(code) = self.codes.seek(hash, is_it) {
            self.count_use(code, ONE_USE);
            return Some(code);
        }
        let code = self.store(free, text.as_bytes())?;
        if !self.codes.insert(hash, code) {
            free.give(&self.heap, code);
            return None;
        }
        Some(code)
    }

    /// The codes that stand for a text: the one that it has as an integer, and the one as a text, if the
    /// family keeps it. Only under the writer's lock.
    pub(super) fn codes_of(&self, text: &str) -> [Option<Code>; 2] {
        let as_text = Text::Borrowed(text);
        // SAFETY: the writer has stored all of these codes itself.
        let is_it = |code: Code| unsafe { self.is_str(code, text) }.then_some(code);
        let integer = match as_text.canonical() {
            Text::Integer(n) => Some(INTEGER | n),
            _ => None,
        };
        [integer, self.codes.seek(hash_of(&as_text), is_it)]
    }

    /// Releases one use of a code. Only under the writer's lock, and after the record that used it
    /// has ended.
    pub(super) fn give_up(&self, free: &mut Free, code: Code) {
        if as_integer(code).is_some() || self.count_use(code, ONE_USE.wrapping_neg()) > 0 {
            return;
        }
        self.codes.remove(self.hash(&mut std::iter::once(code)), code);
        free.give(&self.heap, code);
    }

    /// The hash of the values with these codes. Only under the writer's lock.
    pub(super) fn hash(&self, codes: &mut dyn Iterator<Item = Code>) -> u64 {
        let mut hasher = KeyHasher::new();
        for code in codes {
            if let Some(n) = as_integer(code) {
                hasher.integer(n);
                continue;
            }
            // SAFETY: the writer has stored this code itself.
            let (head, words) = unsafe { self.heap.block(code) };
            let len = len(head.load(Ordering::Relaxed));
            hasher.text(len);
            let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
            for pair in words.chunks_exact(2).take(pairs::count(len)) {
                hasher.pair([load(&pair[0]), load(&pair[1])]);
            }
        }
        hasher.finish()
    }

    fn store(&self, free: &mut Free, bytes: &[u8]) -> Option<Code> {
        let is_special = bytes.iter().any(|byte| is_special(*byte));
        let mark = if is_special { IS_SPECIAL } else { 0 };
        let head = (bytes.len() as u64) << LEN | mark | ONE_USE;
        let code = free.take(&self.heap, 2 * pairs::count(bytes.len()) as u32, head)?;
        // SAFETY: the block was made just now.
        let mut words = unsafe { self.heap.block(code) }.1.iter();
        pairs::all(bytes, |pair| {
            for (word, place) in pair.into_iter().zip(&mut words) {
                place.store(word, Ordering::Relaxed);
            }
            true
        });
        Some(code)
    }

    /// Changes the number of uses of a text and returns it.
    fn count_use(&self, code: Code, change: u64) -> u64 {
        // SAFETY: the writer has stored this code itself.
        let (head, _) = unsafe { self.heap.block(code) };
        let changed = head.load(Ordering::Relaxed).wrapping_add(change);
        head.store(changed, Ordering::Relaxed);
        changed / ONE_USE
    }
}
