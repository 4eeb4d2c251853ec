//! What readers see of cells: sums over all threads.
//!
//! Not here: which series there are (`scan.rs`). Invariants: a cell is added only if its stamp is the
//! life that is asked for; whoever asks looks afterwards whether the series still lives it.

use super::{
    cells::{AnyCells, Share, shares},
    chunk::Chunk,
    records::Life,
    shape::{Layout, Shape},
    sync::{AtomicPtr, Ordering},
};

/// Adds to `sums` what all shares hold for series in these lives. It is quick where series of one
/// chunk are next to each other.
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
        let own = |(series, life)| chunks.read(series, life);
        let each = series().map(own);
        if layout == ONE_INTEGER {
            for (own, sum) in each.zip(&mut *sums) {
                *sum = sum.wrapping_add(own.map_or(0, |own| own.get(0)));
            }
            continue;
        }
        for (own, sums) in each.zip(sums.chunks_exact_mut(layout.cells().max(1) as usize)) {
            let Some(own) = own else { continue };
            for (cell, sum) in (0..).zip(sums) {
                *sum = layout.plus(cell, *sum, own.get(cell));
            }
        }
    }
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
        for (cell, sum) in (0..).zip(&mut *sums) {
            *sum = shape.layout.plus(cell, *sum, own.get(cell));
        }
    }
}

/// The cells of most series.
const ONE_INTEGER: Layout = Layout { integers: 1, floats: 0, paired: false };

/// How often a pair is read again that has changed meanwhile.
const TRIES: usize = if cfg!(loom) { 2 } else { 1000 };

/// Adds what went down and what went up, such that their difference is a value that was there.
///
/// What went down comes first: what went up before it is then seen too, so the difference is not below
/// what it was. If nothing more has gone down by the end, it is not above it either; else the pair is
/// read again. Where every try meets a move, that with the fewest counts.
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

/// What a reader knows of a share's chunks: the one that it read last.
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
        // SAFETY: the chunk is of this shape. Another thread may write to the cells; they are only read.
        unsafe {
            if self.is_stamped && chunk.stamp(place).load(Ordering::Acquire) != life {
                return None;
            }
            AnyCells::new(chunk.cells(place, self.shape), self.shape.layout)
        }
    }
}
