//! What a scrape reads of a family, some series at a time.
//!
//! Not here: how label sets and samples are made of it (`walk.rs`). Invariants: holds no lock; what is
//! shown of a series belongs to one life of it, and a text is shown only after its record was found
//! to live on.

use std::ops::Range;

use super::{
    cells::add_up,
    index::Index,
    lives::{IS_EXEMPT, LAST_SCRAPE},
    records::{Life, Record, is_living},
    shared::SharedCell,
    sync::Ordering,
    texts::{Code, as_integer},
    update::At,
};
use crate::clock;

/// Some series of a family, as they were read; re-used, so that a scrape does not allocate for each.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The series that are shown.
    rows: Vec<Row>,
    /// The first series that was read. The life of each, and 0 for one that does not live; its cells.
    from: u32,
    lives: Vec<Life>,
    values: Vec<u64>,
    cells: usize,
    /// For each block that is shown the codes of its key, and the texts.
    key: usize,
    codes: Vec<Code>,
    texts: Texts,
    blocks: usize,
}

/// A series that is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    /// Which of the blocks that are shown it is in, and its place there.
    pub(crate) block: usize,
    pub(crate) place: u32,
    /// The second in which its life began.
    pub(crate) start: u32,
    /// Which of the series that were read it is.
    read: usize,
}

/// How far a scrape of a family goes.
#[derive(Debug, Clone)]
pub(crate) struct Extent {
    series: Range<u32>,
    /// Blocks that were born after so many scrapes had begun are left to the next one, or a label set
    /// could be met twice that is removed and born again meanwhile.
    scrapes: u32,
}

/// How many series are read at a time, at least.
const STEP: u32 = if cfg!(loom) { 2 } else { 256 };

impl Index {
    /// Begins a scrape.
    pub(crate) fn extent(&self) -> Extent {
        let next = |scrapes: u32| (scrapes < LAST_SCRAPE).then(|| scrapes + 1);
        let scrapes = self.scrapes.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
        let scrapes = scrapes.unwrap_or(LAST_SCRAPE);
        let blocks = if self.shape.is_closed() { 1 } else { self.blocks.load(Ordering::Acquire) };
        Extent { series: 0..blocks * self.shape.block, scrapes }
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
            add_up(&self.shares, &self.shape, at.series(), &[life], cells);
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
    /// Reads the next series of a family; `false` if there are none left.
    pub(crate) fn read(&mut self, index: &Index, extent: &mut Extent) -> bool {
        let shape = &index.shape;
        let Range { start: from, end } = extent.series;
        if from == end {
            return false;
        }
        // Whole blocks, but of a family that is a single one as many series as of any other.
        let blocks = STEP.div_ceil(shape.block) * shape.block;
        let to = end.min(from + if shape.is_closed() { STEP } else { blocks });
        extent.series.start = to;
        self.from = from;
        self.cells = shape.layout.cells() as usize;
        self.key = shape.key as usize;
        self.rows.clear();
        self.lives.clear();
        self.codes.clear();
        self.texts.clear();
        self.blocks = 0;
        self.rows.reserve((to - from) as usize);
        self.lives.reserve((to - from) as usize);
        if shape.is_closed() {
            self.read_closed(index, from..to);
        } else {
            let blocks = from / shape.block..to / shape.block;
            self.texts.places.reserve(blocks.len() * self.key);
            self.codes.reserve(blocks.len() * self.key);
            for block in blocks {
                self.read_block(index, block, extent.scrapes);
            }
        }
        self.values.clear();
        self.values.resize(self.lives.len() * self.cells, 0);
        let cells = self.cells.max(1);
        if shape.shared {
            for row in &self.rows {
                let cell = index.shared_cell(from + row.read as u32, shape);
                self.values[row.read * cells] = cell.map_or(0, SharedCell::get);
            }
        } else {
            if shape.is_closed() {
                let series = (from..to).zip(self.values.chunks_exact_mut(cells));
                series.for_each(|(series, sums)| index.begin_from_baseline(series, sums));
            }
            add_up(&index.shares, shape, from, &self.lives, &mut self.values);
        }
        let Self { rows, lives, values, .. } = self;
        rows.retain_mut(|row| {
            let (series, sums) = (from + row.read as u32, row.read * self.cells);
            let sums = &mut values[sums..sums + self.cells];
            if shape.is_closed() && !shape.is_stamped() {
                return shape.whole
                    || is_living(lives[row.read])
                    || sums.iter().any(|value| *value != 0);
            }
            let record = index.records.get(index.place(series).0, shape);
            record.is_none_or(|record| {
                record.is_still(row.place, lives[row.read])
                    || Self::read_again(index, record, series, row, lives[row.read], sums)
            })
        });
        true
    }

    fn read_closed(&mut self, index: &Index, series: Range<u32>) {
        let record = index.records.get(0, &index.shape);
        for (read, place) in series.enumerate() {
            let life = record.map_or(0, |record| record.life(place));
            let start = record.map_or_else(clock::begun, |record| record.start(place));
            self.lives.push(life);
            // Without stamps the values tell whether it was touched.
            if index.shape.whole || is_living(life) || !index.shape.is_stamped() {
                self.rows.push(Row { block: 0, place, start, read });
            }
        }
    }

    fn read_block(&mut self, index: &Index, block: u32, scrapes: u32) {
        let (first, shown) = (self.lives.len(), self.codes.len());
        let record = index.records.get(block, &index.shape);
        let places = 0..index.shape.block;
        let Some(record) = record.filter(|record| self.read_label_sets(index, *record, scrapes))
        else {
            self.codes.truncate(shown);
            self.lives.truncate(first);
            return self.lives.extend(places.map(|_| 0));
        };
        for place in places {
            let (start, read) = (record.start(place), first + place as usize);
            self.rows.push(Row { block: self.blocks, place, start, read });
        }
        self.blocks += 1;
    }

    /// Adds the lives and the texts of a block; `false` if it is not there or too young.
    fn read_label_sets(&mut self, index: &Index, record: Record<'_>, scrapes: u32) -> bool {
        let (first, shown) = (self.lives.len(), self.codes.len());
        loop {
            self.lives.truncate(first);
            // Loops: an iterator of one or two items costs more than they do.
            for place in record.series() {
                self.lives.push(record.life(place));
            }
            let life = self.lives[first];
            if !is_living(life) || record.birth() & !IS_EXEMPT > scrapes {
                return false;
            }
            self.codes.truncate(shown);
            for code in record.codes() {
                self.codes.push(code);
            }
            if self.texts.read(index, record, life) {
                return true;
            }
            // A block whose first series was reset meanwhile lives on.
            if !is_living(record.life(0)) || record.born() > life {
                return false;
            }
        }
    }

    /// Reads a series again whose life has changed, for it may have been reset; `false` if it has been
    /// removed.
    #[cold]
    fn read_again(
        index: &Index,
        record: Record<'_>,
        series: u32,
        row: &mut Row,
        before: Life,
        sums: &mut [u64],
    ) -> bool {
        loop {
            let life = record.life(row.place);
            let is_same = index.shape.is_closed() || record.born() <= before;
            row.start = record.start(row.place);
            sums.fill(0);
            add_up(&index.shares, &index.shape, series, &[life], sums);
            if record.is_still(row.place, life) {
                return is_same && is_living(life);
            }
        }
    }

    /// The series that are shown.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// A series that is shown, in the life that it was read in.
    pub(crate) fn at(&self, row: &Row) -> At {
        At::new(self.from + row.read as u32, self.lives[row.read])
    }

    /// The cells of a series.
    #[inline]
    pub(crate) fn values(&self, row: &Row) -> &[u64] {
        let first = row.read * self.cells;
        &self.values[first..first + self.cells]
    }

    /// The number that a label of a block's key is kept as: of a closed label the place of its value.
    #[inline]
    pub(crate) fn number(&self, block: usize, label: usize) -> usize {
        as_integer(self.codes[block * self.key + label]).unwrap_or(0) as usize
    }

    /// The text of a label of a block's key, if the label is open.
    #[inline]
    pub(crate) fn text(&self, block: usize, label: usize) -> &str {
        self.texts.get(block * self.key + label)
    }

    /// Whether a label of two blocks has the same value.
    #[inline]
    pub(crate) fn is_same(&self, block: usize, other: usize, label: usize) -> bool {
        let [a, b] = [block, other].map(|block| block * self.key + label);
        self.codes[a] == self.codes[b] && self.texts.is_same(a, b)
    }
}

/// The texts of some blocks, copied out of memory that may change.
///
/// Many blocks share texts, so those that were copied last are not copied again.
#[derive(Debug)]
struct Texts {
    bytes: Vec<u8>,
    /// Where each text begins and how many bytes it has.
    places: Vec<(usize, usize)>,
    /// How many texts and bytes are those of blocks that were found whole. Only these are shown.
    whole: (usize, usize),
    /// Codes that were read last, and which text each of them is; the place comes from the code.
    known: [(Code, usize); KNOWN],
    /// How many texts had been given up when the first of these was read: since then, no code has
    /// become another text.
    given_up: u32,
}

const KNOWN: usize = 64;

/// No code is known to be a text with this number.
const UNKNOWN: (Code, usize) = (0, usize::MAX);

impl Default for Texts {
    fn default() -> Self {
        let (bytes, places) = (Vec::new(), Vec::new());
        Self { bytes, places, whole: (0, 0), known: [UNKNOWN; KNOWN], given_up: 0 }
    }
}

impl Texts {
    fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
        self.whole = (0, 0);
        self.known = [UNKNOWN; KNOWN];
    }

    /// Adds the texts of a block that is in this life; `false` if it no longer is.
    fn read(&mut self, index: &Index, record: Record<'_>, life: Life) -> bool {
        if self.places.is_empty() {
            self.given_up = index.texts.given_up();
        }
        for is_second_try in [false, true] {
            record.codes().for_each(|code| self.push(index, code));
            let is_whole = record.is_still(0, life);
            // If a text of the record was written over one that is known, the record has shown that
            // one was given up as well. The second time none is known.
            if is_whole && (is_second_try || index.texts.given_up() == self.given_up) {
                self.whole = (self.places.len(), self.bytes.len());
                return true;
            }
            self.places.truncate(self.whole.0);
            self.bytes.truncate(self.whole.1);
            self.known = [UNKNOWN; KNOWN];
            self.given_up = index.texts.given_up();
            if !is_whole {
                break;
            }
        }
        false
    }

    #[inline]
    fn push(&mut self, index: &Index, code: Code) {
        let known = &mut self.known[(code.wrapping_mul(0x9e37_79b9) >> 26) as usize % KNOWN];
        if known.0 == code && known.1 < self.whole.0 {
            return self.places.push(self.places[known.1]);
        }
        *known = (code, self.places.len());
        let start = self.bytes.len();
        match as_integer(code) {
            Some(n) => push_integer(&mut self.bytes, n),
            // SAFETY: the code is one of a record, loaded with acquire.
            None => _ = unsafe { index.texts.copy(code, &mut self.bytes) },
        }
        self.places.push((start, self.bytes.len() - start));
    }

    #[inline]
    fn is_same(&self, a: usize, b: usize) -> bool {
        self.places[a] == self.places[b]
    }

    #[inline]
    fn get(&self, number: usize) -> &str {
        let place = self.places[..self.whole.0].get(number);
        let bytes = place.and_then(|(start, len)| self.bytes.get(*start..start + len));
        // SAFETY: the record lived on after its texts were copied, and no text that was known had been
        // given up; so each is as the writer stored it, from a `str`, or the digits of an integer.
        unsafe { str::from_utf8_unchecked(bytes.unwrap_or_default()) }
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
