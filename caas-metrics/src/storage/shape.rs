//! The shape of a family's storage: what follows from its descriptor, as constants.
//!
//! Not here: how a descriptor becomes a shape (`family.rs`). Invariant: a shape never changes, and
//! everything that an update divides or multiplies by is a constant to the compiler.

use super::{leaves::LEAF, memory::per_page};

/// The cells of one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Cells that hold integers.
    pub(crate) integers: u32,
    /// Cells that hold floats, after the integers.
    pub(crate) floats: u32,
    /// Whether there are two cells, one of what went down and then one of what went up: a reader
    /// must have read all of the first before any of the second.
    pub(crate) paired: bool,
    /// How many leaves there may be for the counters of each side, after the floats.
    pub(crate) leaves: u32,
}

impl Layout {
    /// No cells.
    pub(crate) const NONE: Self = Self { integers: 0, floats: 0, paired: false, leaves: 0 };

    /// The cells with a number.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn numbers(self) -> u32 {
        self.integers + self.floats
    }

    /// All cells, with those that say where leaves are.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn cells(self) -> u32 {
        self.numbers() + self.leaves + (self.leaves > 0) as u32
    }

    /// How many counters each side has in leaves.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn counters(self) -> u32 {
        self.leaves * LEAF
    }

    /// How many values a reader gets: the numbers, and the counters of both sides.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn values(self) -> u32 {
        self.numbers() + 2 * self.counters()
    }

    /// The difference of two values of a cell.
    pub(super) fn difference(self, cell: u32, more: u64, less: u64) -> f64 {
        if cell < self.integers {
            more.wrapping_sub(less) as f64
        } else {
            f64::from_bits(more) - f64::from_bits(less)
        }
    }

    /// The sum of two values of a cell.
    #[inline]
    pub(super) fn plus(self, cell: u32, a: u64, b: u64) -> u64 {
        if cell < self.integers {
            a.wrapping_add(b)
        } else {
            (f64::from_bits(a) + f64::from_bits(b)).to_bits()
        }
    }
}

/// The shape of a family's storage.
#[derive(Debug, Clone, Copy)]
#[doc(hidden)]
pub struct Shape {
    pub(crate) layout: Layout,
    /// Whether all threads share the cells of a series, since it can be set.
    pub(crate) shared: bool,
    /// How many labels the key of a block has; none if all labels are closed.
    pub(crate) key: u32,
    /// How many series are born together.
    pub(crate) block: u32,
    /// Which labels distinguish the series of a block, as bits by their places in the label set.
    pub(crate) in_block: u64,
    /// Which labels of the key are open, as bits by their places in the key.
    pub(crate) open: u64,
    /// Whether all series of a block are exported from its birth on.
    pub(crate) whole: bool,
    /// The most series of a family with open labels, without its overflow series.
    pub(crate) limit: u32,
    pub(crate) pages: PageBits,
}

/// How many series a chunk has and how many records a page has, as powers of two. To readers a
/// shape is not a constant, and a division would take longer than the read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageBits {
    chunk: u32,
    records: u32,
}

impl PageBits {
    /// Before the shape is whole.
    pub(crate) const UNKNOWN: Self = Self { chunk: 0, records: 0 };
}

/// Up to this many bytes, a thread's cells of a closed family are in one piece.
const MOST_PIECE: u64 = 64 * 1024;

impl Shape {
    /// Whether all labels are closed: then the family is one block that is always there.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) const fn is_closed(&self) -> bool {
        self.key == 0
    }

    /// Bytes of a series in a chunk: its cells and its stamp.
    #[cfg_attr(not(debug_assertions), inline(always))]
    const fn bytes(&self) -> u64 {
        8 * self.layout.cells() as u64 + 4
    }

    /// Whether a thread's cells are in one piece; otherwise a directory finds them by chunks.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) const fn is_piece(&self) -> bool {
        self.is_closed() && self.block as u64 * self.bytes() <= MOST_PIECE
    }

    /// Whether cells carry the life that they count for. Where they don't, a reset is a baseline,
    /// which is exact for one number only, and whether a series was touched follows from its value.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) const fn is_stamped(&self) -> bool {
        let is_one_number = self.layout.floats == 0 && self.layout.integers <= 2;
        !self.is_piece() || !is_one_number || self.layout.paired && !self.whole
    }

    /// Whether a reset has to wait for holds, since cells do not say for which life they count.
    pub(super) const fn waits_for_holds(&self) -> bool {
        self.shared || self.layout.paired && !self.is_stamped()
    }

    /// Whether a series' value alone decides if it is exported.
    #[inline]
    pub(super) const fn shows_by_value(&self) -> bool {
        let has_value = self.layout.cells() > 0;
        self.is_closed() && has_value && !self.whole && !self.is_stamped() && !self.shared
    }

    /// How many series a chunk has.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) const fn chunk(&self) -> u32 {
        if self.is_piece() { self.block } else { 1 << self.pages.chunk }
    }

    /// The number of a series' chunk, and its place there.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) const fn in_chunk(&self, series: u32) -> (usize, u32) {
        if self.is_piece() {
            return (0, series);
        }
        let bits = self.pages.chunk;
        ((series >> bits) as usize, series & ((1 << bits) - 1))
    }

    /// The number of a record's page, and its place there.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) const fn in_page(&self, block: u32) -> (usize, usize) {
        let bits = self.pages.records;
        ((block >> bits) as usize, (block & ((1 << bits) - 1)) as usize)
    }

    /// The shape with its page sizes filled in.
    pub(crate) const fn with_pages(self) -> Self {
        let chunk = per_page(self.bytes() as usize).ilog2();
        let records = per_page(4 * self.record()).ilog2();
        Self { pages: PageBits { chunk, records }, ..self }
    }

    /// Words of a block's record: its codes, two of its own, and two for each series.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) const fn record(&self) -> usize {
        self.key as usize + 2 + 2 * self.block as usize
    }

    /// How many records a page has.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) const fn records(&self) -> u32 {
        1 << self.pages.records
    }

    /// How many shared cells a page has.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) const fn shared_cells(&self) -> u32 {
        if self.is_closed() { self.block } else { per_page(8 * self.block as usize) * self.block }
    }

    /// The most blocks: as many as there are numbers for their series.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) const fn most_blocks(&self) -> u32 {
        (1 << 31) / self.block - 1
    }
}
