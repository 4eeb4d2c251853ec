//! One path of ours, some times: what `instructions.py` runs under callgrind.
//!
//! Twice as many times are twice as many instructions, beside what start and warm-up take; so the
//! difference of two runs tells what the path takes. Invariant: nothing depends on the time.

use crate::{
    contender::{Contender, Exposed, Page, Update},
    workload::{self, Large, Shape},
};

/// A path, and how much one time of it is.
enum Path {
    /// Updates for every request.
    Updates(Update),
    /// A page of so many counters.
    Counters(Shape, usize),
    /// A page of so many histograms.
    Histograms(usize),
    /// So many label sets that are used for the first time.
    FirstUses(Shape, usize),
}

const PATHS: &[(&str, Path)] = &[
    ("counter inc", Path::Updates(Update::Counter)),
    ("counter, 3 labels", Path::Updates(Update::Resolved)),
    ("counter, closed labels", Path::Updates(Update::Closed)),
    ("counter, kept child", Path::Updates(Update::Child)),
    ("gauge set", Path::Updates(Update::Set)),
    ("updown inc + dec", Path::Updates(Update::UpDown)),
    ("observe", Path::Updates(Update::Observe)),
    ("observe, 2 labels", Path::Updates(Update::ObserveResolved)),
    ("observe, closed labels", Path::Updates(Update::ObserveClosed)),
    ("timed function", Path::Updates(Update::Timed)),
    ("timed function, a label", Path::Updates(Update::TimedLabelled)),
    ("text of a counter, shared texts", Path::Counters(Shape::Shared, 5_000)),
    ("text of a counter, all strings", Path::Counters(Shape::Strings, 5_000)),
    ("text of a counter, a text each", Path::Counters(Shape::Unique, 5_000)),
    ("text of a histogram", Path::Histograms(500)),
    ("first use of a label set, all strings", Path::FirstUses(Shape::Strings, 2_000)),
    ("first use of a label set, a text each", Path::FirstUses(Shape::Unique, 2_000)),
];

/// The names of the paths, how often one time of each does what it is about, and how many times
/// are enough for a figure: the clock is calibrated for some milliseconds, which must not show.
pub fn list() {
    for (name, path) in PATHS {
        let (each, times) = match path {
            Path::Updates(Update::Timed | Update::TimedLabelled) => (workload::ALL.len(), 200),
            Path::Updates(_) => (workload::ALL.len(), 20),
            Path::Counters(_, n) => (*n, 100),
            Path::Histograms(n) => (*n, 300),
            Path::FirstUses(_, n) => (*n, 20),
        };
        println!("{name}\t{each}\t{times}");
    }
}

/// Does a path some times, after a first time. `false` if there is no such path.
pub fn run(contender: &Contender, name: &str, times: usize) -> bool {
    let Some((_, path)) = PATHS.iter().find(|(known, _)| *known == name) else { return false };
    match *path {
        Path::Updates(update) => {
            let Some(run) = contender.update(update) else { return false };
            (0..=times).for_each(|_| run(std::hint::black_box(&workload::ALL)));
            true
        }
        Path::Counters(shape, n) => {
            pages(contender.counters.map(|make| make(shape)), shape, n, times)
        }
        Path::Histograms(n) => {
            pages(contender.histograms.map(|make| make()), Shape::Unique, n, times)
        }
        Path::FirstUses(shape, n) => {
            let Some(make) = contender.counters else { return false };
            let (family, large) = (make(shape), Large::new(shape, n * (times + 1)));
            (0..n * (times + 1)).for_each(|n| family.update(&large.set(n)));
            std::mem::forget(family);
            true
        }
    }
}

fn pages(family: Option<Box<dyn Exposed>>, shape: Shape, children: usize, times: usize) -> bool {
    let Some(family) = family else { return false };
    let large = Large::new(shape, children);
    (0..children).for_each(|n| family.update(&large.set(n)));
    (0..=times).for_each(|_| family.write(&mut Page::default()));
    std::mem::forget(family);
    true
}
