//! Memory of series: the growth of the process's resident size while they are made.
//!
//! Invariant: texts and threads exist before the first size is taken.

use std::{hint::black_box, sync::Barrier, thread};

use super::{answer, fill};
use crate::{
    contender::{Contender, Kind},
    large::{Large, Shape},
    memory::resident,
    run::Answer,
};

/// Bytes of a series, of so many.
pub fn of_a_series(contender: &Contender, shape: Shape, kind: Kind, series: usize) -> Vec<Answer> {
    let large = Large::new(shape, series);
    let before = resident();
    let Some(family) = (contender.family)(shape, kind) else { return Vec::new() };
    fill(&*family, &large, 0..series);
    vec![answer("", "B", vec![resident().saturating_sub(before) as f64 / series as f64])]
}

const THREADS: usize = 64;

/// One less than what a family of ours has room for by default.
const SERIES: usize = 1_999;

/// Kilobytes of all series of all threads.
pub fn of_threads(contender: &Contender, kind: Kind) -> Vec<Answer> {
    let large = Large::new(Shape::Sparse, SERIES);
    let Some(family) = (contender.family)(Shape::Sparse, kind) else { return Vec::new() };
    let (begun, counted, ended) =
        (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    let bytes = thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                touch_stack();
                begun.wait();
                counted.wait();
                fill(&*family, &large, 0..SERIES);
                ended.wait();
                // Nothing is given back before the second size is taken.
                counted.wait();
            });
        }
        begun.wait();
        let before = resident();
        counted.wait();
        ended.wait();
        let bytes = resident().saturating_sub(before);
        counted.wait();
        bytes
    });
    vec![answer("", "kB", vec![bytes as f64 / 1e3])]
}

/// Makes the stack and a heap of this thread resident.
fn touch_stack() {
    black_box([1_u8; 64 * 1024]);
    black_box(Box::new([1_u8; 4096]));
}
