//! A slab of cells a thread: the owner adds with a load and a store.
//!
//! Slabs of threads that have ended are handed on, so that memory stays bounded.
//! Invariant: one thread writes to a slab at a time.

use std::{
    cell::Cell,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

const SLOTS: usize = 1 << 14;

type Slab = &'static [AtomicU64; SLOTS];

static IDLE: Mutex<Vec<Slab>> = Mutex::new(Vec::new());

thread_local! {
    static CURRENT: Cell<Option<Slab>> = const { Cell::new(None) };
    static LEASE: Lease = const { Lease };
}

struct Lease;

impl Drop for Lease {
    fn drop(&mut self) {
        IDLE.lock().unwrap().extend(CURRENT.take());
    }
}

#[inline]
fn cell(slot: usize) -> &'static AtomicU64 {
    let slab = CURRENT.get().unwrap_or_else(take);
    &slab[slot % SLOTS]
}

#[cold]
fn take() -> Slab {
    let idle = IDLE.lock().unwrap().pop();
    let slab = idle.unwrap_or_else(|| {
        let cells: Box<[AtomicU64]> = (0..SLOTS).map(|_| AtomicU64::new(0)).collect();
        Box::leak(cells.try_into().expect("there are so many cells"))
    });
    CURRENT.set(Some(slab));
    LEASE.with(|_| ());
    slab
}

#[inline]
pub(super) fn add(slot: usize, n: u64) {
    let cell = cell(slot);
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

#[inline]
pub(super) fn add_f64(slot: usize, x: f64) {
    let cell = cell(slot);
    let sum = f64::from_bits(cell.load(Ordering::Relaxed)) + x;
    cell.store(sum.to_bits(), Ordering::Relaxed);
}
