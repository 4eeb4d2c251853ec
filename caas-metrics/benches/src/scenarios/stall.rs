//! What a scrape of a large family does to writers: the longest stall of one that creates series,
//! and the throughput of one that updates them.
//!
//! A stall is the time of one update; the figure is the least over some scrapes of the longest in
//! each, since this machine pauses threads by itself. Invariant: writer and scrape overlap.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::Effort;
use crate::{
    contender::{Exposed, Page},
    table::{By, Figure, Row, Table},
    workload::{Large, Random, Shape},
};

/// Scrapes, and series that are created in each of them.
const SCRAPES: usize = 4;
const CREATED: usize = 40_000;

/// Time between two creations.
const PAUSE: Duration = Duration::from_micros(5);

pub fn run(effort: &Effort, table: &mut Table) {
    let large = Large::new(Shape::Unique, effort.series + (SCRAPES + 1) * CREATED);
    let mut rows: [Vec<Option<Figure>>; 5] = Default::default();
    for contender in &effort.contenders {
        let figures = contender.counters.map(|make| {
            let family = make(Shape::Unique);
            eprintln!("filling {}", contender.name);
            (0..effort.series).for_each(|n| family.update(&large.set(n)));
            measure(effort, &large, &*family)
        });
        for (row, place) in rows.iter_mut().zip(0..) {
            row.push(figures.map(|figures| figures[place]));
        }
    }
    let names = [
        ("longest stall without a scrape", "ms"),
        ("longest stall during a scrape", "ms"),
        ("an update without a scrape", "ns"),
        ("an update during a scrape", "ns"),
        ("slowdown of updates by a scrape", "%"),
    ];
    for ((name, unit), figures) in names.into_iter().zip(rows) {
        let name = format!("{name} at {} series", effort.series);
        table.push(Row { name, by: By::Least, unit, figures, goal: None });
    }
}

fn measure(effort: &Effort, large: &Large, family: &dyn Exposed) -> [Figure; 5] {
    let range = |scrape: usize| {
        let first = effort.series + scrape * CREATED;
        first..first + CREATED
    };
    let idle = longest(&mut range(SCRAPES), large, family, || false);
    let mut stalls = Vec::new();
    let (mut quiet, mut busy) = (Vec::new(), Vec::new());
    for scrape in 0..SCRAPES {
        let mut new = range(scrape);
        stalls.push(during_a_scrape(family, |done| longest(&mut new, large, family, done)));
        let end = Instant::now() + Duration::from_millis(150);
        quiet.push(update_cost(effort.series, large, family, || Instant::now() >= end));
        busy.push(during_a_scrape(family, |done| update_cost(effort.series, large, family, done)));
    }
    let [stall, quiet, busy] =
        [&stalls, &quiet, &busy].map(|rounds| Figure::of(rounds).expect("there was a scrape"));
    let slowdown = (busy.min / quiet.min - 1.0) * 100.0;
    let single = |value: f64| Figure { min: value, median: value };
    [single(idle), stall, quiet, busy, single(slowdown)]
}

/// Runs a writer while another thread scrapes; the writer asks whether the scrape is done.
fn during_a_scrape(family: &dyn Exposed, writer: impl FnOnce(&dyn Fn() -> bool) -> f64) -> f64 {
    let (begun, done) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            begun.store(true, Ordering::Release);
            family.write(&mut Page::default());
            done.store(true, Ordering::Release);
        });
        while !begun.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
        writer(&|| done.load(Ordering::Acquire))
    })
}

/// The milliseconds of the slowest creation among those of a range, until done.
fn longest(
    new: &mut impl Iterator<Item = usize>,
    large: &Large,
    family: &dyn Exposed,
    done: impl Fn() -> bool,
) -> f64 {
    let mut longest = Duration::ZERO;
    while let Some(n) = new.next().filter(|_| !done()) {
        let request = large.set(n);
        let start = Instant::now();
        family.update(&request);
        longest = longest.max(start.elapsed());
        while start.elapsed() < PAUSE {
            std::hint::spin_loop();
        }
    }
    longest.as_secs_f64() * 1e3
}

/// Nanoseconds of an update of series that exist, until done.
fn update_cost(series: usize, large: &Large, family: &dyn Exposed, done: impl Fn() -> bool) -> f64 {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (start, mut updates) = (Instant::now(), 0_u64);
    loop {
        for _ in 0..256 {
            family.update(&large.set(random.below(series)));
        }
        updates += 256;
        if done() {
            return start.elapsed().as_secs_f64() * 1e9 / updates as f64;
        }
    }
}
