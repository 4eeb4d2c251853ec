//! What growth costs us: from a thousand series to a million, and from one thread to 64.
//!
//! Each row is measured in a process of its own, started by this one, so that it shows only its own
//! memory. Not here: peers. Invariant: threads beyond the cores take turns, so the cost of an
//! update is processor time and not time on the clock.

use std::{
    env, fs,
    process::Command,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use super::updates;
use crate::{
    contender::{Contender, Exposed, Page, Update},
    memory::resident,
    table::{Figure, number},
    workload::{self, Large, Random, Shape},
};

/// Series of the rows, and threads of the rows.
const SERIES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
const THREADS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

pub fn run() {
    for (about, shape) in Shape::ALL.map(Shape::names) {
        println!("\n| series ({about}) | scrape, ms | memory of a series, B | update, ns |");
        println!("|--:|--:|--:|--:|");
        SERIES.iter().for_each(|series| print_row(&["series", shape], *series));
    }
    println!("\n| threads | update, ns of processor | memory of a thread, KiB | scrape, ms |");
    println!("|--:|--:|--:|--:|");
    THREADS.iter().for_each(|threads| print_row(&["threads", ""], *threads));
}

fn print_row(part: &[&str], size: usize) {
    let size_text = size.to_string();
    let output = env::current_exe().and_then(|program| {
        Command::new(program).arg("growth-of").args(part).arg(&size_text).output()
    });
    let row = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    let shown = if size < 1_000 { size_text } else { number(size as f64) };
    println!("| {shown} | {} |", row.unwrap_or_default().trim());
}

/// In that process: the cells of one row.
pub fn print(contender: &Contender, part: &str, shape: &str, size: usize) {
    let shape = Shape::named(shape).unwrap_or(Shape::Unique);
    let cells = match (part, contender.counters) {
        ("series", Some(make)) => by_series(&*make(shape), shape, size),
        (_, _) => by_threads(contender, size),
    };
    println!("{}", cells.map(number).join(" | "));
}

fn by_series(family: &dyn Exposed, shape: Shape, series: usize) -> [f64; 3] {
    let large = Large::new(shape, series);
    // The family's fixed parts exist before the first size is taken.
    family.update(&large.set(0));
    let before = resident();
    (0..series).for_each(|n| family.update(&large.set(n)));
    let bytes = resident().saturating_sub(before) as f64 / series as f64;
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let update = least(20, || {
        let picked: Vec<_> = (0..10_000).map(|_| large.set(random.below(series))).collect();
        let start = Instant::now();
        picked.iter().for_each(|request| family.update(request));
        start.elapsed().as_secs_f64() * 1e9 / picked.len() as f64
    });
    [scrape(family), bytes, update]
}

fn by_threads(contender: &Contender, threads: usize) -> [f64; 3] {
    const REPEATS: usize = 500;
    let (Some(run), Some(make)) = (contender.update(Update::Resolved), contender.counters) else {
        return [0.0; 3];
    };
    // The first thread's slab, and all series.
    updates::round(run, &workload::ALL, 1, 1);
    let before = resident();
    let barrier = Barrier::new(threads);
    let used: Duration = thread::scope(|scope| {
        let worker = || {
            run(&workload::ALL);
            // All threads live at once, so each has a slab of its own.
            barrier.wait();
            let start = processor_time();
            (0..REPEATS).for_each(|_| run(std::hint::black_box(&workload::ALL)));
            processor_time().saturating_sub(start)
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker ends well")).sum()
    });
    let each = resident().saturating_sub(before) as f64 / threads as f64 / 1024.0;
    let updates = (threads * REPEATS * workload::ALL.len()) as f64;
    [used.as_secs_f64() * 1e9 / updates, each, scrape(&*make(Shape::Unique))]
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
