//! A thread's cells of a large family, in chunks that it takes when it needs them.
//!
//! Invariant: only the owner changes its list of chunks, and only under the lock that a scrape takes.

use std::{
    cell::Cell,
    ptr,
    sync::{Mutex, atomic::AtomicU64},
};

use super::large::Family;

/// Series whose cells are in one chunk.
pub(super) const SERIES: usize = 512;

/// The chunks of a thread; those that it has not needed are empty.
pub(super) type Chunks = Mutex<Vec<&'static [AtomicU64]>>;

/// The list as its owner reads it. A process has one large family.
struct Mine {
    first: Cell<*const &'static [AtomicU64]>,
    len: Cell<usize>,
    chunks: Cell<Option<&'static Chunks>>,
}

thread_local! {
    static MINE: Mine = const {
        Mine { first: Cell::new(ptr::null()), len: Cell::new(0), chunks: Cell::new(None) }
    };
}

/// This thread's cells of a series.
#[inline]
pub(super) fn cells(family: &Family, number: usize) -> &'static [AtomicU64] {
    MINE.with(|mine| {
        let (chunk, within) = (number / SERIES, number % SERIES * family.cells);
        if chunk < mine.len.get() {
            // SAFETY: within the list, which only this thread changes, and not here.
            let cells = unsafe { *mine.first.get().add(chunk) };
            if let Some(cells) = cells.get(within..within + family.cells) {
                return cells;
            }
        }
        &mine.take(family, chunk)[within..within + family.cells]
    })
}

impl Mine {
    #[cold]
    #[inline(never)]
    fn take(&self, family: &Family, chunk: usize) -> &'static [AtomicU64] {
        let chunks = self.chunks.get().unwrap_or_else(|| {
            let new: &'static Chunks = Box::leak(Box::default());
            family.threads.lock().unwrap().push(new);
            new
        });
        self.chunks.set(Some(chunks));
        let mut list = chunks.lock().unwrap();
        if list.len() <= chunk {
            list.resize(chunk + 1, &[]);
        }
        list[chunk] =
            (0..SERIES * family.cells).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak();
        self.first.set(list.as_ptr());
        self.len.set(list.len());
        list[chunk]
    }
}
