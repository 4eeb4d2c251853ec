//! A thread's cells of a family without open labels; a thread-local word points to them.
//!
//! The owner adds with a load and a store. Invariant: one thread writes to cells at a time; those of a
//! thread that has ended pass to the next, with their values.

use std::{
    cell::{Cell, RefCell},
    ptr,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// The thread's word of a family; null until it is first used.
pub(super) struct Word<T: 'static> {
    here: Cell<*const T>,
    pool: &'static Pool<T>,
}

/// The cells of all threads, which a scrape would sum, and those that have no owner now.
pub(super) struct Pool<T: 'static> {
    all: Mutex<Vec<&'static T>>,
    idle: Mutex<Vec<&'static T>>,
}

/// What a thread has of a family, before its first update.
pub(super) trait Fresh: Sync {
    fn fresh() -> Box<Self>;
}

impl<const N: usize> Fresh for [AtomicU64; N] {
    fn fresh() -> Box<Self> {
        Box::new([const { AtomicU64::new(0) }; N])
    }
}

impl<T: Fresh> Pool<T> {
    pub(super) const fn new() -> Self {
        Self { all: Mutex::new(Vec::new()), idle: Mutex::new(Vec::new()) }
    }

    /// Cells that belong to this thread until it ends.
    pub(super) fn take(&'static self) -> &'static T {
        let idle = self.idle.lock().unwrap().pop();
        let taken = idle.unwrap_or_else(|| {
            let new: &'static T = Box::leak(T::fresh());
            self.all.lock().unwrap().push(new);
            new
        });
        let give_back = move || self.idle.lock().unwrap().push(taken);
        LEASES.with_borrow_mut(|leases| leases.0.push(Box::new(give_back)));
        taken
    }
}

impl<T: Fresh> Word<T> {
    pub(super) const fn new(pool: &'static Pool<T>) -> Self {
        Self { here: Cell::new(ptr::null()), pool }
    }

    #[cold]
    #[inline(never)]
    fn take(&self) -> &'static T {
        let taken = self.pool.take();
        self.here.set(taken);
        taken
    }
}

/// What to do when the thread ends.
struct Leases(Vec<Box<dyn FnOnce()>>);

thread_local! {
    static LEASES: RefCell<Leases> = const { RefCell::new(Leases(Vec::new())) };
}

impl Drop for Leases {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|give_back| give_back());
    }
}

/// This thread's cells.
#[inline(always)]
pub(super) fn cells<T: Fresh>(word: &Word<T>) -> &'static T {
    let here = word.here.get();
    if here.is_null() {
        return word.take();
    }
    // SAFETY: not null, so it comes from the pool, which never frees.
    unsafe { &*here }
}

#[inline(always)]
pub(super) fn add(cell: &AtomicU64, n: u64) {
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

/// Defines families without open labels.
macro_rules! families {
    ($(static $name:ident: $cells:ty;)*) => {
        thread_local! {
            $(
                static $name: $crate::contenders::limit::cells::Word<$cells> = const {
                    use $crate::contenders::limit::cells::{Pool, Word};
                    static POOL: Pool<$cells> = Pool::new();
                    Word::new(&POOL)
                };
            )*
        }
    };
}

pub(super) use families;
