//! What a scrape reads of a family, some series at a time.
//!
//! Not here: how label sets and samples are made of it (`walk.rs`). Invariants: holds no lock; what is
//! shown of a series belongs to one life of it, and a text is shown only if nothing that was read
//! together with it has changed meanwhile.

use std::ops::Range;

use super::{
    cells::add_up,
    index::Index,
    lives::{IS_EXEMPT, LAST_SCRAPE},
    records::{Life, is_living},
    shape::Shape,
    shared::SharedCell,
    sync::{Ordering, fence},
    texts::{Code, as_integer},
    update::At,
};
use crate::clock;

/// Some series of a family, as they were read; re-used, so that a scrape does not allocate for each.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The series that are shown.
    rows: Vec<Row>,
    /// Their cells, and how many each has.
    values: Vec<u64>,
    cells: usize,
    /// The values of the labels in the keys of their blocks.
    names: Vec<Name>,
    texts: Texts,
}

/// A series that is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    series: u32,
    life: Life,
    /// Its place in its block.
    pub(crate) place: u32,
    /// Where its cells and the values of its block's key begin.
    cells: u32,
    key: u32,
    /// How many of the first values of the key are those of the row before.
    pub(crate) same: u32,
}

/// The value of a label: as a record keeps it, and which of the texts it is, if it is an open one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name {
    code: Code,
    text: u32,
}

/// How far a scrape of a family goes.
#[derive(Debug, Clone)]
pub(crate) struct Extent {
    /// Blocks; of a family that is a single one, series.
    units: Range<u32>,
    /// Blocks that were born after so many scrapes had begun are left to the next one, or a label set
    /// could be met twice that is removed and born again meanwhile.
    scrapes: u32,
}

/// How many series are read at a time, unless a block has more.
const STEP: u32 = if cfg!(loom) { 2 } else { 256 };

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
            add_up(&self.shares, &self.shape, || std::iter::once((at.series(), life)), cells);
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
    /// Reads the next series of a family, whole blocks of them; `false` if there are none left.
    pub(crate) fn read(&mut self, index: &Index, extent: &mut Extent) -> bool {
        let Range { start: from, end } = extent.units;
        if from == end {
            return false;
        }
        let series = if index.shape.is_closed() { 1 } else { index.shape.block };
        let to = end.min(from + STEP.div_ceil(series));
        extent.units.start = to;
        self.rows.clear();
        self.values.clear();
        self.names.clear();
        self.texts.bytes.clear();
        self.texts.copies.clear();
        if !self.read_units(index, from..to, extent.scrapes) {
            for unit in from..to {
                while !self.read_units(index, unit..unit + 1, extent.scrapes) {}
            }
        }
        true
    }

    /// Adds what there is of some units; adds nothing and is `false` if something changed meanwhile.
    fn read_units(&mut self, index: &Index, units: Range<u32>, scrapes: u32) -> bool {
        let shape = &index.shape;
        let before = (self.rows.len(), self.values.len(), self.names.len());
        self.cells = shape.layout.cells() as usize;
        self.texts.known = [UNKNOWN; KNOWN];
        if shape.is_closed() {
            self.list_closed(index, units);
        } else {
            self.list_blocks(index, units, scrapes);
        }
        self.add_up(index, before.0);
        if self.are_still(index, before.0) {
            return true;
        }
        self.rows.truncate(before.0);
        self.values.truncate(before.1);
        self.names.truncate(before.2);
        false
    }

    fn list_closed(&mut self, index: &Index, series: Range<u32>) {
        let (shape, record) = (&index.shape, index.records.get(0, &index.shape));
        for place in series {
            let life = record.map_or(0, |record| record.life(place));
            if shape.whole || is_living(life) || shape.shows_by_value() {
                let cells = self.rows.len() as u32 * shape.layout.cells();
                self.rows.push(Row { series: place, life, place, cells, key: 0, same: 0 });
            }
        }
    }

    #[inline(never)]
    fn list_blocks(&mut self, index: &Index, blocks: Range<u32>, scrapes: u32) {
        let Self { rows, names, texts, .. } = self;
        let Shape { block: series, open, layout, key, .. } = index.shape;
        let cells = layout.cells();
        rows.reserve(blocks.len() * series as usize);
        // Before the first key is one that is like none.
        let mut at = names.len();
        names.resize(at + (blocks.len() + 1) * key as usize, Name { code: UNKNOWN.0, text: 0 });
        let mut keys = names[at..].chunks_exact_mut(key as usize);
        let mut before = keys.next().unwrap_or_default();
        // SAFETY: the number of blocks was loaded with acquire.
        let records = unsafe { index.records.of(blocks.clone(), &index.shape) };
        // One loop for each page, which a `for` would not be.
        records.enumerate().for_each(|(block, record)| {
            let block = blocks.start + block as u32;
            let life = record.life(0);
            if !is_living(life) || record.birth() & !IS_EXEMPT > scrapes {
                return;
            }
            let Some(own) = keys.next() else { return };
            at += key as usize;
            let mut row = Row {
                series: block * series,
                life,
                place: 0,
                cells: rows.len() as u32 * cells,
                key: at as u32,
                same: key,
            };
            let values = own.iter_mut().zip(&*before).zip(record.codes());
            for (label, ((name, before), code)) in (0..).zip(values) {
                *name = *before;
                // Neighbours often have the same values.
                if before.code != code {
                    row.same = row.same.min(label);
                    let is_open = open >> label & 1 == 1;
                    let text = if is_open { texts.number(index, code) } else { 0 };
                    *name = Name { code, text };
                }
            }
            rows.push(row);
            before = own;
            for place in 1..series {
                row.cells += cells;
                let (series, life) = (row.series + place, record.life(place));
                rows.push(Row { series, life, place, same: key, ..row });
            }
        });
        names.truncate(at + key as usize);
    }

    /// Reads the cells of the rows from one on.
    fn add_up(&mut self, index: &Index, first: usize) {
        let (shape, cells) = (&index.shape, self.cells);
        let start = first * cells;
        self.values.resize(self.rows.len() * cells, 0);
        let (rows, values) = (&self.rows[first..], &mut self.values[start..]);
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
        if shape.shows_by_value() {
            let is_touched = |row: &Row| values[row.cells as usize - start] != 0;
            self.rows.retain(|row| is_living(row.life) || is_touched(row));
        }
    }

    /// Whether the rows from one on still are in the lives in which they were found, and so were in
    /// them at every load before this call.
    #[inline(never)]
    fn are_still(&self, index: &Index, first: usize) -> bool {
        let (shape, rows) = (&index.shape, &self.rows[first..]);
        // If a load before saw anything of a later life, this fence makes the word that ended the one
        // before visible to the loads below.
        fence(Ordering::Acquire);
        if shape.is_closed() {
            let record = index.records.get(0, shape);
            let life = |place| record.map_or(0, |record| record.life(place));
            return !shape.is_stamped() || rows.iter().all(|row| life(row.place) == row.life);
        }
        rows.iter().all(|row| {
            let record = index.records.get(index.place(row.series).0, shape);
            record.is_some_and(|record| record.life(row.place) == row.life)
        })
    }

    /// The series that are shown.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A series that is shown, in the life that it was read in.
    pub(crate) fn at(&self, row: &Row) -> At {
        At::new(row.series, row.life)
    }

    /// The cells of a series.
    #[inline]
    pub(crate) fn values(&self, row: &Row) -> &[u64] {
        &self.values[row.cells as usize..][..self.cells]
    }

    /// The number that a label of a block's key is kept as: of a closed label the place of its value.
    #[inline]
    pub(crate) fn number(&self, row: &Row, label: usize) -> usize {
        as_integer(self.names[row.key as usize + label].code).unwrap_or(0) as usize
    }

    /// The text of a label of a block's key, if the label is open; and whether it is known to have no
    /// character that a format escapes.
    #[inline]
    pub(crate) fn text(&self, row: &Row, label: usize) -> (&str, bool) {
        self.texts.get(self.names[row.key as usize + label].text)
    }
}

/// Texts, copied out of memory that may change.
#[derive(Debug)]
struct Texts {
    bytes: Vec<u8>,
    copies: Vec<Copied>,
    /// Codes that were read last, and which text each of them is; the place comes from the code.
    known: [(Code, u32); KNOWN],
}

/// A text that was copied: where it begins, how many bytes it has, and whether one may be escaped.
#[derive(Debug, Clone, Copy)]
struct Copied {
    start: usize,
    len: usize,
    is_special: bool,
}

const KNOWN: usize = 64;

/// Neither the place of a text nor an integer.
const UNKNOWN: (Code, u32) = (1 << 30, 0);

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: Vec::new(), copies: Vec::new(), known: [UNKNOWN; KNOWN] }
    }
}

impl Texts {
    /// Which text a code is.
    #[inline]
    fn number(&mut self, index: &Index, code: Code) -> u32 {
        let known = &mut self.known[(code.wrapping_mul(0x9e37_79b9) >> 26) as usize % KNOWN];
        if known.0 == code {
            return known.1;
        }
        let number = self.copies.len() as u32;
        *known = (code, number);
        self.copy(index, code);
        number
    }

    #[inline(never)]
    fn copy(&mut self, index: &Index, code: Code) {
        let start = self.bytes.len();
        let is_special = match as_integer(code) {
            Some(n) => {
                push_integer(&mut self.bytes, n);
                false
            }
            // SAFETY: the code is one of a record, loaded with acquire.
            None => unsafe { index.texts.copy(code, &mut self.bytes) },
        };
        self.copies.push(Copied { start, len: self.bytes.len() - start, is_special });
    }

    #[inline]
    fn get(&self, number: u32) -> (&str, bool) {
        let Some(Copied { start, len, is_special }) = self.copies.get(number as usize) else {
            return ("", true);
        };
        let bytes = self.bytes.get(*start..start + len).unwrap_or_default();
        // SAFETY: whoever names the text lived on after it was copied, and so did the series for which it
        // was copied: all of them at once, before they were looked at again. So it is as the writer
        // stored it, from a `str`, or the digits of an integer.
        (unsafe { str::from_utf8_unchecked(bytes) }, !is_special)
    }
}

/// Adds the decimal text of an integer.
fn push_integer(to: &mut Vec<u8>, mut n: u32) {
    let digits = n.checked_ilog10().map_or(1, |log| log as usize + 1);
    let mut text = [0; 10];
    for place in text[..digits].iter_mut().rev() {
        *place = b'0' + (n % 10) as u8;
        n /= 10;
    }
    to.extend_from_slice(&text[..digits]);
}
