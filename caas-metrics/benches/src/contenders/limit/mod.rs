//! The limit: each path by hand, for these label sets and nothing else.
//!
//! It has no limits on cardinality, no removal, no other types and no checks: what a general
//! library can come close to. Invariant: what it counts could be read by a scrape.

mod large;
mod slab;

use std::sync::{
    LazyLock,
    atomic::{AtomicI64, Ordering},
};

use self::slab::{add, add_f64};
use crate::{
    contender::{Contender, Update},
    workload::{self, BOUNDS, Method, Request, Status},
};

pub const CONTENDER: Contender = Contender {
    name: "limit",
    updates: &[
        (Update::Counter, |requests| requests.iter().for_each(|_| add(COUNTER, 1))),
        (Update::Resolved, |requests| {
            let paths = &*PATHS;
            for request in requests {
                let block = paths.number(request.path);
                add(RESOLVED + 50 * block + closed(request.method, request.status), 1);
            }
        }),
        (Update::Closed, |requests| {
            for request in requests {
                add(CLOSED + closed(request.method, request.status), 1);
            }
        }),
        (Update::Child, |requests| requests.iter().for_each(|_| add(RESOLVED, 1))),
        (Update::Set, |requests| {
            for request in requests {
                GAUGE.store(request.status as i64, Ordering::Relaxed);
            }
        }),
        (Update::UpDown, |requests| {
            for _ in requests {
                add(UP_DOWN, 1);
                add(UP_DOWN, 1_u64.wrapping_neg());
            }
        }),
        (Update::Observe, |requests| {
            requests.iter().for_each(|request| observe(SECONDS, request.seconds));
        }),
        (Update::ObserveResolved, |requests| {
            let paths = &*PATHS;
            for request in requests {
                let block = 5 * paths.number(request.path) + request.method as usize;
                observe(SECONDS_RESOLVED + HISTOGRAM * block, request.seconds);
            }
        }),
        (Update::ObserveClosed, |requests| {
            for request in requests {
                let block = closed(request.method, request.status);
                observe(SECONDS_CLOSED + HISTOGRAM * block, request.seconds);
            }
        }),
        (Update::Timed, |requests| requests.iter().for_each(|request| work(request))),
        (Update::TimedLabelled, |requests| requests.iter().for_each(|request| work(request))),
    ],
    counters: Some(large::counters),
    histograms: Some(large::histograms),
};

/// Slots of a histogram: the buckets with `+Inf`, and the sum.
const HISTOGRAM: usize = BOUNDS.len() + 2;

const COUNTER: usize = 0;
const UP_DOWN: usize = 8;
const SECONDS: usize = 16;
const CLOSED: usize = 64;
const RESOLVED: usize = 128;
const SECONDS_CLOSED: usize = 4096;
const SECONDS_RESOLVED: usize = 8192;

static GAUGE: AtomicI64 = AtomicI64::new(0);

fn closed(method: Method, status: Status) -> usize {
    method as usize * 10 + status as usize
}

#[inline]
fn observe(slot: usize, seconds: f64) {
    let bucket: usize = BOUNDS.iter().map(|bound| usize::from(seconds > *bound)).sum();
    add(slot + bucket, 1);
    add_f64(slot + BOUNDS.len() + 1, seconds);
}

#[inline(never)]
fn work(request: &Request<'_>) {
    let start = quanta::Instant::now();
    std::hint::black_box(request);
    observe(SECONDS, start.elapsed().as_secs_f64());
}

/// The paths of the small families, in a hash table of their own.
static PATHS: LazyLock<Paths> = LazyLock::new(|| {
    let mut paths = Paths { places: vec![("", 0); 256] };
    let mut known = 0;
    for request in workload::ALL.iter() {
        let mut place = hash(request.path) as usize % 256;
        while !paths.places[place].0.is_empty() && paths.places[place].0 != request.path {
            place = (place + 1) % 256;
        }
        if paths.places[place].0.is_empty() {
            paths.places[place] = (request.path, known);
            known += 1;
        }
    }
    paths
});

struct Paths {
    places: Vec<(&'static str, usize)>,
}

impl Paths {
    #[inline]
    fn number(&self, path: &str) -> usize {
        let mut place = hash(path) as usize % 256;
        loop {
            let (known, number) = self.places[place % self.places.len()];
            if known == path {
                return number;
            }
            place += 1;
        }
    }
}

/// Eight bytes a multiplication; the last eight again for what is left.
#[inline]
fn hash(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut state = bytes.len() as u64;
    let mut rest = bytes;
    while let Some((word, tail)) = rest.split_first_chunk::<8>() {
        state = fold(state ^ u64::from_le_bytes(*word));
        rest = tail;
    }
    if let Some(word) = bytes.last_chunk::<8>() {
        state = fold(state ^ u64::from_le_bytes(*word));
    }
    state
}

#[inline]
fn fold(word: u64) -> u64 {
    let product = u128::from(word ^ 0x9e37_79b9_7f4a_7c15) * 0xd1b5_4a32_d192_ed03;
    (product as u64) ^ ((product >> 64) as u64)
}
