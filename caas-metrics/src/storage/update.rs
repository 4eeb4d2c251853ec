//! What an update does: from a label set, or from a series that was found before, to cells.
//!
//! Here is the short way, for which all of a family's shape is constant. What it does not find is
//! left to `index.rs`. Invariant: an update of a series that its thread has updated before takes no
//! lock and no memory.

use super::{
    cells::{AnyCells, Cells, Share, Word, Words, near, nowhere},
    chunk::owner,
    index::Index,
    key::{LabelText, each_value, hash},
    records::{Life, Record, is_living},
    shape::Shape,
    shared::SharedCell,
    sync::{Ordering, StaticU64, fence},
    thread::{Busy, take_share},
};

/// A family as an update knows it.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait Home {
    const SHAPE: Shape;
    fn index() -> &'static Index;
    fn words() -> Words;
}

/// A series in one of its lives and in what resets make of that. In a family with closed labels only, all
/// lives are meant. A hold means one life, and no later one.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    series: u32,
    /// Odd. Of a hold it is the number after its life; where all lives are meant, 0.
    life: Life,
}

/// Marks an overflow series that stands for a series above the limit. No series has such a number,
/// so the short way never finds one.
const IS_OVERFLOW: u32 = 1 << 31;

impl At {
    /// No series: its updates are lost.
    pub(crate) const NOWHERE: Self = Self { series: IS_OVERFLOW - 1, life: 0 };

    /// A series that is gone: its updates go nowhere, and are not lost.
    pub(crate) const GONE: Self = Self { series: IS_OVERFLOW - 1, life: 1 };

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) const fn new(series: u32, life: Life) -> Self {
        Self { series, life }
    }

    /// A series of a family with closed labels only.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn closed(series: u32) -> Self {
        Self { series, life: 0 }
    }

    /// A series in this life only.
    pub(super) const fn hold(series: u32, life: Life) -> Self {
        Self { series, life: life + 1 }
    }

    /// The life of a hold; `None` for other series.
    pub(super) fn hold_life(self) -> Option<Life> {
        (self.life != 0 && !is_living(self.life)).then(|| self.life - 1)
    }

    /// The same series, in place of one that is above the limit.
    pub(super) const fn as_overflow(self) -> Self {
        Self { series: self.series | IS_OVERFLOW, life: self.life }
    }

    /// Whether it stands for a series that is above the limit.
    #[inline]
    pub(crate) const fn is_overflow(self) -> bool {
        self.series & IS_OVERFLOW != 0
    }

    #[inline]
    pub(super) const fn series(self) -> u32 {
        self.series & !IS_OVERFLOW
    }

    /// The place of a series of a family with closed labels only.
    #[inline]
    pub(crate) const fn closed_place(self) -> u32 {
        self.series
    }

    pub(super) const fn in_life(self, life: Life) -> Self {
        Self { life, ..self }
    }

    #[inline]
    pub(super) const fn life(self) -> Life {
        self.life
    }
}

/// A series that is remembered for the next time.
#[derive(Debug, Default)]
pub(crate) struct Remembered(StaticU64);

impl Remembered {
    pub(crate) const fn new() -> Self {
        Self(StaticU64::new(0))
    }

    pub(crate) fn set(&self, at: At) {
        self.0.store(u64::from(at.series) << 32 | u64::from(at.life), Ordering::Release);
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<At> {
        let both = self.0.load(Ordering::Acquire);
        // A series that was found has a life.
        (both != 0).then_some(At { series: (both >> 32) as u32, life: both as u32 })
    }
}

/// This thread's word of a family. An isolation has no words: its updates all go the slow way.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn word<F: Home>(index: &Index) -> *const () {
    if index.is_isolated() {
        return nowhere(&F::SHAPE);
    }
    // It can be gone before the thread only on targets where thread-locals are allocated.
    F::words().try_with(Word::get).unwrap_or(nowhere(&F::SHAPE))
}

/// This thread's cells of a series, if it has updated it before.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn known<F: Home>(at: At) -> Option<Cells<F>> {
    let index = F::index();
    known_in(index, present::<F>(index, at)?)
}

/// The same, with the series in the life for which the cells count.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn located<F: Home>(at: At) -> Option<(Cells<F>, At)> {
    let index = F::index();
    let at = present::<F>(index, at)?;
    known_in(index, at).map(|cells| (cells, at))
}

/// A series in its present life, unless it has been removed.
#[cfg_attr(not(debug_assertions), inline(always))]
fn present<F: Home>(index: &Index, at: At) -> Option<At> {
    if F::SHAPE.is_closed() {
        return (at.series < F::SHAPE.block).then_some(at);
    }
    let has_resets = index.resets.load(Ordering::Relaxed) != 0;
    if has_resets { index.up_to_date(at) } else { Some(at) }
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn known_in<F: Home>(index: &Index, at: At) -> Option<Cells<F>> {
    let word = word::<F>(index);
    // SAFETY: the word is the family's; if that is in one piece, it has this series.
    unsafe { near(word, &F::SHAPE, at.series, || life::<F>(index, at)) }.map(Cells::of)
}

/// The life in which an update counts.
#[cfg_attr(not(debug_assertions), inline(always))]
fn life<F: Home>(index: &Index, at: At) -> Life {
    if F::SHAPE.is_closed() {
        // SAFETY: a thread that has cells of the family has found its record.
        unsafe { index.records.record(0, &F::SHAPE) }.life(at.series)
    } else {
        at.life
    }
}

/// This thread's cells of the series with these label values, if it has updated it before; `place`
/// is the series' place in its block.
///
/// The record's life is read once, after its codes. If it equals this thread's stamp, that is
/// enough. This thread has then seen the whole record in that life, so it read no code of an
/// earlier one; and a later one begins only after this life has ended, so it read no code of that
/// either.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn known_by<F: Home>(values: &[LabelText<'_>], place: u32) -> Option<Cells<F>> {
    located_by(values, place).map(|(cells, _)| cells)
}

/// The same, with the series in the life for which the cells count.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn located_by<F: Home>(values: &[LabelText<'_>], place: u32) -> Option<(Cells<F>, At)> {
    let (index, shape) = (F::index(), &F::SHAPE);
    let block = index.table.first(hash(values, shape))?;
    // SAFETY: the table holds blocks whose records exist, and gives them by an acquire load.
    let record = unsafe { index.records.record(block, shape) };
    if !is_of(index, record, values, shape) {
        return None;
    }
    fence(Ordering::Acquire);
    let word = word::<F>(index);
    let (series, life) = (block * shape.block + place, record.life(place));
    // SAFETY: the word is the family's.
    let cells = unsafe { near(word, shape, series, || life) }?;
    Some((Cells::of(cells), At::new(series, life)))
}

/// The series with these label values, if it lives.
#[inline]
pub(crate) fn find<F: Home>(values: &[LabelText<'_>], place: u32) -> Option<At> {
    let (index, shape) = (F::index(), &F::SHAPE);
    let block = index.table.first(hash(values, shape))?;
    // SAFETY: as in `known_by`.
    let record = unsafe { index.records.record(block, shape) };
    let life = record.life(place);
    let is_it = is_living(life) && is_of(index, record, values, shape);
    (is_it && record.is_still(place, life)).then(|| At::new(block * shape.block + place, life))
}

/// Whether a record has these values.
#[cfg_attr(not(debug_assertions), inline(always))]
fn is_of(index: &Index, record: Record<'_>, values: &[LabelText<'_>], shape: &Shape) -> bool {
    let mut label = 0;
    each_value!(values, |place, value| if shape.in_block >> place & 1 == 0 {
        // SAFETY: the codes are those of a record, loaded with acquire.
        if !unsafe { index.texts.is(record.code(label), value) } {
            return false;
        }
        label += 1;
    });
    label > 0
}

/// This thread's cells of a series, which are taken if it has none. `None` while the thread's
/// locals are torn down, while the thread is busy, without memory, and if the series no longer
/// lives.
#[cold]
#[inline(never)]
pub(super) fn enter(index: &'static Index, words: Words, at: At) -> Option<AnyCells> {
    let busy = Busy::begin()?;
    let life = index.life_of(at, &busy)?;
    let share = share(index, words, &busy)?;
    let cells = share.enter(at.series(), life)?;
    words.try_with(|word| word.set(share.word())).ok()?;
    index.count_overflow(at);
    Some(cells)
}

/// Updates a series that this thread has not updated before, the slow way if there is no other.
#[cold]
#[inline(never)]
pub(crate) fn update_first<F: Home>(at: At, update: &dyn Fn(&Cells<F>)) {
    let (index, words) = (F::index(), F::words());
    match enter(index, words, at) {
        Some(cells) => update(&Cells::of(cells)),
        None => index.update_elsewhere(words, at, &|cells| update(&Cells::of(*cells))),
    }
}

/// This thread's share of a family, which is taken if it has none. An isolation has no shares of threads.
pub(super) fn share(index: &'static Index, words: Words, busy: &Busy) -> Option<&'static Share> {
    if index.is_isolated() {
        return None;
    }
    let word = words.try_with(Word::get).ok()?;
    // SAFETY: a word that is not null points to what belongs to a share, or to the empty directory.
    let own = if word.is_null() { None } else { unsafe { owner(word) } };
    if own.is_some() {
        return own;
    }
    let share = take_share(index, words, busy)?;
    words.try_with(|word| word.set(share.word())).ok()?;
    Some(share)
}

/// Updates the shared cell of a series; `false` if that needs the slow way.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn write<F: Home>(at: At, update: impl FnOnce(SharedCell<'_>)) -> bool {
    let (index, shape) = (F::index(), &F::SHAPE);
    if shape.is_closed() {
        let Some(cell) = index.shared_cell(at.series, shape) else { return false };
        // If the series is not exported from the start, it must be marked as touched. A single cell is there
        // before any record.
        let lives = |record: Record<'_>| is_living(record.life(at.series));
        let is_exported = shape.whole || index.records.get(0, shape).is_some_and(lives);
        if is_exported {
            update(cell);
        }
        return is_exported;
    }
    // SAFETY: the word of such a shape is a directory.
    let own = unsafe { owner(word::<F>(index)) };
    own.map(|share| index.write(share, at, update)).is_some()
}

/// The same, the slow way: takes a share, or updates under the lock.
#[cold]
#[inline(never)]
pub(crate) fn write_slowly<F: Home>(at: At, update: &dyn Fn(SharedCell<'_>)) {
    let index = F::index();
    if !index.shape.is_closed() {
        let share = Busy::begin().and_then(|busy| share(index, F::words(), &busy));
        if let Some(share) = share {
            return index.write(share, at, update);
        }
    }
    index.write_locked(at, update);
}
