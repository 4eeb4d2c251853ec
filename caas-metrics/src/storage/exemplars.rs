//! Exemplars: for each series and bucket the newest one.
//!
//! Not here: how the exemplar of a bucket is written and read (`exemplars/slot.rs`), where it comes from
//! (`exemplars/` of the crate), and which bucket a value is in (`metric/`).
//! Invariants: an exemplar is shown only in the life in which its update counted; no update waits for
//! another one or for a scrape, and no scrape for an update.
//!
//! Memory is taken when a series first has an exemplar, and kept for good, as that of cells is.

mod slot;

use self::slot::Slot;
use super::{
    index::Index,
    memory::{Pages, keep, per_page, zeros},
    records::UNBORN,
    sync::{AtomicPtr, Mutex, Ordering, constant},
    thread::Busy,
    update::At,
};

/// The exemplars of a family.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "it is in a static that nobody can name")]
pub struct Exemplars {
    /// How many buckets of a series can have one.
    buckets: u32,
    /// For each series its slots, once it has had an exemplar.
    series: Pages<AtomicPtr<Slot>>,
    /// Held while memory for slots is taken.
    growth: Mutex<()>,
}

/// A bucket that may have a new exemplar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    at: At,
    bucket: u32,
    second: u32,
}

/// An exemplar as it is kept; the text has its labels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Held<T> {
    pub(crate) value: f64,
    /// Milliseconds of the Unix time.
    pub(crate) time: u64,
    pub(crate) text: T,
}

/// There was no memory.
#[derive(Debug)]
pub(crate) struct NoMemory;

/// How many series a page has.
const SERIES: u32 = per_page(size_of::<*const ()>());

/// The most pages that are taken at once. Later exemplars take the others.
const MOST_PAGES: u32 = 64;

impl Exemplars {
    constant! {
        pub(crate) fn new(buckets: u32) -> Self {
            Self { buckets, series: Pages::new(), growth: Mutex::new(()) }
        }
    }

    /// The bucket of a series, if it may have a new exemplar in this second. Five loads.
    #[inline]
    pub(crate) fn due(&self, at: At, bucket: u32, second: u32) -> Option<Due> {
        let is_due = match self.slot(at.series(), bucket) {
            Some(slot) => slot.is_due(at.life(), second),
            None => bucket < self.buckets,
        };
        is_due.then_some(Due { at, bucket, second })
    }

    /// Keeps an exemplar, unless another thread is doing the same.
    #[cold]
    pub(crate) fn put(&self, due: Due, exemplar: &Held<&[u8]>) -> Result<(), NoMemory> {
        // A thread that takes memory already may be in the allocator.
        let Some(busy) = Busy::begin() else { return Ok(()) };
        let series = due.at.series();
        if self.slot(series, due.bucket).is_none() {
            self.grow(series, &busy)?;
        }
        self.slot(series, due.bucket).map_or(Ok(()), |slot| slot.put(due, exemplar))
    }

    /// The exemplars of a series that was read in this life, from its first bucket on.
    pub(crate) fn read(&self, index: &Index, at: At, mut show: impl FnMut(Held<Vec<u8>>)) {
        // Where a series has no stamps, a scrape does not see that it was reset meanwhile.
        let at = if index.shape.is_closed() { index.counting(at) } else { Some(at) };
        let Some(at) = at else { return };
        for bucket in 0..self.buckets {
            let Some(slot) = self.slot(at.series(), bucket) else { return };
            if let Some(held) = slot.read(at.life()) {
                show(held);
            }
        }
    }

    #[inline]
    pub(super) fn slot(&self, series: u32, bucket: u32) -> Option<&'static Slot> {
        let (page, place) = (series / SERIES, series % SERIES);
        if bucket >= self.buckets || page >= self.series.pages() {
            return None;
        }
        // SAFETY: the page exists, as was just loaded with acquire, and has this place. What is found
        // there is null or slots for all buckets, which are kept for good.
        unsafe {
            let first =
                (*self.series.page(page as usize).add(place as usize)).load(Ordering::Acquire);
            if first.is_null() { None } else { Some(&*first.add(bucket as usize)) }
        }
    }

    /// Takes memory for the slots of a series, unless another thread is taking some.
    fn grow(&self, series: u32, _: &Busy) -> Result<(), NoMemory> {
        let Ok(_growing) = self.growth.try_lock() else { return Ok(()) };
        let (page, place) = (series / SERIES, series % SERIES);
        let mut taken = 0;
        while self.series.pages() <= page {
            if taken == MOST_PAGES {
                return Ok(());
            }
            if !self.series.grow(SERIES as usize) {
                return Err(NoMemory);
            }
            taken += 1;
        }
        // SAFETY: the page exists and has this place.
        let slots = unsafe { &*self.series.page(page as usize).add(place as usize) };
        if slots.load(Ordering::Relaxed).is_null() {
            let new = zeros(self.buckets as usize).ok_or(NoMemory)?;
            slots.store(keep(new), Ordering::Release);
        }
        Ok(())
    }
}

/// The lives in which updates count.
impl Index {
    /// A series in the life in which an update counts that begins now; `None` if it has been removed.
    /// If the series is reset meanwhile, that life has ended, and its exemplar is not shown.
    pub(crate) fn counting(&self, at: At) -> Option<At> {
        if !self.shape.is_closed() {
            return self.living(at).map(|life| at.in_life(life));
        }
        if at.series() >= self.shape.block {
            return None;
        }
        let record = self.records.get(0, &self.shape);
        // The record begins with these lives.
        let first = if self.shape.whole { UNBORN + 1 } else { UNBORN };
        let life = record.map_or(first, |record| record.life(at.series()));
        // The first update of a series with stamps begins its life.
        Some(at.in_life(if self.shape.is_stamped() { life | 1 } else { life }))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const FIRST: At = At::new(300, 3);
    const SECOND: At = At::new(300, 5);

    fn put(all: &Exemplars, at: At, bucket: u32, second: u32, text: &[u8]) -> bool {
        let due = all.due(at, bucket, second);
        let held = Held { value: 1.5, time: 7, text };
        due.is_some_and(|due| all.put(due, &held).is_ok())
    }

    fn texts(all: &Exemplars, at: At) -> Vec<Vec<u8>> {
        let slots = (0..all.buckets).filter_map(|bucket| all.slot(at.series(), bucket));
        slots.filter_map(|slot| slot.read(at.life())).map(|held| held.text).collect()
    }

    #[test]
    fn a_bucket_has_one_a_second() {
        let all = Exemplars::new(2);
        assert!(put(&all, FIRST, 1, 9, b"a"));
        assert!(!put(&all, FIRST, 1, 9, b"b"));
        assert!(put(&all, FIRST, 0, 9, b"c"), "another bucket");
        assert_eq!(texts(&all, FIRST), [b"c", b"a"]);
        assert!(put(&all, FIRST, 1, 10, b""));
        assert_eq!(texts(&all, FIRST), [&b"c"[..], b""]);
        assert!(all.due(FIRST, 2, 11).is_none(), "there is no such bucket");
    }

    #[test]
    fn a_life_does_not_see_another_ones() {
        let all = Exemplars::new(1);
        assert!(put(&all, FIRST, 0, 9, b"a"));
        assert_eq!(texts(&all, SECOND), [b""; 0]);
        assert!(put(&all, SECOND, 0, 9, b"b"), "in the same second");
        assert!(!put(&all, FIRST, 0, 10, b"c"), "too late");
        assert_eq!(texts(&all, FIRST), [b""; 0]);
        assert_eq!(texts(&all, SECOND), [b"b"]);
    }

    #[test]
    fn texts_of_any_length_come_back() {
        let all = Exemplars::new(1);
        for (second, len) in
            [0_u32, 1, 7, 8, 9, 95, 96, 97, 300, 1024, 5, 700].into_iter().enumerate()
        {
            let text: Vec<u8> = (0..len).map(|n| n as u8).collect();
            assert!(put(&all, FIRST, 0, second as u32, &text));
            assert_eq!(texts(&all, FIRST), [text]);
        }
    }

    #[test]
    fn memory_of_far_series_is_taken_in_steps() {
        let all = Exemplars::new(1);
        let far = At::new(SERIES * (3 * MOST_PAGES) - 1, 3);
        let tries = (0..10)
            .position(|second| put(&all, far, 0, second, b"a") && !texts(&all, far).is_empty());
        assert_eq!(tries, Some(2));
    }
}
