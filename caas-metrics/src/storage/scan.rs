//! What a scrape reads of a family, a few hundred series at a time.
//!
//! Not here: how label sets and samples are made of it (`walk.rs`). Invariants: holds no lock; what is
//! shown of a series belongs to one life of it.

use std::{ops::Range, time::Duration};

use super::{
    copies::{Copies, UNKNOWN},
    index::Index,
    lives::{IS_EXEMPT, LAST_SCRAPE},
    records::{Life, Record, is_living},
    shape::Shape,
    shared::SharedCell,
    sums::{add_up, add_up_one},
    sync::{Ordering, fence},
    texts::{Code, as_integer},
    update::At,
};
use crate::clock;

/// Some series of a family, as they were read. It is reused, so that a scrape does not allocate for
/// each series.
///
/// It reads one thing of all series, then the next thing: short loops are quick.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The series that are shown.
    rows: Vec<Row>,
    /// For each label of the key, its values in all rows.
    names: Vec<Vec<Name>>,
    texts: Copies,
    /// The values in the cells of all rows, and how many each has.
    values: Vec<u64>,
    cells: usize,
}

/// A series that is shown.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// The record that it was found in. A family with closed labels only may have none yet.
    record: Option<Record<'static>>,
    series: u32,
    /// Its place in its block.
    place: u32,
    /// The life that it was found in.
    life: Life,
    /// The second in which that began.
    start: u32,
    /// How many of the first values of the key are those of the row before.
    same: u32,
}

/// The value of a label: the code in the record, and for an open label the number of its text.
#[derive(Debug, Clone, Copy)]
struct Name {
    code: Code,
    text: u32,
}

/// How far a scrape of a family goes.
#[derive(Debug, Clone)]
pub(crate) struct Extent {
    /// Blocks; in a family that is a single block, series.
    units: Range<u32>,
    /// Blocks that were born when more scrapes had begun are left to the next scrape. Otherwise a
    /// label set that is removed and born again meanwhile could be shown twice.
    scrapes: u32,
}

/// How many series are read at a time, unless a block has more.
const STEP: u32 = if cfg!(loom) { 2 } else { 256 };

/// The most values that are read at a time, unless a block has more.
const MOST_VALUES: usize = 8192;

impl Index {
    /// Begins a scrape.
    pub(crate) fn extent(&self) -> Extent {
        let next = |scrapes: u32| (scrapes < LAST_SCRAPE).then(|| scrapes + 1);
        let scrapes = self.scrapes.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        let scrapes = scrapes.unwrap_or(LAST_SCRAPE);
        let is_closed = self.shape.is_closed();
        let units = if is_closed { self.shape.block } else { self.blocks.load(Ordering::Acquire) };
        Extent { units: 0..units, scrapes }
    }
}

/// One series.
impl Index {
    /// Reads the cells of a series; `false` if it is not there.
    pub(crate) fn read(&self, at: At, cells: &mut [u64]) -> bool {
        let (block, place) = self.place(at.series());
        let record = self.records.get(block, &self.shape);
        if let (true, Some(cell)) = (self.shape.shared, cells.first_mut()) {
            let shared = self.shared_cell(at.series(), &self.shape);
            *cell = shared.map_or(0, SharedCell::get);
            return self.shape.is_closed() || self.living(at).is_some();
        }
        loop {
            let life = record.map_or(0, |record| record.life(place));
            cells.fill(0);
            self.begin_from_baseline(at.series(), cells);
            add_up_one(&self.shares, &self.shape, at.series(), life, cells);
            if record.is_none_or(|record| record.is_still(place, life)) {
                return self.shape.is_closed() || self.living(at).is_some();
            }
        }
    }

    /// The second in which the life of a series began; `None` if it has been removed.
    pub(crate) fn start(&self, at: At) -> Option<u32> {
        let (block, place) = self.place(at.series());
        let record = self.records.get(block, &self.shape);
        let is_there = self.shape.is_closed() || self.living(at).is_some();
        is_there.then(|| record.map_or_else(clock::begun, |record| record.start(place)))
    }
}

impl Scan {
    /// Reads the next series of a family, in whole blocks; `false` if none are left.
    pub(crate) fn read(&mut self, index: &Index, extent: &mut Extent) -> bool {
        let Range { start: from, end } = extent.units;
        if from == end {
            return false;
        }
        let series = if index.shape.is_closed() { 1 } else { index.shape.block };
        self.cells = index.shape.layout.values() as usize;
        let step = STEP.min((MOST_VALUES / self.cells.max(1)) as u32).max(1);
        let to = end.min(from + step.div_ceil(series));
        extent.units.start = to;
        self.names.resize_with(index.shape.key as usize, Vec::new);
        self.texts.clear();
        self.truncate(0);
        if !self.read_units(index, from..to, extent.scrapes) {
            for unit in from..to {
                while !self.read_units(index, unit..unit + 1, extent.scrapes) {}
            }
        }
        true
    }

    /// Adds the series of some units. If one changed meanwhile, it adds nothing and returns
    /// `false`.
    fn read_units(&mut self, index: &Index, units: Range<u32>, scrapes: u32) -> bool {
        let first = self.rows.len();
        if index.shape.is_closed() {
            self.list_closed(index, units.clone());
        } else {
            self.list_blocks(index, units.clone(), scrapes);
            self.read_names(index, first);
        }
        self.values.resize(self.rows.len() * self.cells, 0);
        self.add_up(index, first..self.rows.len());
        if index.shape.shows_by_value() {
            self.drop_untouched(first);
        }
        let is_alone = units.len() == 1;
        let is_right =
            self.are_still(&index.shape, first) || is_alone && self.read_changed(index, first);
        if !is_right {
            self.truncate(first);
        }
        is_right
    }

    fn truncate(&mut self, rows: usize) {
        self.rows.truncate(rows);
        self.names.iter_mut().for_each(|names| names.truncate(rows));
        self.values.truncate(rows * self.cells);
    }

    fn list_closed(&mut self, index: &Index, series: Range<u32>) {
        let shape = &index.shape;
        let record = index.records.get(0, shape);
        for place in series {
            let life = record.map_or(0, |record| record.life(place));
            if shape.whole || is_living(life) || shape.shows_by_value() {
                let start = record.map_or_else(clock::begun, |record| record.start(place));
                self.rows.push(Row { record, series: place, place, life, start, same: 0 });
            }
        }
    }

    fn list_blocks(&mut self, index: &Index, blocks: Range<u32>, scrapes: u32) {
        let Shape { block: series, key, .. } = index.shape;
        self.rows.reserve(blocks.len() * series as usize);
        // SAFETY: the number of blocks was loaded with acquire.
        for page in unsafe { index.records.pages(blocks, &index.shape) } {
            for (block, record) in page {
                let life = record.life(0);
                if !is_living(life) || record.birth() & !IS_EXEMPT > scrapes {
                    continue;
                }
                let first = block * series;
                let start = record.start(0);
                let record = Some(record);
                let row = Row { record, series: first, place: 0, life, start, same: key };
                self.rows.push(row);
                for (place, record) in (1..series).zip(record.iter().cycle()) {
                    let (life, start) = (record.life(place), record.start(place));
                    self.rows.push(Row { series: first + place, place, life, start, ..row });
                }
            }
        }
    }

    /// Reads the keys of the rows from one on.
    fn read_names(&mut self, index: &Index, first: usize) {
        self.texts.forget_codes();
        let rows = &mut self.rows[first..];
        for (label, names) in self.names.iter_mut().enumerate().rev() {
            let is_open = index.shape.open >> label & 1 == 1;
            let mut last = Name { code: UNKNOWN, text: 0 };
            names.extend(rows.iter_mut().map(|row| {
                let code = row.record.map_or(UNKNOWN, |record| record.code(label));
                // Neighbours often have the same value.
                if code != last.code {
                    row.same = label as u32;
                    let text = if is_open { self.texts.number(index, code) } else { 0 };
                    last = Name { code, text };
                }
                last
            }));
        }
    }

    /// Adds what the cells of some rows hold.
    fn add_up(&mut self, index: &Index, rows: Range<usize>) {
        let (shape, cells) = (&index.shape, self.cells);
        let values = &mut self.values[rows.start * cells..rows.end * cells];
        let rows = &self.rows[rows];
        let each = || rows.iter().map(|row| (row.series, row.life));
        if shape.shared {
            for ((series, _), value) in each().zip(values) {
                *value = index.shared_cell(series, shape).map_or(0, SharedCell::get);
            }
            return;
        }
        if shape.is_closed() {
            let series = each().zip(values.chunks_exact_mut(cells.max(1)));
            series.for_each(|((series, _), sums)| index.begin_from_baseline(series, sums));
        }
        add_up(&index.shares, shape, each, values);
    }

    /// Drops the series that were never touched, from row `first` on: their only cell is zero.
    fn drop_untouched(&mut self, first: usize) {
        let mut shown = first;
        for row in first..self.rows.len() {
            if self.values[row] != 0 || is_living(self.rows[row].life) {
                self.rows[shown] = self.rows[row];
                self.values[shown] = self.values[row];
                shown += 1;
            }
        }
        self.truncate(shown);
    }

    /// Whether the rows from one on are still in the lives in which they were found, and therefore
    /// were in them during every load before this call.
    fn are_still(&self, shape: &Shape, first: usize) -> bool {
        if !shape.is_stamped() && shape.is_closed() {
            return true;
        }
        // If a load before saw anything of a later life, this fence makes the word that ended the
        // one before visible to the loads below.
        fence(Ordering::Acquire);
        let life = |row: &Row| row.record.map_or(row.life, |record| record.life(row.place));
        self.rows[first..].iter().all(|row| life(row) == row.life)
    }

    /// Reads the cells of those rows again whose series were reset meanwhile; `false` if a series
    /// has been removed. Reading all of them again might never end beside a thread that resets
    /// series of a large block.
    #[cold]
    fn read_changed(&mut self, index: &Index, first: usize) -> bool {
        for number in first..self.rows.len() {
            let Row { record: Some(record), place, life: before, .. } = self.rows[number] else {
                continue;
            };
            while !record.is_still(place, self.rows[number].life) {
                let life = record.life(place);
                if !is_living(life) || record.born() > before {
                    return false;
                }
                self.rows[number].life = life;
                self.rows[number].start = record.start(place);
                self.values[number * self.cells..][..self.cells].fill(0);
                self.add_up(index, number..number + 1);
            }
        }
        true
    }

    /// How many series are shown.
    pub(crate) fn rows(&self) -> Range<usize> {
        0..self.rows.len()
    }

    /// A series that is shown, in the life in which it was read.
    pub(crate) fn at(&self, row: usize) -> At {
        At::new(self.rows[row].series, self.rows[row].life)
    }

    /// When the life of a series began, as Unix time.
    #[inline]
    pub(crate) fn start(&self, row: usize) -> Duration {
        Duration::from_secs(self.rows[row].start.into())
    }

    /// The place of a series in its block.
    pub(crate) fn place(&self, row: usize) -> u32 {
        self.rows[row].place
    }

    /// How many of the first values of a series' key equal those of the row before.
    #[inline]
    pub(crate) fn same(&self, row: usize) -> usize {
        self.rows[row].same as usize
    }

    /// The cells of a series.
    #[inline]
    pub(crate) fn values(&self, row: usize) -> &[u64] {
        &self.values[row * self.cells..][..self.cells]
    }

    /// The number in a label's code; for a closed label, the place of its value.
    #[inline]
    pub(crate) fn number(&self, row: usize, label: usize) -> usize {
        as_integer(self.names[label][row].code).unwrap_or(0) as usize
    }

    /// The text of a label of a key, if the label is open; and whether it is known to have no
    /// character that a format escapes.
    #[inline]
    pub(crate) fn text(&self, row: usize, label: usize) -> (&str, bool) {
        self.texts.get(self.names[label][row].text)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::storage::{
        key::{Key, LabelText},
        shape::{Layout, PageBits},
    };

    const SHAPE: Shape = Shape {
        layout: Layout { integers: 1, ..Layout::NONE },
        shared: false,
        key: 1,
        block: 2,
        in_block: 0b10,
        open: 1,
        whole: true,
        limit: 10,
        pages: PageBits::UNKNOWN,
    }
    .with_pages();

    /// Otherwise a thread that resets series of a large block could keep a scrape busy.
    #[test]
    fn a_block_is_not_read_as_a_whole_again_when_a_series_is_reset() {
        static INDEX: Index = Index::new(SHAPE);
        let values = [LabelText::from("a"), LabelText::from(0_u8)];
        let key = Key::new(&values, &SHAPE);
        let at = INDEX.create(&key, 1, false).unwrap();
        let (mut scan, mut extent) = (Scan::default(), INDEX.extent());
        assert!(scan.read(&INDEX, &mut extent));
        assert_eq!((scan.rows(), scan.at(1)), (0..2, at));

        assert!(INDEX.remove(&key, 1), "it is reset");
        assert!(!scan.are_still(&SHAPE, 0));
        assert!(scan.read_changed(&INDEX, 0));
        assert_eq!(Some(scan.at(1)), INDEX.find(&key, 1));

        INDEX.clear();
        assert!(!scan.read_changed(&INDEX, 0), "the block is gone");
    }
}
