//! Look-ups by open labels: each thread has a table of its own, with the values in its entries.
//!
//! A hit reads one entry and compares the texts, without a lock or an atomic instruction.
//! Invariant: only the owner changes a table, and only under its lock, which a scrape would take.

use std::{
    cell::Cell,
    collections::HashSet,
    ptr,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    buckets::Histogram,
    cells::{Fresh, Pool},
    hash::{hash, same},
};

/// A label set: closed labels and numbers as one number, and texts.
#[derive(Clone, Copy)]
pub(super) struct Key<'a, const N: usize> {
    pub(super) number: u32,
    pub(super) texts: [&'a str; N],
}

/// A thread's part of a family.
pub(super) struct Table<const N: usize, V: Value> {
    entries: Cell<*const Entry<N, V>>,
    mask: Cell<usize>,
    shared: Cell<Option<&'static Shared<N, V>>>,
    pool: &'static Pool<Shared<N, V>>,
}

/// The part that a scrape would read.
pub(super) struct Shared<const N: usize, V: Value>(Mutex<Entries<N, V>>);

struct Entries<const N: usize, V: Value> {
    all: Box<[Entry<N, V>]>,
    filled: usize,
}

struct Entry<const N: usize, V: Value> {
    /// Half of the hash; zero in an empty entry.
    tag: u32,
    number: u32,
    value: V::Stored,
    texts: [&'static str; N],
}

/// The value of a series.
pub(super) trait Value: Sized + 'static {
    type Stored: Default + Sync + Send;
    type Cells;

    fn stored() -> Self::Stored;
    fn cells(stored: &Self::Stored) -> &Self::Cells;
    /// Takes the value along when the table grows.
    fn taken(stored: &Self::Stored) -> Self::Stored;
}

impl Value for u64 {
    type Stored = AtomicU64;
    type Cells = AtomicU64;

    fn stored() -> AtomicU64 {
        AtomicU64::new(0)
    }

    #[inline(always)]
    fn cells(stored: &AtomicU64) -> &AtomicU64 {
        stored
    }

    fn taken(stored: &AtomicU64) -> AtomicU64 {
        AtomicU64::new(stored.load(Ordering::Relaxed))
    }
}

impl Value for Histogram {
    type Stored = Option<&'static Histogram>;
    type Cells = Histogram;

    fn stored() -> Self::Stored {
        Some(Box::leak(Box::default()))
    }

    #[inline(always)]
    fn cells(stored: &Self::Stored) -> &Histogram {
        stored.expect("an entry that was found is filled")
    }

    fn taken(stored: &Self::Stored) -> Self::Stored {
        *stored
    }
}

impl<const N: usize, V: Value> Fresh for Shared<N, V> {
    fn fresh() -> Box<Self> {
        Box::new(Self(Mutex::new(Entries::new(64))))
    }
}

impl<const N: usize, V: Value> Entries<N, V> {
    fn new(len: usize) -> Self {
        let empty = || Entry { tag: 0, number: 0, value: V::Stored::default(), texts: [""; N] };
        Self { all: std::iter::repeat_with(empty).take(len).collect(), filled: 0 }
    }

    /// Where a label set is, or would be.
    fn place(&self, key: &Key<'_, N>) -> (usize, u32) {
        let hash = hash(u64::from(key.number), key.texts);
        let mut place = hash as usize & (self.all.len() - 1);
        while self.all[place].tag != 0 && !self.all[place].is(tag(hash), key) {
            place = (place + 1) & (self.all.len() - 1);
        }
        (place, tag(hash))
    }

    fn insert(&mut self, key: &Key<'_, N>) {
        if (self.filled + 1) * 2 > self.all.len() {
            let mut larger = Self::new(self.all.len() * 2);
            for entry in self.all.iter().filter(|entry| entry.tag != 0) {
                let (place, _) = larger.place(&Key { number: entry.number, texts: entry.texts });
                larger.all[place] = Entry { value: V::taken(&entry.value), ..*entry };
            }
            larger.filled = self.filled;
            *self = larger;
        }
        let (place, tag) = self.place(key);
        if self.all[place].tag == 0 {
            let texts = key.texts.map(interned);
            self.all[place] = Entry { tag, number: key.number, value: V::stored(), texts };
            self.filled += 1;
        }
    }
}

impl<const N: usize, V: Value> Entry<N, V> {
    #[inline(always)]
    fn is(&self, tag: u32, key: &Key<'_, N>) -> bool {
        let same_text = |i: usize| same(self.texts[i].as_bytes(), key.texts[i].as_bytes());
        self.tag == tag && self.number == key.number && (0..N).all(same_text)
    }
}

impl<const N: usize, V: Value> Table<N, V> {
    pub(super) const fn new(pool: &'static Pool<Shared<N, V>>) -> Self {
        Self { entries: Cell::new(ptr::null()), mask: Cell::new(0), shared: Cell::new(None), pool }
    }

    /// The cells of a label set.
    #[inline(always)]
    pub(super) fn value(&self, key: Key<'_, N>) -> &V::Cells {
        let (entries, mask) = (self.entries.get(), self.mask.get());
        if !entries.is_null() {
            let hash = hash(u64::from(key.number), key.texts);
            let mut place = hash as usize & mask;
            loop {
                // SAFETY: the place is masked; only this thread changes entries, and not here.
                let entry = unsafe { &*entries.add(place) };
                if entry.is(tag(hash), &key) {
                    return V::cells(&entry.value);
                }
                if entry.tag == 0 {
                    break;
                }
                place = (place + 1) & mask;
            }
        }
        self.create(key)
    }

    #[cold]
    #[inline(never)]
    fn create(&self, key: Key<'_, N>) -> &V::Cells {
        let shared = self.shared.get().unwrap_or_else(|| self.pool.take());
        self.shared.set(Some(shared));
        let mut entries = shared.0.lock().unwrap();
        entries.insert(&key);
        self.entries.set(entries.all.as_ptr());
        self.mask.set(entries.all.len() - 1);
        let place = entries.place(&key).0;
        // SAFETY: as in `value`; the entry stays until this thread inserts again.
        V::cells(unsafe { &(*self.entries.get().add(place)).value })
    }
}

const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32 | 1
}

/// The one copy of a text.
fn interned(text: &str) -> &'static str {
    static KNOWN: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap();
    let known = known.get_or_insert_default();
    known.get(text).copied().unwrap_or_else(|| {
        let new: &'static str = Box::leak(text.into());
        known.insert(new);
        new
    })
}

/// Defines families by the number of their texts, and what a series has.
macro_rules! table {
    ($(static $name:ident: $texts:literal, $value:ty;)*) => {
        thread_local! {
            $(
                static $name: $crate::contenders::limit::lookup::Table<$texts, $value> = const {
                    use $crate::contenders::limit::{cells::Pool, lookup::{Shared, Table}};
                    static POOL: Pool<Shared<$texts, $value>> = Pool::new();
                    Table::new(&POOL)
                };
            )*
        }
    };
}

pub(super) use table;
