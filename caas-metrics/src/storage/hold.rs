//! Holds: additions that are taken back, in the life of the series in which they were made.
//!
//! Not here: who takes them back (`child/guard.rs`), other updates (`update.rs`). Invariant: what is taken
//! back was added in the same life, so a series that was reset or removed meanwhile stays as it is.
//!
//! Where cells are stamped, the stamp alone sees to that: cells of an earlier life count for nobody. Other
//! cells, and those that all threads share, count at any time. There a thread first writes down the block
//! that it is about to write to, and then looks at the life. A reset first says which series it is about to
//! reset, and then waits until no thread is about to write there.

use std::cell::Cell;

use super::{
    cells::{AnyCells, Cells, Share, Words, near, shares},
    chunk::owner,
    index::Index,
    records::{Life, is_living},
    shared::SharedCell,
    sync::{Ordering, fence, yield_now},
    thread::Busy,
    update::{At, Home, enter, share, update_first, word},
};

/// Adds to a series for as long as its present life lasts. Returns that life, or `None` if nothing was
/// added: the series has been removed, it refuses the amount, or memory is missing.
pub(crate) fn take<F: Home>(at: At, add: impl Fn(&Cells<F>) -> bool) -> Option<At> {
    let index = F::index();
    let hold = begin(index, at)?;
    let is_added = Cell::new(false);
    give_back::<F>(hold, &|cells| is_added.set(add(cells)));
    end(index, at, hold, is_added.get())
}

/// The same in a cell that all threads share.
pub(crate) fn take_shared<F: Home>(at: At, add: impl Fn(SharedCell<'_>) -> bool) -> Option<At> {
    let index = F::index();
    let hold = begin(index, at)?;
    let is_added = Cell::new(false);
    give_back_shared::<F>(hold, &|cell| is_added.set(add(cell)));
    end(index, at, hold, is_added.get())
}

fn end(index: &Index, at: At, hold: At, is_added: bool) -> Option<At> {
    if is_added {
        index.count_overflow(at);
    }
    is_added.then_some(hold)
}

/// Takes back what a hold added, if the series is still in the same life.
pub(crate) fn give_back<F: Home>(hold: At, update: &dyn Fn(&Cells<F>)) {
    let (index, life) = (F::index(), hold.hold_life().unwrap_or(0));
    // SAFETY: the word is the family's, and a hold is of one of its series.
    let cells = unsafe { near(word::<F>(index), &F::SHAPE, hold.series(), || life) };
    match (cells, own::<F>(index)) {
        (Some(cells), _) if F::SHAPE.is_stamped() => update(&Cells::of(cells)),
        (Some(cells), Some(own)) => index.in_life(own, hold, || update(&Cells::of(cells))),
        _ if F::SHAPE.is_stamped() => update_first::<F>(hold, update),
        _ => first_unstamped(index, F::words(), hold, &|cells| update(&Cells::of(*cells))),
    }
}

/// The same for a thread that has no cells of the family.
#[cold]
#[inline(never)]
fn first_unstamped(index: &'static Index, words: Words, hold: At, update: &dyn Fn(&AnyCells)) {
    let cells = enter(index, words, hold);
    let own = Busy::begin().and_then(|busy| share(index, words, &busy));
    match (cells, own) {
        (Some(cells), Some(own)) => index.in_life(own, hold, || update(&cells)),
        _ => index.update_elsewhere(words, hold, update),
    }
}

/// The same in a cell that all threads share.
pub(crate) fn give_back_shared<F: Home>(hold: At, update: &dyn Fn(SharedCell<'_>)) {
    let index = F::index();
    let take = || Busy::begin().and_then(|busy| share(index, F::words(), &busy));
    let cell = index.shared_cell(hold.series(), &F::SHAPE);
    match (own::<F>(index).or_else(take), cell) {
        (Some(own), Some(cell)) => index.in_life(own, hold, || update(cell)),
        _ => index.write_locked(hold, update),
    }
}

/// This thread's share of a family, if it has one.
fn own<F: Home>(index: &Index) -> Option<&'static Share> {
    let word = word::<F>(index);
    // SAFETY: a word that is not null points to what belongs to a share, or to the empty directory.
    if word.is_null() { None } else { unsafe { owner(word) } }
}

/// The series in its present life, and in no later one. Where there is none for want of memory, the
/// update is counted as lost.
fn begin(index: &'static Index, at: At) -> Option<At> {
    let life = if index.shape.is_closed() {
        let life = index.closed_life(at);
        if life.is_none() {
            index.lose();
        }
        life
    } else {
        index.living(at)
    };
    Some(At::hold(at.series(), life?))
}

impl Index {
    /// The life of a series of a family with closed labels only, which begins if it was never touched.
    /// `None` without memory, and while this thread is busy.
    fn closed_life(&self, at: At) -> Option<Life> {
        if at.series() >= self.shape.block {
            return None;
        }
        let record = self.records.get(0, &self.shape);
        let has_cell = !self.shape.shared || self.shared_cell(at.series(), &self.shape).is_some();
        let life = record.map(|record| record.life(at.series())).filter(|_| has_cell);
        life.filter(|life| is_living(*life))
            .or_else(|| self.touch(&mut self.lock()?.writer, at.series()))
    }

    /// The life of a hold, if the series still is in it.
    pub(super) fn life_of_hold(&self, hold: At, life: Life) -> Option<Life> {
        let (block, place) = self.place(hold.series());
        let record = self.records.get(block, &self.shape)?;
        (record.life(place) == life).then_some(life)
    }

    /// Updates a series in the life of a hold, for this share's thread.
    fn in_life(&self, share: &Share, hold: At, update: impl FnOnce()) {
        let Some(life) = hold.hold_life() else { return };
        let (block, _) = self.place(hold.series());
        share.writes_to.store(block + 1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        // Who sees that a reset is over also sees the life that it began.
        let is_resetting = self.resetting.load(Ordering::Acquire) == hold.series() + 1;
        if !is_resetting && self.life_of_hold(hold, life).is_some() {
            update();
        }
        share.writes_to.store(0, Ordering::Release);
    }

    /// Resets a series whose cells do not say for which life they count, while no hold of it is made or
    /// taken back. Only under the lock. It waits for threads that are between two instructions of such an
    /// update; `reset` must begin the next life.
    pub(super) fn beside_no_hold<R>(&self, series: u32, reset: impl FnOnce() -> R) -> R {
        self.resetting.store(series + 1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let (block, _) = self.place(series);
        for share in shares(&self.shares) {
            while share.writes_to.load(Ordering::Acquire) == block + 1 {
                yield_now();
            }
        }
        let done = reset();
        self.resetting.store(0, Ordering::Release);
        done
    }
}
