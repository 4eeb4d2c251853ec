//! Nanoseconds of an update, with one thread and with two on the same series.
//!
//! A run walks through all requests; a round repeats it for some milliseconds.
//! Invariant: every contender updates the same label sets in the same order.

use std::{
    hint::black_box,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use super::Effort;
use crate::{
    contender::{Run, Update},
    table::{By, Figure, Goal, Row, Table},
    workload::{self, Request},
};

/// A row: what is measured, over which requests, and what the issue asks for with one thread and
/// with two.
struct Path {
    name: &'static str,
    update: Update,
    hot: bool,
    goals: [Option<Goal>; 2],
}

const fn path(name: &'static str, update: Update, goals: [Option<Goal>; 2]) -> Path {
    Path { name, update, hot: false, goals }
}

const fn goal(limit: f64, reach: f64) -> Goal {
    Goal { limit, reach }
}

#[rustfmt::skip]
const PATHS: &[Path] = &[
    path("counter inc", Update::Counter, [Some(goal(0.47, 0.8)), Some(goal(0.49, 0.9))]),
    path("counter, 3 labels, 2,600 series", Update::Resolved, [Some(goal(9.8, 13.0)), Some(goal(12.7, 16.0))]),
    Path {
        name: "counter, 3 labels, 16 series",
        update: Update::Resolved,
        hot: true,
        goals: [Some(goal(8.5, 10.0)), None],
    },
    path("counter, closed labels", Update::Closed, [Some(goal(2.1, 2.7)), Some(goal(2.7, 3.4))]),
    path("counter, a child that was kept", Update::Child, [None, None]),
    path("gauge set", Update::Set, [Some(goal(0.31, 0.5)), None]),
    path("updown inc + dec", Update::UpDown, [Some(goal(0.83, 1.2)), None]),
    path("observe, 11 buckets", Update::Observe, [Some(goal(3.8, 5.0)), Some(goal(3.9, 5.5))]),
    path("observe, 2 labels", Update::ObserveResolved, [Some(goal(12.9, 17.0)), None]),
    path("observe, closed labels", Update::ObserveClosed, [Some(goal(5.3, 7.0)), None]),
    path("timed function", Update::Timed, [Some(goal(22.4, 25.0)), Some(goal(22.9, 26.0))]),
    path("timed function, a label", Update::TimedLabelled, [None, None]),
];

pub fn run(effort: &Effort, table: &mut Table) {
    for path in PATHS {
        for (threads, goal) in [1, 2].into_iter().zip(path.goals) {
            if threads == 2 && goal.is_none() {
                continue;
            }
            let requests = if path.hot { &*workload::HOT } else { &*workload::ALL };
            let figures = measure(effort, path.update, requests, threads);
            let name = format!("{}, {threads}T", path.name);
            let by = if threads == 1 { By::Least } else { By::Median };
            table.push(Row { name, by, unit: "ns", figures, goal });
        }
    }
}

fn measure(
    effort: &Effort,
    update: Update,
    requests: &[Request<'static>],
    threads: usize,
) -> Vec<Option<Figure>> {
    let runs: Vec<Option<Run>> = effort.contenders.iter().map(|c| c.update(update)).collect();
    let repeats: Vec<usize> = runs
        .iter()
        .map(|run| {
            let run = run.unwrap_or(|_| ());
            round(run, requests, threads, 1);
            let once = round(run, requests, threads, 3) * requests.len() as f64;
            (effort.milliseconds * 1e6 / once.max(1.0)) as usize + 1
        })
        .collect();
    let mut rounds = vec![Vec::new(); runs.len()];
    for _ in 0..effort.rounds {
        for (place, run) in runs.iter().enumerate() {
            if let Some(run) = run {
                rounds[place].push(round(*run, requests, threads, repeats[place]));
            }
        }
    }
    rounds.iter().map(|rounds| Figure::of(rounds)).collect()
}

/// Nanoseconds of one update, as the mean of all threads.
pub fn round(run: Run, requests: &[Request<'static>], threads: usize, repeats: usize) -> f64 {
    let barrier = Barrier::new(threads);
    let total: Duration = thread::scope(|scope| {
        let spawn = |thread: usize| {
            let barrier = &barrier;
            scope.spawn(move || {
                // Each thread is at another place of the same requests.
                let mut mine = requests.to_vec();
                mine.rotate_left(thread * requests.len() / threads);
                run(&mine);
                barrier.wait();
                let start = Instant::now();
                for _ in 0..repeats {
                    run(black_box(&mine));
                }
                start.elapsed()
            })
        };
        let workers: Vec<_> = (0..threads).map(spawn).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker ends well")).sum()
    });
    total.as_secs_f64() * 1e9 / (threads * repeats * requests.len()) as f64
}
