//! Memory of series: how much more is resident, and was asked for, than before they were made.
//!
//! Invariant: texts and threads exist before the first size is taken.

use std::{hint::black_box, sync::Barrier, thread};

use super::{answer, fill};
use crate::{
    contender::{Contender, Kind},
    large::{Large, Shape},
    memory::{Grown, since_now},
    run::Answer,
    workload::{Request, in_decades},
};

/// Bytes per series of a family with this number of series.
pub fn of_a_series(contender: &Contender, shape: Shape, kind: Kind, series: usize) -> Vec<Answer> {
    let large = Large::new(shape, series);
    let before = since_now();
    let Some(family) = (contender.family)(shape, kind) else { return Vec::new() };
    fill(&*family, &large, 0..series);
    answers("B", before.grown(), series as f64)
}

/// The same for histograms, each with observations that span three decades.
pub fn of_decades(contender: &Contender, kind: Kind, series: usize) -> Vec<Answer> {
    const OBSERVATIONS: usize = 200;
    let large = Large::new(Shape::Unique, series);
    let before = since_now();
    let Some(family) = (contender.family)(Shape::Unique, kind) else { return Vec::new() };
    for n in 0..series {
        for observation in 0..=OBSERVATIONS {
            let seconds = in_decades(observation as f64 / OBSERVATIONS as f64);
            family.update(&Request { seconds, ..large.set(n) });
        }
    }
    answers("B", before.grown(), series as f64)
}

const THREADS: usize = 64;

/// One less than the default limit of our families.
const SERIES: usize = 1_999;

/// Kilobytes of all series of all threads.
pub fn of_threads(contender: &Contender, kind: Kind) -> Vec<Answer> {
    let large = Large::new(Shape::Sparse, SERIES);
    let Some(family) = (contender.family)(Shape::Sparse, kind) else { return Vec::new() };
    let (begun, counted, ended) =
        (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    let grown = thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                touch_stack();
                begun.wait();
                counted.wait();
                fill(&*family, &large, 0..SERIES);
                ended.wait();
                // Nothing is freed before the second size is taken.
                counted.wait();
            });
        }
        begun.wait();
        let before = since_now();
        counted.wait();
        ended.wait();
        let grown = before.grown();
        counted.wait();
        grown
    });
    answers("kB", grown, 1e3)
}

fn answers(unit: &'static str, grown: Grown, divisor: f64) -> Vec<Answer> {
    vec![
        answer("", unit, vec![grown.resident as f64 / divisor]),
        answer(": asked of the allocator", unit, vec![grown.asked as f64 / divisor]),
    ]
}

/// Makes the stack and a heap of this thread resident.
fn touch_stack() {
    black_box([1_u8; 16 * 1024]);
    black_box(vec![1_u8; 4096]);
}
