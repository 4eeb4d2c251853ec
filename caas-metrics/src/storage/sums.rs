//! What readers see of cells: sums over all threads.
//!
//! Not here: which series there are (`scan.rs`). Invariants: a cell is added only if its stamp is
//! the life that is asked for; the caller checks afterwards that the series is still in that life.

use super::{
    cells::{AnyCells, Share, shares},
    chunk::Chunk,
    records::Life,
    shape::{Layout, Shape},
    sync::{AtomicPtr, Ordering},
};

/// Adds to `sums` what all shares hold for series in these lives. It is quickest if series of one
/// chunk follow each other.
pub(super) fn add_up<S: Iterator<Item = (u32, Life)>>(
    first: &AtomicPtr<Share>,
    shape: &Shape,
    series: impl Fn() -> S,
    sums: &mut [u64],
) {
    let (shape, layout) = (*shape, shape.layout);
    if layout.paired {
        for ((series, life), sums) in series().zip(sums.chunks_exact_mut(2)) {
            add_up_pair(first, &shape, series, life, sums);
        }
        return;
    }
    for share in shares(first) {
        let mut chunks = Chunks::of(share, &shape);
        if layout == ONE_INTEGER {
            for ((series, life), sum) in series().zip(&mut *sums) {
                let own = chunks.read(series, life);
                *sum = sum.wrapping_add(own.map_or(0, |own| own.get(0)));
            }
            continue;
        }
        let width = layout.values().max(1) as usize;
        for ((series, life), sums) in series().zip(sums.chunks_exact_mut(width)) {
            if let Some(own) = chunks.read(series, life) {
                add(own, layout, sums);
            }
        }
    }
}

/// Adds what one share holds for a series.
#[inline(never)]
fn add(own: AnyCells, layout: Layout, sums: &mut [u64]) {
    let (numbers, counters) = sums.split_at_mut(layout.numbers() as usize);
    for (cell, sum) in (0..).zip(numbers) {
        *sum = layout.plus(cell, *sum, own.get(cell));
    }
    own.add_counters(counters);
}

/// The same for a single series.
pub(super) fn add_up_one(
    first: &AtomicPtr<Share>,
    shape: &Shape,
    series: u32,
    life: Life,
    sums: &mut [u64],
) {
    if shape.layout.paired {
        return add_up_pair(first, shape, series, life, sums);
    }
    for own in shares(first).filter_map(|share| Chunks::of(share, shape).read(series, life)) {
        add(own, shape.layout, sums);
    }
}

/// The cells of most series.
const ONE_INTEGER: Layout = Layout { integers: 1, ..Layout::NONE };

/// How often a pair that changed while it was read is read again.
const TRIES: usize = if cfg!(loom) { 2 } else { 1000 };

/// Adds what went down and what went up, so that their difference is a value that the gauge had.
///
/// It reads first what went down, and therefore sees all that went up before that: the difference
/// is not too low. If nothing more has gone down by the end, it is not too high either. Otherwise
/// the pair is read again. If something goes down during every try, the try in which the least did
/// counts.
fn add_up_pair(first: &AtomicPtr<Share>, shape: &Shape, series: u32, life: Life, sums: &mut [u64]) {
    let read = |cell: u32| {
        let cells = shares(first).filter_map(|share| Chunks::of(share, shape).read(series, life));
        cells.fold(0, |sum, own| shape.layout.plus(cell, sum, own.get(cell)))
    };
    let (mut best, mut least) = ([0; 2], f64::INFINITY);
    let mut down = read(0);
    for _ in 0..TRIES {
        let (up, later) = (read(1), read(0));
        let moved = shape.layout.difference(0, later, down);
        if moved < least {
            (best, least) = ([down, up], moved);
        }
        if later == down {
            break;
        }
        down = later;
        std::hint::spin_loop();
    }
    for (cell, (sum, value)) in (0..).zip(sums.iter_mut().zip(best)) {
        *sum = shape.layout.plus(cell, *sum, value);
    }
}

/// A share's chunks for a reader, which remembers the last one.
struct Chunks<'s> {
    share: &'s Share,
    shape: &'s Shape,
    is_stamped: bool,
    number: usize,
    chunk: Option<Chunk>,
}

impl<'s> Chunks<'s> {
    fn of(owner: &'s Share, shape: &'s Shape) -> Self {
        let is_stamped = shape.is_stamped();
        Self { share: owner, shape, is_stamped, number: usize::MAX, chunk: None }
    }

    /// The share's cells of a series, if they count for this life.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn read(&mut self, series: u32, life: Life) -> Option<AnyCells> {
        let (number, place) = self.shape.in_chunk(series);
        if number != self.number {
            (self.number, self.chunk) = (number, self.share.find(number));
        }
        let chunk = self.chunk?;
        // SAFETY: the chunk is of this shape. Another thread may write to the cells; here they are
        // only read.
        unsafe {
            if self.is_stamped && chunk.stamp(place).load(Ordering::Acquire) != life {
                return None;
            }
            AnyCells::new(chunk.cells(place, self.shape), self.shape.layout)
        }
    }
}
