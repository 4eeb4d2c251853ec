//! The texts of a large family, one after the other in chunks that are never freed.
//!
//! Not here: records and hash maps of series. Invariant: the bytes after each text can be read, so that
//! a page copies a fixed number of them.

use std::{
    ptr,
    sync::{
        Mutex,
        atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering},
    },
};

use hashbrown::HashTable;

use super::hash::{hash, same};

/// Chunks, bytes of a chunk, and how many more may be read.
const CHUNKS: usize = 1024;
const CHUNK: usize = 1 << 16;
pub(super) const SLACK: usize = 64;

/// A place is counted in words.
const WORD: usize = 8;

pub(super) struct Arena {
    chunks: [AtomicPtr<u8>; CHUNKS],
    writer: Mutex<Writer>,
}

struct Writer {
    /// The next free byte over all chunks.
    next: usize,
    /// Texts that are shared, by hash, place and length.
    known: HashTable<(u64, u32, u32)>,
}

impl Arena {
    pub(super) fn new() -> Self {
        Self {
            chunks: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS],
            writer: Mutex::new(Writer { next: 0, known: HashTable::new() }),
        }
    }

    /// The first byte of a text.
    #[inline]
    pub(super) fn start(&self, place: usize) -> *const u8 {
        let byte = place * WORD;
        let chunk = self.chunks[byte / CHUNK].load(Ordering::Acquire);
        // Within the chunk.
        chunk.wrapping_add(byte % CHUNK)
    }

    #[inline]
    pub(super) fn text(&self, place: usize, len: usize) -> &[u8] {
        // SAFETY: place and length are of a text that was kept, which never changes.
        unsafe { std::slice::from_raw_parts(self.start(place), len) }
    }

    /// The place of a text. If texts are shared, one that is already there keeps its place.
    pub(super) fn keep(&self, text: &str, shared: bool) -> usize {
        let mut writer = self.writer.lock().unwrap();
        if !shared {
            return self.write(&mut writer, text);
        }
        let hash = hash(0, [text]);
        let known = writer.known.find(hash, |(other, place, len)| {
            *other == hash && same(self.text(*place as usize, *len as usize), text.as_bytes())
        });
        if let Some((_, place, _)) = known {
            return *place as usize;
        }
        let place = self.write(&mut writer, text);
        let entry = (hash, place as u32, text.len() as u32);
        writer.known.insert_unique(hash, entry, |(hash, ..)| *hash);
        place
    }

    fn write(&self, writer: &mut Writer, text: &str) -> usize {
        let room = text.len().next_multiple_of(WORD);
        if writer.next % CHUNK + room > CHUNK || writer.next.is_multiple_of(CHUNK) {
            writer.next = writer.next.next_multiple_of(CHUNK);
            let chunk = Box::leak(vec![0; CHUNK + SLACK].into_boxed_slice());
            self.chunks[writer.next / CHUNK].store(chunk.as_mut_ptr(), Ordering::Release);
        }
        let place = writer.next / WORD;
        // SAFETY: the chunk has room from there on, and no other thread knows the place yet.
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr(), self.start(place).cast_mut(), text.len());
        }
        writer.next += room;
        place
    }
}

/// Short texts of a label by number, as words.
pub(super) struct Words {
    words: [AtomicU64; 256],
    len: AtomicUsize,
}

impl Words {
    pub(super) fn new() -> Self {
        Self { words: [const { AtomicU64::new(0) }; 256], len: AtomicUsize::new(0) }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    #[inline]
    pub(super) fn word(&self, number: usize) -> u64 {
        self.words[number].load(Ordering::Acquire)
    }

    /// The number of a word: its place in a small table, to which it is added if it is new.
    pub(super) fn number(&self, word: u64) -> u64 {
        let mut place = (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize;
        loop {
            let here = &self.words[place];
            if here.load(Ordering::Acquire) == word {
                return place as u64;
            }
            match here.compare_exchange(0, word, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    self.len.fetch_add(1, Ordering::Release);
                    return place as u64;
                }
                Err(other) if other == word => return place as u64,
                Err(_) => place = (place + 1) % self.words.len(),
            }
        }
    }
}
