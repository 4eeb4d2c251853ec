//! Nanoseconds of an update, with one thread and with two on the same series.
//!
//! A run goes through all requests; a round repeats it for some milliseconds. Invariant: two threads
//! have a core each.

use std::{
    hint::black_box,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use super::{Effort, answer};
use crate::{contender::Run, machine, run::Answer, workload::Request};

pub fn measure(
    effort: Effort,
    run: Run,
    requests: &[Request<'static>],
    threads: usize,
) -> Vec<Answer> {
    // Creates the series and calibrates the clocks.
    round(run, requests, threads, 3);
    let once = round(run, requests, threads, 10) * requests.len() as f64;
    let repeats = (effort.milliseconds * 1e6 / once.max(1.0)) as usize + 1;
    let rounds = (0..effort.rounds).map(|_| round(run, requests, threads, repeats));
    vec![answer("", "ns", rounds.collect())]
}

/// Nanoseconds of one update, as the mean of all threads.
fn round(run: Run, requests: &[Request<'static>], threads: usize, repeats: usize) -> f64 {
    let barrier = Barrier::new(threads);
    let total: Duration = thread::scope(|scope| {
        let spawn = |thread: usize| {
            let barrier = &barrier;
            scope.spawn(move || {
                if threads > 1 {
                    machine::pin(thread);
                }
                // Each thread begins at another place in the same requests.
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
