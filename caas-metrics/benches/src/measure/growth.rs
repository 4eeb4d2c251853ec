//! What growth costs in our library: from a thousand series to a million, and from one thread to 64.
//!
//! Each line is measured in a process of its own, so that it shows only its own memory. Not here:
//! peers. Invariant: an update is measured in processor time, since more threads than cores take
//! turns.

use std::{
    env, fs,
    process::Command,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use super::fill;
use crate::{
    contender::{Contender, Exposed, Kind, Page, Update},
    large::{Large, Shape},
    memory::resident,
    table::{Figure, number},
    workload::{self, Random},
};

/// Series of the lines, and threads of the lines.
const SERIES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
const THREADS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
const SHAPES: [Shape; 4] = [Shape::Closed, Shape::Mixed, Shape::Strings, Shape::Unique];

pub fn run() {
    for shape in SHAPES.map(Shape::name) {
        println!("\n| series ({shape}) | scrape, ms | memory of a series, B | update, ns |");
        println!("|--:|--:|--:|--:|");
        SERIES.iter().for_each(|series| print_line(shape, *series));
    }
    println!("\n| threads | update, ns of processor | memory of a thread, kB | scrape, ms |");
    println!("|--:|--:|--:|--:|");
    THREADS.iter().for_each(|threads| print_line("threads", *threads));
}

fn print_line(part: &str, size: usize) {
    let arguments = ["growth-of", part, &size.to_string()];
    let output =
        env::current_exe().and_then(|program| Command::new(program).args(arguments).output());
    let cells = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    println!("| {size} | {} |", cells.unwrap_or_default().trim());
}

/// In such a process: measures one line and prints its cells. `false` if there is no such part.
pub fn print(contender: &Contender, part: &str, size: &str) -> bool {
    let Ok(size) = size.parse() else { return false };
    let shape = SHAPES.into_iter().find(|shape| shape.name() == part);
    let cells = match shape {
        Some(shape) => by_series(contender, shape, size),
        None => by_threads(contender, size),
    };
    println!("{}", cells.unwrap_or_default().map(number).join(" | "));
    cells.is_some()
}

fn by_series(contender: &Contender, shape: Shape, series: usize) -> Option<[f64; 3]> {
    let large = Large::new(shape, series);
    let before = resident();
    let family = (contender.family)(shape, Kind::Counter)?;
    fill(&*family, &large, 0..series);
    let bytes = resident().saturating_sub(before) as f64 / series as f64;
    let mut random = Random::seeded();
    let update = least(20, || {
        let picked: Vec<_> = (0..10_000).map(|_| large.set(random.below(series))).collect();
        let start = Instant::now();
        picked.iter().for_each(|request| family.update(request));
        start.elapsed().as_secs_f64() * 1e9 / picked.len() as f64
    });
    Some([scrape(&*family), bytes, update])
}

fn by_threads(contender: &Contender, threads: usize) -> Option<[f64; 3]> {
    const REPEATS: usize = 500;
    let run = contender.update(Update::Route)?;
    let family = (contender.family)(Shape::Unique, Kind::Counter)?;
    // This thread's memory, and all series.
    run(&workload::ALL);
    let before = resident();
    let barrier = Barrier::new(threads);
    let used: Duration = thread::scope(|scope| {
        let worker = || {
            run(&workload::ALL);
            // All threads live at once, so each has cells of its own.
            barrier.wait();
            let start = processor_time();
            (0..REPEATS).for_each(|_| run(std::hint::black_box(&workload::ALL)));
            processor_time().saturating_sub(start)
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker ends well")).sum()
    });
    let each = resident().saturating_sub(before) as f64 / threads as f64 / 1e3;
    let updates = (threads * REPEATS * workload::ALL.len()) as f64;
    Some([used.as_secs_f64() * 1e9 / updates, each, scrape(&*family)])
}

/// Processor time of this thread.
fn processor_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// Milliseconds of a scrape.
fn scrape(family: &dyn Exposed) -> f64 {
    least(10, || {
        let start = Instant::now();
        family.write(&mut Page::default());
        start.elapsed().as_secs_f64() * 1e3
    })
}

fn least(rounds: usize, mut measure: impl FnMut() -> f64) -> f64 {
    let rounds: Vec<f64> = (0..rounds).map(|_| measure()).collect();
    Figure::of(&rounds).map_or(0.0, |figure| figure.min)
}
