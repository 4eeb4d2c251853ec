//! What a scrape of a large family does to writers: the longest creation of a series, and the mean
//! time of an update.
//!
//! Creations pass the sizes at which tables of powers of two grow. Invariant: writer and scrapes have a
//! core each, and scrapes run as long as the writer does.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{Effort, answer, fill};
use crate::{
    contender::{Contender, Exposed, Kind, Page},
    large::{Large, Shape},
    machine,
    rows::Beside,
    run::Answer,
};

/// Time between two creations.
const PAUSE: Duration = Duration::from_micros(5);

pub fn longest_creation(effort: Effort, contender: &Contender, beside: Beside) -> Vec<Answer> {
    let Some(family) = (contender.family)(Shape::Mixed, Kind::Counter) else { return Vec::new() };
    let (first, end) = (effort.series / 10 * 9, effort.series / 10 * 11);
    let large = Large::new(Shape::Mixed, end);
    let (longest, idle) = with(
        &*family,
        beside,
        || {
            fill(&*family, &large, 0..first);
        },
        || {
            let (mut longest, mut idle) = (Duration::ZERO, Duration::ZERO);
            for n in first..end {
                let request = large.set(n);
                let start = Instant::now();
                family.update(&request);
                let mut last = Instant::now();
                longest = longest.max(last - start);
                while last - start < PAUSE {
                    let now = Instant::now();
                    idle = idle.max(now - last);
                    last = now;
                }
            }
            (longest, idle)
        },
    );
    let milliseconds = |time: Duration| vec![time.as_secs_f64() * 1e3];
    vec![
        answer("", "ms", milliseconds(longest)),
        answer(": longest pause of the machine meanwhile", "ms", milliseconds(idle)),
    ]
}

pub fn update(effort: Effort, contender: &Contender, beside: Beside) -> Vec<Answer> {
    let Some(family) = (contender.family)(Shape::Mixed, Kind::Counter) else { return Vec::new() };
    let large = Large::new(Shape::Mixed, effort.series);
    let mut random = crate::workload::Random::seeded();
    let times = with(
        &*family,
        beside,
        || fill(&*family, &large, 0..effort.series),
        || {
            let mut round = || {
                let start = Instant::now();
                for _ in 0..20_000 {
                    family.update(&large.set(random.below(effort.series)));
                }
                start.elapsed().as_secs_f64() * 1e9 / 20_000.0
            };
            (0..effort.rounds * 2).map(|_| round()).collect()
        },
    );
    vec![answer("", "ns", times)]
}

/// Fills a family, and then runs a writer, with or without scrapes in another thread.
fn with<T>(
    family: &dyn Exposed,
    beside: Beside,
    fill: impl FnOnce(),
    writer: impl FnOnce() -> T,
) -> T {
    let (begun, done) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        machine::pin(0);
        fill();
        scope.spawn(|| {
            machine::pin(1);
            while beside == Beside::Scrapes && !done.load(Ordering::Acquire) {
                begun.store(true, Ordering::Release);
                family.write(&mut Page::default());
            }
        });
        while beside == Beside::Scrapes && !begun.load(Ordering::Acquire) {
            std::hint::spin_loop();
        }
        let result = writer();
        done.store(true, Ordering::Release);
        result
    })
}
