//! Per-thread slabs of cells: the thread that owns a slab adds with a plain load and store.
//!
//! Here are the slabs, the pool that hands them from thread to thread, and the thread-local pointer
//! to the current one. Which family owns which slots is in [`super::cells`].
//! Invariant: at every moment at most one thread writes to a slab other than the common one.
//!
//! A slab outlives its thread: the next thread that starts takes it over with its values, so sums
//! never go back and nothing is folded. The common slab (number 0) takes the updates of threads
//! that have none: while thread-locals are torn down, and beyond [`SLABS`] threads.

use std::{
    cell::Cell,
    ptr,
    sync::{LazyLock, OnceLock},
};

use super::{
    sync::{AtomicU32, AtomicU64, Mutex, Ordering, lock},
    zeroed::zeroed,
};

/// Slots a slab has. 64 MiB of address space; memory only where a slot was written.
#[cfg(not(loom))]
pub(crate) const SLOTS: usize = 1 << 23;
#[cfg(loom)]
pub(crate) const SLOTS: usize = 4;

/// The most slabs of a process: so many threads add without contention at the same time.
#[cfg(not(loom))]
const SLABS: usize = 1024;
#[cfg(loom)]
const SLABS: usize = 4;

/// Slots at the end that no family gets; they take the updates of families that found no room.
#[cfg(not(loom))]
const SINK: usize = 1 << 17;
#[cfg(loom)]
const SINK: usize = 1;

/// The slab that all threads may write to, with atomic additions.
const COMMON: usize = 0;

/// A slot's place in a slab. Any number is safe: it is taken modulo [`SLOTS`].
type Slot = u32;

/// The slabs of the process and which of them have no thread.
pub(super) struct Pool {
    /// Slab number -> its cells. Filled from the front; a filled place never changes.
    slabs: Box<[OnceLock<Box<[AtomicU64]>>]>,
    /// How many slabs are filled, for readers.
    filled: AtomicU32,
    /// Slabs whose thread has ended.
    idle: Mutex<Vec<usize>>,
    /// The next slot that no family has. Slot 0 stays free, so that 0 can mean "none yet".
    next: Mutex<usize>,
}

impl Pool {
    fn new() -> Self {
        let pool = Self {
            slabs: (0..SLABS).map(|_| OnceLock::new()).collect(),
            filled: AtomicU32::new(0),
            idle: Mutex::new(Vec::new()),
            next: Mutex::new(1),
        };
        let common = pool.acquire();
        debug_assert!(common.is_none_or(|number| number == COMMON));
        pool
    }

    /// A slab for a thread that starts; `None` when the budget or the memory is used up.
    fn acquire(&self) -> Option<usize> {
        // The lock is what orders the last writes of the thread that gave the slab back before
        // the first read of the one that takes it.
        let mut idle = lock(&self.idle);
        if let Some(number) = idle.pop() {
            return Some(number);
        }
        let number = self.filled.load(Ordering::Relaxed) as usize;
        let place = self.slabs.get(number)?;
        place.set(zeroed(SLOTS)?).ok()?;
        self.filled.store(number as u32 + 1, Ordering::Release);
        Some(number)
    }

    /// Takes back the slab of a thread that ends, values kept.
    fn release(&self, number: usize) {
        lock(&self.idle).push(number);
    }

    fn reserve(&self, len: usize) -> Option<Slot> {
        let mut next = lock(&self.next);
        let start = *next;
        let end = start.checked_add(len)?;
        if end > SLOTS - SINK {
            return None;
        }
        *next = end;
        Some(start as Slot)
    }

    fn cells(&self, number: usize) -> Option<&[AtomicU64]> {
        self.slabs.get(number)?.get().map(|cells| &**cells)
    }

    /// Every slab that may hold values.
    fn all(&self) -> impl Iterator<Item = &[AtomicU64]> {
        let filled = self.filled.load(Ordering::Acquire) as usize;
        self.slabs.iter().take(filled).filter_map(OnceLock::get).map(|cells| &**cells)
    }

    fn sum(&self, slot: Slot) -> u64 {
        let position = slot as usize % SLOTS;
        self.all().fold(0, |sum, cells| sum.wrapping_add(cells[position].load(Ordering::Relaxed)))
    }

    fn sum_f64(&self, slot: Slot) -> f64 {
        let position = slot as usize % SLOTS;
        self.all().fold(0.0, |sum, cells| sum + load_f64(&cells[position]))
    }
}

static POOL: LazyLock<Pool> = LazyLock::new(Pool::new);

thread_local! {
    /// The first cell of this thread's slab, or null: then the cold path decides. It has no
    /// destructor, so the compiler reaches it without any check.
    static CURRENT: Cell<*const AtomicU64> = const { Cell::new(ptr::null()) };
    /// Gives the slab back when the thread ends.
    static LEASE: Lease = const { Lease { number: Cell::new(None), busy: Cell::new(false) } };
}

/// The tenure of one thread over one slab.
struct Lease {
    number: Cell<Option<usize>>,
    /// Set while a slab is taken: an allocator that counts must not take another one meanwhile.
    busy: Cell<bool>,
}

impl Lease {
    fn begin(&self) {
        if self.busy.replace(true) {
            return;
        }
        if let Some(number) = POOL.acquire() {
            if let Some(cells) = POOL.cells(number) {
                self.number.set(Some(number));
                CURRENT.set(cells.as_ptr());
            }
            self.busy.set(false);
        }
        // Otherwise `busy` stays: this thread asks no more and uses the common slab.
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        CURRENT.set(ptr::null());
        if let Some(number) = self.number.take() {
            POOL.release(number);
        }
    }
}

/// The cell of a slot in this thread's slab, if the thread has one.
#[inline]
fn own(slot: Slot) -> Option<&'static AtomicU64> {
    let start = CURRENT.get();
    if start.is_null() {
        return None;
    }
    // SAFETY: a pointer in `CURRENT` that is not null is the first of `SLOTS` cells in a slab of
    // `POOL`, a static that never frees a slab; the offset is below `SLOTS`.
    Some(unsafe { &*start.add(slot as usize % SLOTS) })
}

/// Adds to a slot. One load and one store in this thread's slab.
#[inline]
pub(super) fn add(slot: Slot, n: u64) {
    match own(slot) {
        Some(cell) => add_alone(cell, n),
        None => add_cold(slot, n),
    }
}

/// Adds a float to a slot.
#[inline]
pub(super) fn add_f64(slot: Slot, x: f64) {
    match own(slot) {
        Some(cell) => add_f64_alone(cell, x),
        None => add_f64_cold(slot, x),
    }
}

/// No other thread writes to this cell, so nothing can come between load and store.
#[inline]
fn add_alone(cell: &AtomicU64, n: u64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

#[inline]
fn add_f64_alone(cell: &AtomicU64, x: f64) {
    cell.store((load_f64(cell) + x).to_bits(), Ordering::Relaxed);
}

#[cold]
#[inline(never)]
fn add_cold(slot: Slot, n: u64) {
    take_slab();
    if let Some(cell) = own(slot) {
        add_alone(cell, n);
    } else if let Some(cell) = common(slot) {
        cell.fetch_add(n, Ordering::Relaxed);
    }
}

#[cold]
#[inline(never)]
fn add_f64_cold(slot: Slot, x: f64) {
    take_slab();
    if let Some(cell) = own(slot) {
        add_f64_alone(cell, x);
    } else if let Some(cell) = common(slot) {
        fetch_add_f64(cell, x);
    }
}

/// Gives this thread a slab if it may have one.
fn take_slab() {
    // Fails while this thread's locals are torn down.
    let _ = LEASE.try_with(Lease::begin);
}

/// The cell of a slot in the common slab; `None` in a process without memory for a single slab.
fn common(slot: Slot) -> Option<&'static AtomicU64> {
    POOL.cells(COMMON)?.get(slot as usize % SLOTS)
}

/// The sum of a slot over all threads.
pub(super) fn sum(slot: Slot) -> u64 {
    POOL.sum(slot)
}

/// The sum of a float slot over all threads, in the order of the slabs.
pub(super) fn sum_f64(slot: Slot) -> f64 {
    POOL.sum_f64(slot)
}

/// Adds the values of consecutive slots to `sums`, one slab after the other.
pub(super) fn sum_all(first: Slot, sums: &mut [u64]) {
    let start = first as usize % SLOTS;
    for cells in POOL.all() {
        for (sum, cell) in sums.iter_mut().zip(&cells[start..]) {
            *sum = sum.wrapping_add(cell.load(Ordering::Relaxed));
        }
    }
}

/// Reserves consecutive slots for good; `None` when so many are not left.
pub(super) fn reserve(len: usize) -> Option<Slot> {
    POOL.reserve(len)
}

/// Where a family writes for which no room was left: nobody reads there.
pub(super) const fn sink() -> Slot {
    (SLOTS - SINK) as Slot
}

pub(super) fn load_f64(cell: &AtomicU64) -> f64 {
    f64::from_bits(cell.load(Ordering::Relaxed))
}

/// Adds to a float that several threads write to.
pub(super) fn fetch_add_f64(cell: &AtomicU64, x: f64) {
    let mut current = cell.load(Ordering::Relaxed);
    loop {
        let next = (f64::from_bits(current) + x).to_bits();
        match cell.compare_exchange_weak(current, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(seen) => current = seen,
        }
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::{sync::Arc, thread};

    use super::*;

    fn add_one(pool: &Pool, number: usize) {
        let cell = &pool.cells(number).unwrap()[1];
        cell.store(cell.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// A slab that passes from thread to thread loses nothing, and no reader sees a sum go back.
    #[test]
    fn hand_over() {
        loom::model(|| {
            let pool = Arc::new(Pool::new());
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let pool = Arc::clone(&pool);
                    thread::spawn(move || {
                        let number = pool.acquire().unwrap();
                        add_one(&pool, number);
                        pool.release(number);
                    })
                })
                .collect();
            let first = pool.sum(1);
            let second = pool.sum(1);
            assert!(first <= second && second <= 2);
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(pool.sum(1), 2);
        });
    }

    /// Additions to the common slab come from any thread and none is lost.
    #[test]
    fn common_slab() {
        loom::model(|| {
            let pool = Arc::new(Pool::new());
            let other = Arc::clone(&pool);
            let thread =
                thread::spawn(move || fetch_add_f64(&other.cells(COMMON).unwrap()[1], 0.5));
            fetch_add_f64(&pool.cells(COMMON).unwrap()[1], 0.25);
            thread.join().unwrap();
            assert_eq!(pool.sum_f64(1).to_bits(), 0.75_f64.to_bits());
        });
    }
}
