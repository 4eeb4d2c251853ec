//! The requests that every contender counts: the same label sets in the same order.
//!
//! Not here: what is done with them (`contenders/`) and how long it takes (`measure/`).
//! Invariant: the order is pseudo-random and the same in every run.

use std::sync::LazyLock;

use crate::labels::{Cache, Method, Status, Zone};

/// One request: what labels are made of, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub path: &'a str,
    pub server: &'a str,
    pub seconds: f64,
    pub shard: u32,
    /// The number of `code`.
    pub status: u16,
    pub code: Status,
    pub method: Method,
    pub zone: Zone,
    pub cache: Cache,
}

/// Eleven upper bounds, the defaults of most libraries.
pub const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How many requests there are; a round repeats them.
const REQUESTS: usize = 4096;

/// Paths of the small families: with five methods and ten statuses 2,600 series.
const PATHS: usize = 52;

/// Servers of the small families: with paths and five methods 2,600 series.
const SERVERS: usize = 10;

/// Requests over 2,600 routes, 2,600 endpoints of servers, and 640 pairs of shard and status.
pub static ALL: LazyLock<Vec<Request<'static>>> = LazyLock::new(|| requests(usize::MAX));

/// Requests over 16 label sets.
pub static HOT: LazyLock<Vec<Request<'static>>> = LazyLock::new(|| requests(16));

/// Requests over all 4,200 combinations of status, zone and cache.
pub static SPREAD: LazyLock<Vec<Request<'static>>> = LazyLock::new(|| {
    let mut random = Random::seeded();
    let spread = |request: &Request<'static>| {
        let code = Status::ALL[random.below(Status::ALL.len())];
        Request { code, status: code.number(), ..*request }
    };
    ALL.iter().map(spread).collect()
});

/// Requests with latencies from a millisecond to a second, as many in each part of a decade.
pub static DECADES: LazyLock<Vec<Request<'static>>> = LazyLock::new(|| {
    let mut random = Random::seeded();
    let mut spread = |request: &Request<'static>| Request {
        seconds: in_decades(random.below(1_000_000) as f64 / 1e6),
        ..*request
    };
    ALL.iter().map(&mut spread).collect()
});

/// A latency from a millisecond to a second, for a place from 0 to 1 on a logarithmic scale.
pub fn in_decades(place: f64) -> f64 {
    10_f64.powf(3.0 * place - 3.0)
}

fn requests(sets: usize) -> Vec<Request<'static>> {
    let paths: Vec<&str> = (0..PATHS).map(|n| &*path(n).leak()).collect();
    let servers: Vec<&str> = (0..SERVERS).map(|n| &*format!("socket-{n}.chat").leak()).collect();
    let mut random = Random::seeded();
    let mut pick = || {
        let code = Status::ALL[random.below(10)];
        Request {
            path: paths[random.below(PATHS)],
            server: servers[random.below(SERVERS)],
            seconds: random.below(4_000_000) as f64 / 1e6,
            shard: 1_000 + random.below(64) as u32,
            status: code.number(),
            code,
            method: Method::ALL[random.below(5)],
            zone: Zone::ALL[random.below(Zone::ALL.len())],
            cache: Cache::ALL[random.below(Cache::ALL.len())],
        }
    };
    let chosen: Vec<_> = (0..sets.min(REQUESTS)).map(|_| pick()).collect();
    let mut order = Random::seeded();
    let next = |n: usize| if chosen.len() == REQUESTS { n } else { order.below(chosen.len()) };
    (0..REQUESTS).map(next).map(|n| chosen[n]).collect()
}

/// A path with a number, of 14 to 39 bytes.
pub fn path(n: usize) -> String {
    const ROOTS: [&str; 4] = ["/api/v1", "/api/v1/rooms", "/users", "/api/internal/search"];
    const ENDS: [&str; 3] = ["", "/messages", "/part"];
    format!("{}/{n:07x}{}", ROOTS[n % 4], ENDS[n % 3])
}

/// A xorshift generator.
pub struct Random(u64);

impl Random {
    pub const fn seeded() -> Self {
        Self(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }
}
