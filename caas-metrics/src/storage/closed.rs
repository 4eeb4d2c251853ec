//! Families with closed labels only: one block, which is always there.
//!
//! Not here: how an update finds its cells (`update.rs`). A series is exported from the start, or
//! once it was touched: then its life is odd, or, where cells have no stamps, its value is not
//! zero. Invariant: a series that is reset reads as zero, and then counts exactly what comes after.

use super::{
    index::{Index, Writer},
    memory::{keep, zeros},
    records::{LAST_LIFE, Life, Record, UNBORN, is_living},
    sums::add_up_one,
    sync::{AtomicU64, Ordering},
};
use crate::clock;

impl Index {
    /// The only record, allocated if it is missing; `None` without memory.
    fn only_record(&self, _: &mut Writer) -> Option<Record<'_>> {
        if self.records.len(&self.shape) == 0 {
            if !self.records.grow(&self.shape) {
                return None;
            }
            let record = self.records.get(0, &self.shape)?;
            // Those that are exported from the start live at once.
            let life = if self.shape.whole { UNBORN + 1 } else { UNBORN };
            record.series().for_each(|series| record.begin(series, life, clock::begun()));
        }
        self.records.get(0, &self.shape)
    }

    /// The life of a series. One that was never touched begins its first; `None` without memory.
    pub(super) fn touch(&self, writer: &mut Writer, series: u32) -> Option<Life> {
        let record = self.only_record(writer)?;
        if series >= self.shape.block || self.shape.shared && !self.grow_shared(0) {
            return None;
        }
        let life = record.life(series);
        if !is_living(life) {
            record.begin(series, life + 1, clock::second());
        }
        Some(record.life(series))
    }

    /// Marks a series as touched; `false` without memory.
    pub(crate) fn init(&self, series: u32) -> bool {
        let held = self.lock();
        held.is_some_and(|mut held| self.touch(&mut held.writer, series).is_some())
    }

    /// Whether a series is exported.
    pub(crate) fn is_exported(&self, series: u32) -> bool {
        let record = self.records.get(0, &self.shape);
        self.shape.whole
            || record.is_some_and(|record| is_living(record.life(series)))
            || self.shape.shows_by_value() && self.since_reset(series) != 0
    }

    /// Makes a series read as zero. If it is not exported from the start, `stays` says whether it
    /// still is exported afterwards.
    pub(crate) fn reset_closed(&self, series: u32, stays: bool) {
        let Some(mut held) = self.lock() else { return };
        if !self.is_exported(series) {
            return;
        }
        let Some(record) = self.only_record(&mut held.writer) else { return self.lose() };
        let reset = || self.reset_in(record, series, stays);
        let is_reset =
            if self.shape.waits_for_holds() { self.beside_no_hold(series, reset) } else { reset() };
        if !is_reset {
            // It keeps its value.
            self.lose();
        }
    }

    /// Does so under the lock; `false` if it cannot.
    fn reset_in(&self, record: Record<'_>, series: u32, stays: bool) -> bool {
        let life = record.life(series);
        let is_reset = match self.own_shared_cell(series) {
            Some(cell) => {
                cell.set(0);
                true
            }
            None if self.shape.is_stamped() => life < LAST_LIFE,
            None => self.rebase(series),
        };
        if !is_reset {
            return false;
        }
        let next = if stays || self.shape.whole { (life + 1) | 1 } else { (life + 2) & !1 };
        record.begin(series, if life < LAST_LIFE { next } else { life }, clock::second());
        true
    }

    /// Takes what a series holds as its baseline; `false` without memory.
    fn rebase(&self, series: u32) -> bool {
        if self.baselines.load(Ordering::Relaxed).is_null() {
            let Some(baselines) = zeros(self.shape.block as usize) else { return false };
            self.baselines.store(keep(baselines), Ordering::Release);
        }
        let Some(baseline) = self.baseline(series) else { return false };
        let since = self.since_reset(series);
        baseline.fetch_add(since, Ordering::Release);
        true
    }

    /// What a series without stamps has counted since its last reset.
    fn since_reset(&self, series: u32) -> u64 {
        let mut value = [0; 2];
        let value = &mut value[..self.shape.layout.cells() as usize];
        self.begin_from_baseline(series, value);
        add_up_one(&self.shares, &self.shape, series, 0, value);
        value.iter().rev().copied().reduce(u64::wrapping_sub).unwrap_or(0)
    }

    /// What a series held at its last reset.
    fn baseline(&self, series: u32) -> Option<&AtomicU64> {
        let baselines = self.baselines.load(Ordering::Acquire);
        if baselines.is_null() || series >= self.shape.block {
            return None;
        }
        // SAFETY: there is one for each series, and they are kept for good.
        Some(unsafe { &*baselines.add(series as usize) })
    }

    /// Starts the last of a series' sums at minus the baseline, so that it is the sum since the
    /// reset. The baseline is read before the values, which then include all that it was made of:
    /// no sum is below zero.
    pub(super) fn begin_from_baseline(&self, series: u32, sums: &mut [u64]) {
        if let (Some(baseline), Some(last)) = (self.baseline(series), sums.last_mut()) {
            *last = baseline.load(Ordering::Acquire).wrapping_neg();
        }
    }
}
