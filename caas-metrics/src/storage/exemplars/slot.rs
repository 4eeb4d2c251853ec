//! The exemplar of a bucket: two blocks of memory, and the gate that says which of them is shown.
//!
//! A new exemplar is written to the block that is not shown, and then a single store of the gate shows it.
//! The gate also has the life and the second of the exemplar, so that an update sees in one load that the
//! bucket has one of this second already. Not here: which series has which slots (`exemplars.rs`).
//! Invariants: one thread at a time writes; a reader gets an exemplar whole, or none.

use super::{Due, Held, NoMemory};
use crate::storage::{
    memory::{Zero, keep, zeros},
    records::Life,
    sync::{AtomicPtr, AtomicU64, Ordering, fence},
};

/// The exemplar of a bucket.
pub(in crate::storage) struct Slot {
    gate: AtomicU64,
    /// Where an exemplar is, and where the next one will be.
    blocks: [AtomicPtr<AtomicU64>; 2],
}

// SAFETY: zero bytes are atomics of zero and null.
unsafe impl Zero for Slot {
    #[cfg(loom)]
    fn zero() -> Self {
        let none = || AtomicPtr::new(std::ptr::null_mut());
        Self { gate: AtomicU64::new(0), blocks: [none(), none()] }
    }
}

/// The life of the exemplar, the lower bits of its second, which block it is in, and whether a thread
/// is writing to the other one. Zero if there is none yet.
#[derive(Clone, Copy, PartialEq)]
struct Gate(u64);

impl Gate {
    const IS_BUSY: u64 = 1;
    const BLOCK: u32 = 1;
    const SECOND: u32 = 2;
    const SECONDS: u32 = u32::MAX >> Self::SECOND;
    const LIFE: u32 = 32;

    fn new(due: Due, block: usize) -> Self {
        let second = u64::from(due.second & Self::SECONDS) << Self::SECOND;
        Self(u64::from(due.at.life()) << Self::LIFE | second | (block as u64) << Self::BLOCK)
    }

    fn life(self) -> Life {
        (self.0 >> Self::LIFE) as Life
    }

    fn block(self) -> usize {
        (self.0 >> Self::BLOCK & 1) as usize
    }

    /// Whether a new exemplar of this life may come in this second. One of an earlier life is late.
    #[inline]
    fn is_due(self, life: Life, second: u32) -> bool {
        let is_new = (self.0 as u32) >> Self::SECOND != second & Self::SECONDS;
        self.0 & Self::IS_BUSY == 0 && (self.life() < life || self.life() == life && is_new)
    }

    fn busy(self) -> Self {
        Self(self.0 | Self::IS_BUSY)
    }
}

/// The words of a block before its text: how many words of text it has room for, the block that it has
/// replaced (so that leak checkers find that), the value, the time, and the bytes of the text.
const HEAD: usize = 5;

/// Room for the text of a trace id and a span id, in words.
const FIRST_ROOM: usize = if cfg!(loom) { 1 } else { 12 };

/// How often a bucket is read again that changes meanwhile. It changes once a second.
const TRIES: u32 = 4;

impl Slot {
    /// Whether a new exemplar of this life may come in this second.
    #[inline]
    pub(super) fn is_due(&self, life: Life, second: u32) -> bool {
        self.gate().is_due(life, second)
    }

    #[inline]
    fn gate(&self) -> Gate {
        Gate(self.gate.load(Ordering::Acquire))
    }

    /// Shows an exemplar from now on, unless another thread is doing the same.
    pub(super) fn put(&self, due: Due, exemplar: &Held<&[u8]>) -> Result<(), NoMemory> {
        let claimed =
            |gate| Gate(gate).is_due(due.at.life(), due.second).then(|| Gate(gate).busy().0);
        let before = self.gate.fetch_update(Ordering::Acquire, Ordering::Relaxed, claimed);
        let Ok(gate) = before.map(Gate) else { return Ok(()) };
        // A reader that sees a word of this exemplar also sees that the gate has changed since it showed
        // the block.
        fence(Ordering::Release);
        let block = 1 - gate.block();
        let is_written = self.write(block, exemplar);
        let after = if is_written.is_ok() { Gate::new(due, block) } else { gate };
        self.gate.store(after.0, Ordering::Release);
        is_written
    }

    /// Writes to a block. Only for the thread that has made the gate busy.
    fn write(&self, block: usize, exemplar: &Held<&[u8]>) -> Result<(), NoMemory> {
        let words = exemplar.text.len().div_ceil(8);
        let block = block_with_room(&self.blocks[block], words)?;
        let text = exemplar.text.chunks(8).map(|bytes| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        });
        let head = [exemplar.value.to_bits(), exemplar.time, exemplar.text.len() as u64];
        for (place, word) in block[2..].iter().zip(head.into_iter().chain(text)) {
            place.store(word, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The exemplar, if it is of this life.
    pub(in crate::storage) fn read(&self, life: Life) -> Option<Held<Vec<u8>>> {
        for _ in 0..TRIES {
            let gate = self.gate();
            if gate.life() != life {
                return None;
            }
            // SAFETY: the slot points to nothing else than blocks.
            let block = unsafe { words(self.blocks[gate.block()].load(Ordering::Acquire)) }?;
            let [value, time, bytes] =
                [2, 3, 4].map(|place: usize| block[place].load(Ordering::Relaxed));
            let text = block[HEAD..].iter().take((bytes as usize).div_ceil(8));
            let mut text: Vec<u8> =
                text.flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()).collect();
            text.truncate(bytes as usize);
            // If a load before saw anything of a later exemplar, this fence makes the gate that came
            // before it visible to the load below.
            fence(Ordering::Acquire);
            if Gate(self.gate.load(Ordering::Relaxed)).busy() == gate.busy() {
                return Some(Held { value: f64::from_bits(value), time, text });
            }
        }
        None
    }
}

/// The block with room for this many words of text; a larger one if there is none. One that is too small
/// is kept, since a reader may be in it; each is at most half as large as the next.
fn block_with_room(
    place: &AtomicPtr<AtomicU64>,
    room: usize,
) -> Result<&'static [AtomicU64], NoMemory> {
    let old = place.load(Ordering::Relaxed);
    // SAFETY: the slot points to nothing else than blocks.
    match unsafe { words(old) } {
        Some(block) if block.len() >= HEAD + room => return Ok(block),
        _ => {}
    }
    let mut len = FIRST_ROOM;
    while len < room {
        len *= 2;
    }
    let new: Box<[AtomicU64]> = zeros(HEAD + len).ok_or(NoMemory)?;
    new[0].store(len as u64, Ordering::Relaxed);
    new[1].store(old.addr() as u64, Ordering::Relaxed);
    let new = keep(new);
    place.store(new, Ordering::Release);
    // SAFETY: it is a block.
    unsafe { words(new) }.ok_or(NoMemory)
}

/// The words of a block; `None` for null.
///
/// # Safety
/// It must be null or point to a block, as far as the caller knows by an acquire load or its own store.
unsafe fn words(block: *const AtomicU64) -> Option<&'static [AtomicU64]> {
    if block.is_null() {
        return None;
    }
    // SAFETY: a block begins with its length, which never changes, and is kept for good.
    unsafe {
        let room = (*block).load(Ordering::Relaxed) as usize;
        Some(std::slice::from_raw_parts(block, HEAD + room))
    }
}
