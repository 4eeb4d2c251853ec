//! How series live and die: found, born, reset, removed, given up.
//!
//! A *block* is what is born together: all series of a family with closed labels only, which are
//! always there; else one series, or as many as `#[zeroed(…)]` names. Not here: what an update
//! does. Invariants: lives begin and end under the lock; no step under it is longer than a few
//! series.

use super::{
    cells::shares,
    index::{Index, Writer},
    key::{Key, LabelText},
    records::{LAST_LIFE, Life, Record, UNBORN, is_living},
    sync::{Ordering, fence},
    texts::MOST_BYTES,
    thread::Busy,
    update::At,
};
use crate::clock;

/// A bit in the birth of a block: the block does not count towards the limit. The other bits are
/// the number of scrapes that had begun.
pub(super) const IS_EXEMPT: u32 = 1 << 31;
pub(super) const LAST_SCRAPE: u32 = IS_EXEMPT - 1;

/// How many blocks are handled each time the lock is taken.
const STEP: u32 = 16;

/// How many ended blocks are checked at once for threads that may be about to write to them.
const CHECKS: usize = if cfg!(loom) { 1 } else { 64 };

/// How series are found.
impl Index {
    /// The present life of a series that was found in an earlier one, if resets were all that
    /// happened since; `None` if it has been removed.
    pub(super) fn living(&self, at: At) -> Option<Life> {
        let (block, place) = self.place(at.series());
        let record = self.records.get(block, &self.shape)?;
        if let Some(life) = at.hold_life() {
            return self.life_of_hold(at, life);
        }
        loop {
            let life = record.life(place);
            let is_it = is_living(life) && (record.born()..=life).contains(&at.life());
            if record.is_still(place, life) {
                return is_it.then_some(life);
            }
        }
    }

    /// The same series in its present life.
    #[cold]
    #[inline(never)]
    pub(super) fn up_to_date(&self, at: At) -> Option<At> {
        self.living(at).map(|life| at.in_life(life))
    }

    /// Whether a series still is in the life in which it was found.
    #[inline]
    pub(crate) fn lives(&self, at: At) -> bool {
        let (block, place) = self.place(at.series());
        self.records.get(block, &self.shape).is_some_and(|record| record.life(place) == at.life())
    }

    /// The life in which an update of a series counts; `None` if it has been removed, or without
    /// memory.
    pub(super) fn life_of(&self, at: At, busy: &Busy) -> Option<Life> {
        if !self.shape.is_closed() || at.hold_life().is_some() {
            return self.living(at);
        }
        if at.series() >= self.shape.block {
            return None;
        }
        if !self.shape.is_stamped() {
            // Without stamps no life is looked at.
            return Some(0);
        }
        let record = self.records.get(0, &self.shape);
        let life = record.map(|record| record.life(at.series())).filter(|life| is_living(*life));
        life.or_else(|| self.touch(&mut self.lock_busy(busy), at.series()))
    }

    /// The same under the lock.
    pub(super) fn life(&self, at: At, writer: &mut Writer) -> Option<Life> {
        if self.shape.is_closed() && at.hold_life().is_none() {
            self.touch(writer, at.series())
        } else {
            self.living(at)
        }
    }

    /// The series of a key, if it lives.
    pub(crate) fn find(&self, key: &Key<'_>, place: u32) -> Option<At> {
        self.table.seek(key.hash(), |block| {
            let record = self.records.get(block, &self.shape)?;
            loop {
                let life = record.life(place);
                let is_it = is_living(life) && self.is_of(record, key);
                if record.is_still(place, life) {
                    return is_it.then(|| At::new(block * self.shape.block + place, life));
                }
            }
        })
    }

    fn is_of(&self, record: Record<'_>, key: &Key<'_>) -> bool {
        // SAFETY: the codes are those of a record, loaded with acquire.
        key.values().zip(record.codes()).all(|(value, code)| unsafe { self.texts.is(code, value) })
    }
}

/// How series are born.
impl Index {
    /// Finds or creates the series of a key. Above the limit, or if a value is too long, it is the
    /// overflow series; `None` without memory.
    pub(crate) fn create(&self, key: &Key<'_>, place: u32, is_too_long: bool) -> Option<At> {
        // The overflow series is not for values that have ended.
        if key.has_ended() {
            return Some(At::GONE);
        }
        // A full family answers without the lock. Otherwise a flood of label sets would queue for
        // it.
        if is_too_long || self.is_full() {
            let found = if is_too_long { None } else { self.find(key, place) };
            if found.is_some() {
                return found;
            }
            let key = key.overflow();
            return self.find(&key, place).or_else(|| self.bear(&key, place)).map(At::as_overflow);
        }
        let born = self.bear(key, place);
        // It may have become full meanwhile.
        if born.is_none() && self.is_full() { self.create(key, place, is_too_long) } else { born }
    }

    /// Finds or creates the series of these values, which are all in the key.
    pub(crate) fn series_of(&self, values: &[LabelText<'_>]) -> Option<At> {
        let is_too_long = |text: &str| text.len() > MOST_BYTES;
        let is_too_long = values.iter().any(|value| value.0.as_str().is_some_and(is_too_long));
        self.create(&Key::new(values, &self.shape), 0, is_too_long)
    }

    /// Whether no block may be born that counts towards the limit.
    fn is_full(&self) -> bool {
        self.living.load(Ordering::Relaxed).saturating_add(self.shape.block) > self.shape.limit
    }

    /// The series of a key; it is born if it does not live.
    fn bear(&self, key: &Key<'_>, place: u32) -> Option<At> {
        let mut held = self.lock()?;
        if let Some(found) = self.find(key, place) {
            return Some(found);
        }
        // Who ends a value says so before it looks for series under this lock. So either it finds this one,
        // or this thread sees that the value has ended.
        if key.has_ended() {
            return Some(At::GONE);
        }
        let is_exempt = key.is_overflow();
        if !is_exempt && self.is_full() {
            return None;
        }
        // This thread writes to a block and texts that an earlier life used. Who sees these writes
        // also sees that the earlier life has ended.
        fence(Ordering::Release);
        let block = self.take_block(&mut held.writer)?;
        let record = self.records.get(block, &self.shape)?;
        if !self.name(block, record, key, &mut held.writer) {
            self.free(block, record, &mut held.writer);
            return None;
        }
        // Not a load: a scrape that begins later must see which lives have ended. Otherwise it
        // would show this label set twice, in its former block and in this one.
        let scrapes = self.scrapes.fetch_add(0, Ordering::Release);
        let last = record.series().map(|series| record.life(series)).max();
        let life = (last.unwrap_or(0) + 1) | 1;
        record.set_birth(scrapes | if is_exempt { IS_EXEMPT } else { 0 }, life);
        let second = clock::second();
        for series in record.series() {
            if let Some(cell) = self.own_shared_cell(block * self.shape.block + series) {
                cell.set(0);
            }
            record.begin(series, life, second);
        }
        if !is_exempt {
            self.living.fetch_add(self.shape.block, Ordering::Relaxed);
        }
        Some(At::new(block * self.shape.block + place, life))
    }

    /// Writes a key's codes into the record of a block that does not live, and the block into the
    /// table; `false` without memory.
    fn name(&self, block: u32, record: Record<'_>, key: &Key<'_>, writer: &mut Writer) -> bool {
        let mut named = 0;
        for (label, value) in key.values().enumerate() {
            let Some(code) = self.texts.code(&mut writer.texts, value) else { break };
            record.set_code(label, code);
            named += 1;
        }
        let is_named = named == self.shape.key as usize && self.table.insert(key.hash(), block);
        if !is_named {
            record.codes().take(named).for_each(|code| self.texts.give_up(&mut writer.texts, code));
        }
        is_named
    }

    /// A block that does not live: a used one if there is one, else a new one.
    fn take_block(&self, writer: &mut Writer) -> Option<u32> {
        if writer.free == 0 {
            self.check(writer);
        }
        if let Some(block) = writer.free.checked_sub(1) {
            writer.free = self.records.get(block, &self.shape)?.next();
            return Some(block);
        }
        let block = self.blocks.load(Ordering::Relaxed);
        let has_record = || self.records.len(&self.shape) > block || self.records.grow(&self.shape);
        let has_cells = || !self.shape.shared || self.grow_shared(block * self.shape.block);
        let is_there = block < self.shape.most_blocks() && has_record() && has_cells();
        let record = self.records.get(block, &self.shape).filter(|_| is_there)?;
        record.series().for_each(|series| record.begin(series, UNBORN, 0));
        self.blocks.store(block + 1, Ordering::Release);
        Some(block)
    }

    /// Frees the ended blocks that no thread is about to write to.
    fn check(&self, writer: &mut Writer) {
        let mut blocks = [0; CHECKS];
        let mut len = 0;
        while let Some((place, block)) = blocks.get_mut(len).zip(writer.unchecked.checked_sub(1)) {
            let Some(record) = self.records.get(block, &self.shape) else { break };
            (*place, writer.unchecked, len) = (block, record.next(), len + 1);
        }
        // These lives ended before this fence. A thread that still finds one living has written
        // down before the fence that it is about to write there.
        fence(Ordering::SeqCst);
        let mut are_written = [false; CHECKS];
        for share in shares(&self.shares) {
            let written = share.writes_to.load(Ordering::Acquire);
            for (block, is_written) in blocks[..len].iter().zip(&mut are_written) {
                *is_written |= block + 1 == written;
            }
        }
        for (block, is_written) in blocks[..len].iter().zip(are_written) {
            let list = if is_written { &mut writer.unchecked } else { &mut writer.free };
            if let Some(record) = self.records.get(*block, &self.shape) {
                record.set_next(std::mem::replace(list, block + 1));
            }
        }
    }
}

/// How series are reset and removed.
impl Index {
    /// Removes a series; one of a block of several goes back to zero instead. `false` if it did not
    /// live.
    pub(crate) fn remove(&self, key: &Key<'_>, place: u32) -> bool {
        let Some(mut held) = self.lock() else { return false };
        let found = self.find(key, place);
        found.is_some_and(|at| self.remove_at(at, &mut held.writer))
    }

    /// The same for a series that was found before.
    fn remove_at(&self, at: At, writer: &mut Writer) -> bool {
        if self.living(at) != Some(at.life()) {
            return false;
        }
        let (block, place) = self.place(at.series());
        match self.shape.block {
            1 => self.end(block, writer),
            _ => self.reset(block, place),
        }
        true
    }

    /// Ends the lives of a block.
    pub(super) fn end(&self, block: u32, writer: &mut Writer) {
        let Some(record) = self.records.get(block, &self.shape) else { return };
        if !is_living(record.life(0)) {
            return;
        }
        let is_exempt = record.birth() & IS_EXEMPT != 0;
        record.series().for_each(|series| record.end(series));
        self.table.remove(self.texts.hash(&mut record.codes()), block);
        for code in record.codes() {
            self.texts.give_up(&mut writer.texts, code);
        }
        if !is_exempt {
            self.living.fetch_sub(self.shape.block, Ordering::Relaxed);
        }
        self.free(block, record, writer);
    }

    /// Lets a block that does not live be born again, unless it has used up its lives.
    fn free(&self, block: u32, record: Record<'_>, writer: &mut Writer) {
        if record.series().any(|series| record.life(series) >= LAST_LIFE) {
            return;
        }
        let list = if self.shape.shared { &mut writer.unchecked } else { &mut writer.free };
        record.set_next(std::mem::replace(list, block + 1));
    }

    /// Makes a series of a block read as zero. Only under the lock.
    fn reset(&self, block: u32, place: u32) {
        let Some(record) = self.records.get(block, &self.shape) else { return };
        let life = record.life(place);
        if !is_living(life) {
            return;
        }
        let series = block * self.shape.block + place;
        match self.own_shared_cell(series) {
            Some(cell) => self.beside_no_hold(series, || {
                cell.set(0);
                if life < LAST_LIFE {
                    record.begin(place, life + 2, clock::second());
                }
            }),
            // It has used up its lives, so a reset could not be seen. It keeps its value.
            None if life >= LAST_LIFE => self.lose(),
            None => {
                self.resets.store(1, Ordering::Relaxed);
                record.begin(place, life + 2, clock::second());
            }
        }
    }

    /// Does something with each block, a few of them a step.
    fn step(&self, mut work: impl FnMut(u32, &mut Writer)) {
        let blocks = self.blocks.load(Ordering::Acquire);
        for first in (0..blocks).step_by(STEP as usize) {
            let Some(mut held) = self.lock() else { return };
            (first..blocks.min(first + STEP)).for_each(|block| work(block, &mut held.writer));
        }
    }
}

/// Many series at once.
impl Index {
    /// Removes series that were found before, unless their life has changed since. They must be in
    /// the order of their numbers. If only some series of a block are meant, they go back to zero
    /// instead. Returns how many were removed or went back to zero.
    pub(crate) fn remove_found(&self, found: &[At]) -> usize {
        let mut removed = 0;
        for found in found.chunk_by(|a, b| self.place(a.series()).0 == self.place(b.series()).0) {
            if self.shape.is_closed() {
                removed += found.len();
                for at in found {
                    self.reset_closed(at.series(), false);
                }
                continue;
            }
            let Some(mut held) = self.lock() else { break };
            let block = self.place(found[0].series()).0;
            let is_whole = found.len() == self.shape.block as usize;
            if is_whole && found.iter().all(|at| self.living(*at) == Some(at.life())) {
                self.end(block, &mut held.writer);
                removed += found.len();
            } else {
                let each = found.iter().map(|at| self.remove_at(*at, &mut held.writer));
                removed += each.filter(|is_removed| *is_removed).count();
            }
        }
        removed
    }

    /// Removes every series; those of a family with closed labels only go back to zero.
    pub(crate) fn clear(&self) {
        if self.shape.is_closed() {
            return (0..self.shape.block).for_each(|series| self.reset_closed(series, false));
        }
        self.step(|block, writer| self.end(block, writer));
    }

    /// Makes every series read as zero.
    pub(crate) fn reset_all(&self) {
        if self.shape.is_closed() {
            return (0..self.shape.block).for_each(|series| self.reset_closed(series, true));
        }
        self.step(|block, _| (0..self.shape.block).for_each(|place| self.reset(block, place)));
    }
}
