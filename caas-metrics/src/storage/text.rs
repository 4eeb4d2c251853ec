//! Label texts: each distinct one of a family is kept once, in an arena that never moves.
//!
//! Not here: escaping (the encoders') and which texts belong together (`records.rs`).
//! Invariant: memory of the arena is never given back, only re-used for other texts, and it is all
//! atomics: a reader with an outdated position reads a wrong text, never freed memory. The version
//! of its record tells it (see `records.rs`).

use std::{collections::BTreeMap, sync::OnceLock};

use super::{
    growing::Growing,
    key::{Text, hash_bytes},
    pairs,
    sync::{AtomicU32, AtomicU64, Ordering},
    texts::Texts,
    zeroed::zeroed,
};

/// A label value as a record keeps it: a small integer itself, or where its text is.
pub(super) type Code = u32;

/// One user of a text, in its head word.
const ONE_USE: u64 = 1 << 32;

/// Marks a code that is an integer.
const INTEGER: Code = 1 << 31;

/// Words in the first chunk of an arena, which is all that most families need; every further chunk
/// is twice as long.
const FIRST_CHUNK: usize = if cfg!(loom) { 8 } else { 1 << 14 };
/// With so many chunks behind the first there are 2^31 words, as many as a code can name.
const CHUNKS: usize = if cfg!(loom) { 8 } else { 16 };

/// Words of 8 bytes of text, each text behind a word with its length (lower half) and the number
/// of records that use it (upper half, only the writer's business). Grows by whole chunks.
/// By default there is no room for any.
#[derive(Default)]
pub(super) struct Arena {
    /// Made with the arena, so that a look-up in it asks nothing first.
    first: Box<[AtomicU64]>,
    /// How often the room of a freed text was used for another one.
    overwrites: AtomicU32,
    further: [OnceLock<Box<[AtomicU64]>>; CHUNKS],
}

/// The chunk of a word and its place there.
fn locate(position: usize) -> (usize, usize) {
    let chunk = (position / FIRST_CHUNK + 1).ilog2() as usize;
    (chunk, position - chunk_start(chunk))
}

/// The position of a chunk's first word.
const fn chunk_start(chunk: usize) -> usize {
    FIRST_CHUNK * ((1 << chunk) - 1)
}

const fn chunk_len(chunk: usize) -> usize {
    FIRST_CHUNK << chunk
}

impl Arena {
    /// For a family with so many open labels; `None` when the allocator has no room.
    pub(super) fn new(open: usize) -> Option<Self> {
        let first = if open == 0 { Box::default() } else { zeroed(FIRST_CHUNK)? };
        Some(Self { first, ..Self::default() })
    }

    /// The words from a position to the end of its chunk.
    #[inline]
    fn words(&self, position: usize) -> &[AtomicU64] {
        match self.first.get(position..) {
            Some(words) if !words.is_empty() => words,
            _ => self.further_words(position),
        }
    }

    fn further_words(&self, position: usize) -> &[AtomicU64] {
        let (chunk, offset) = locate(position);
        let words = chunk.checked_sub(1).and_then(|chunk| self.further.get(chunk)?.get());
        words.and_then(|words| words.get(offset..)).unwrap_or_default()
    }

    /// Changes the number of users of a text and returns it. Only under the writer's lock.
    fn count_use(&self, code: Code, change: u64) -> u64 {
        let Some(head) = self.words(code as usize).first() else { return 0 };
        let changed = head.load(Ordering::Relaxed).wrapping_add(change);
        head.store(changed, Ordering::Relaxed);
        changed / ONE_USE
    }

    /// How often a text was written over another one, at least as often as whatever was read of the
    /// arena or of a record before tells.
    pub(super) fn overwrites(&self) -> u32 {
        self.overwrites.load(Ordering::Acquire)
    }

    /// Whether a code stands for this text.
    #[inline(always)]
    pub(super) fn is(&self, code: Code, text: &Text<'_>) -> bool {
        match text {
            Text::Integer(n) => code == INTEGER | *n,
            _ if code & INTEGER != 0 => false,
            Text::Borrowed(text) => self.is_str(code, text),
            Text::Inline(inline) => self.is_str(code, inline.as_str()),
        }
    }

    #[inline(always)]
    fn is_str(&self, code: Code, text: &str) -> bool {
        let text = text.as_bytes();
        let Some((head, mut kept)) = self.room(code, text.len()) else { return false };
        head.load(Ordering::Relaxed) as u32 as usize == text.len()
            && pairs::all(text, |pair| {
                let [first, last, behind @ ..] = kept else { return false };
                kept = behind;
                [first, last].map(|word| word.load(Ordering::Relaxed)) == pair
            })
    }

    /// The head of a text of so many bytes and its pairs, if they are in one chunk.
    #[inline(always)]
    fn room(&self, code: Code, bytes: usize) -> Option<(&AtomicU64, &[AtomicU64])> {
        let start = code as usize;
        let end = start + 1 + 2 * pairs::count(bytes);
        let room = match self.first.get(start..end) {
            Some(room) => room,
            None => self.further_words(start).get(..end - start)?,
        };
        room.split_first()
    }

    /// The integer that a code is, if it is one.
    pub(super) fn integer(code: Code) -> Option<u32> {
        (code & INTEGER != 0).then_some(code ^ INTEGER)
    }

    /// Copies the text of a code. The caller validates the record's version afterwards.
    pub(super) fn copy(&self, code: Code, texts: &mut Texts) {
        if let Some(n) = Self::integer(code) {
            return texts.push_integer(n);
        }
        let head = self.words(code as usize).first();
        let len = head.map_or(0, |head| head.load(Ordering::Relaxed) as u32 as usize);
        let kept = self.room(code, len).and_then(|(_, kept)| kept.split_last_chunk());
        // A mixture may claim a length that there is no room for.
        let Some((whole, last)) = kept else { return texts.push(0, [].into_iter(), [0; 2]) };
        let load = |word: &AtomicU64| word.load(Ordering::Relaxed);
        let whole = whole.chunks_exact(2).map(|pair| [load(&pair[0]), load(&pair[1])]);
        texts.push(len, whole, last.each_ref().map(load));
    }
}

/// The writer's side: which texts exist, how often they are used, which room is free.
///
/// Only used under the lock of the index.
pub(super) struct Interner {
    /// From a text's hash to its position.
    codes: Growing,
    /// Free room by size in words.
    free: BTreeMap<usize, Vec<u32>>,
    /// The first position never used.
    next: usize,
    seed: u64,
}

impl Interner {
    pub(super) fn new(seed: u64) -> Self {
        Self { codes: Growing::default(), free: BTreeMap::new(), next: 0, seed }
    }

    /// The code of a text, kept from now on until it is released as often as it was interned.
    /// `None` when the arena is full.
    pub(super) fn intern(&mut self, arena: &Arena, text: &Text<'_>) -> Option<Code> {
        match text {
            Text::Integer(n) => Some(INTEGER | *n),
            Text::Borrowed(text) => self.intern_str(arena, text),
            Text::Inline(inline) => self.intern_str(arena, inline.as_str()),
        }
    }

    fn intern_str(&mut self, arena: &Arena, text: &str) -> Option<Code> {
        let hash = hash_bytes(self.seed, text.as_bytes());
        if let Some(code) = self.codes.seek(hash, |code| arena.is_str(code, text)) {
            arena.count_use(code, ONE_USE);
            return Some(code);
        }
        let code = self.store(arena, text.as_bytes())?;
        if !self.codes.insert(hash, code) {
            self.free(code, text.len());
            return None;
        }
        Some(code)
    }

    /// Gives one use of a code back; the last one frees the text's room.
    pub(super) fn release(&mut self, arena: &Arena, code: Code) {
        if code & INTEGER != 0 || arena.count_use(code, ONE_USE.wrapping_neg()) > 0 {
            return;
        }
        let mut texts = Texts::default();
        arena.copy(code, &mut texts);
        let bytes = texts.bytes(0);
        self.codes.remove(hash_bytes(self.seed, bytes), code);
        self.free(code, bytes.len());
    }

    fn free(&mut self, code: Code, bytes: usize) {
        self.free.entry(room(bytes)).or_default().push(code);
    }

    fn store(&mut self, arena: &Arena, bytes: &[u8]) -> Option<Code> {
        let room = room(bytes.len());
        let code = match self.free.get_mut(&room).and_then(Vec::pop) {
            Some(code) => {
                arena.overwrites.fetch_add(1, Ordering::Relaxed);
                code
            }
            None => self.extend(arena, room)?,
        };
        let (head, places) = arena.words(code as usize).split_first()?;
        head.store(ONE_USE | bytes.len() as u64, Ordering::Relaxed);
        let mut places = places.iter();
        pairs::all(bytes, |pair| {
            for (word, place) in pair.into_iter().zip(&mut places) {
                place.store(word, Ordering::Relaxed);
            }
            true
        });
        Some(code)
    }

    /// Room that was never used, in one chunk.
    fn extend(&mut self, arena: &Arena, room: usize) -> Option<Code> {
        let (mut chunk, mut offset) = locate(self.next);
        while offset + room > chunk_len(chunk) {
            chunk += 1;
            offset = 0;
        }
        if let Some(further) = chunk.checked_sub(1) {
            let words = arena.further.get(further)?;
            if words.get().is_none() {
                let _ = words.set(zeroed(chunk_len(chunk))?);
            }
        }
        let position = chunk_start(chunk) + offset;
        self.next = position + room;
        (position < INTEGER as usize).then_some(position as Code)
    }
}

/// The words that a text of so many bytes takes, with its length. Long texts are rounded up, so
/// that freed room fits others: there are few sizes, and at most a quarter is wasted.
fn room(bytes: usize) -> usize {
    let words = 1 + 2 * pairs::count(bytes);
    if words <= 16 {
        return words;
    }
    let step = 1_usize << (words.ilog2() - 2);
    words.next_multiple_of(step)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn read(arena: &Arena, code: Code) -> String {
        let mut texts = Texts::default();
        arena.copy(code, &mut texts);
        str::from_utf8(texts.bytes(0)).unwrap().to_owned()
    }

    #[test]
    fn same_text_has_one_code_and_reads_back() {
        let arena = Arena::new(1).unwrap();
        let mut interner = Interner::new(9);
        let texts: Vec<String> = (0..2000).map(|n| "é".repeat(n % 97) + &n.to_string()).collect();
        let codes: Vec<Code> =
            texts.iter().map(|t| interner.intern(&arena, &Text::Borrowed(t)).unwrap()).collect();
        for (text, code) in texts.iter().zip(&codes) {
            assert_eq!(interner.intern(&arena, &Text::Borrowed(text)), Some(*code));
            assert_eq!(read(&arena, *code), *text);
            assert!(arena.is(*code, &Text::Borrowed(text)));
            assert!(!arena.is(*code, &Text::Borrowed("other")));
        }
    }

    #[test]
    fn integers_are_their_own_code() {
        let arena = Arena::new(1).unwrap();
        let mut interner = Interner::new(9);
        let code = interner.intern(&arena, &Text::Integer(404)).unwrap();
        assert_eq!(read(&arena, code), "404");
        assert!(arena.is(code, &Text::Integer(404)));
        assert!(!arena.is(code, &Text::Borrowed("404")));
    }

    #[test]
    fn room_of_released_texts_is_used_again() {
        let arena = Arena::new(1).unwrap();
        let mut interner = Interner::new(9);
        let mut end = 0;
        for round in 0..20_000_u32 {
            let texts: Vec<String> =
                (0..32).map(|n| format!("{round}-{n}-{}", "x".repeat(n * 9))).collect();
            let codes: Vec<Code> = texts
                .iter()
                .map(|t| interner.intern(&arena, &Text::Borrowed(t)).unwrap())
                .collect();
            for (text, code) in texts.iter().zip(&codes) {
                assert_eq!(read(&arena, *code), *text);
            }
            for code in codes {
                interner.release(&arena, code);
            }
            if round == 100 {
                end = interner.next;
            }
        }
        // The texts of later rounds have up to three more digits: at most one word each.
        assert!(interner.next <= end + 32 * 64, "{end} -> {}", interner.next);
        assert!(interner.codes.is_empty());
    }

    #[test]
    fn text_longer_than_a_chunk_fits() {
        let arena = Arena::new(1).unwrap();
        let mut interner = Interner::new(9);
        let long = "y".repeat(100_000);
        let code = interner.intern(&arena, &Text::Borrowed(&long)).unwrap();
        assert_eq!(read(&arena, code), long);
        let short = interner.intern(&arena, &Text::Borrowed("z")).unwrap();
        assert_eq!(read(&arena, short), "z");
    }
}
