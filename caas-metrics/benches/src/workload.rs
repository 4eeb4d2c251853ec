//! The requests that every contender counts: the same label sets in the same order.
//!
//! Not here: what is done with them (`contenders/`) and how long it takes (`scenarios/`).
//! Invariant: the order is pseudo-random and the same in every run.

use std::sync::LazyLock;

use caas_metrics::Label;

/// A closed label of five values.
#[derive(Label, Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[label(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
    Patch,
}

impl Method {
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Delete, Self::Patch];

    pub const fn text(self) -> &'static str {
        ["GET", "POST", "PUT", "DELETE", "PATCH"][self as usize]
    }
}

/// A closed label of ten values.
#[derive(Label, Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[rustfmt::skip]
pub enum Status {
    #[label(rename = "200")] Ok,
    #[label(rename = "201")] Created,
    #[label(rename = "204")] NoContent,
    #[label(rename = "400")] BadRequest,
    #[label(rename = "401")] Unauthorized,
    #[label(rename = "403")] Forbidden,
    #[label(rename = "404")] NotFound,
    #[label(rename = "409")] Conflict,
    #[label(rename = "429")] TooMany,
    #[label(rename = "500")] Internal,
}

impl Status {
    #[rustfmt::skip]
    pub const ALL: [Self; 10] = [
        Self::Ok, Self::Created, Self::NoContent, Self::BadRequest, Self::Unauthorized,
        Self::Forbidden, Self::NotFound, Self::Conflict, Self::TooMany, Self::Internal,
    ];

    pub const fn text(self) -> &'static str {
        ["200", "201", "204", "400", "401", "403", "404", "409", "429", "500"][self as usize]
    }
}

/// One request: a label set, and how long it took.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: Method,
    pub path: &'a str,
    pub status: Status,
    pub seconds: f64,
}

/// Eleven upper bounds, the defaults of most libraries.
pub const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// How many requests a round walks through, again and again.
const REQUESTS: usize = 4096;

/// Paths of the small families: with all methods and statuses 2,600 series.
const PATHS: usize = 52;

static SMALL_PATHS: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..PATHS).map(|n| format!("/api/v1/rooms/{{room}}/part-{n}")).collect());

/// Requests over all 2,600 label sets.
pub static ALL: LazyLock<Vec<Request<'static>>> = LazyLock::new(|| requests(usize::MAX));

/// Requests over 16 label sets.
pub static HOT: LazyLock<Vec<Request<'static>>> = LazyLock::new(|| requests(16));

fn requests(sets: usize) -> Vec<Request<'static>> {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut pick = || {
        let n = random.below(PATHS * 50);
        Request { seconds: random.below(4_000_000) as f64 / 1e6, ..small(n) }
    };
    let chosen: Vec<_> = (0..sets.min(REQUESTS)).map(|_| pick()).collect();
    (0..REQUESTS).map(|n| chosen[n % chosen.len()]).collect()
}

fn small(n: usize) -> Request<'static> {
    labels(n, &SMALL_PATHS[n / 50])
}

/// The label set with a number, over a path.
fn labels(n: usize, path: &str) -> Request<'_> {
    Request { method: Method::ALL[n % 5], path, status: Status::ALL[n / 5 % 10], seconds: 0.042 }
}

/// Which label sets a family of a million series has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Fifty label sets share a path: every method with every status.
    Shared,
    /// The same, for a library to which each of the three labels is just a string.
    Strings,
    /// Each series has a path of its own.
    Unique,
}

impl Shape {
    pub const ALL: [Self; 3] = [Self::Shared, Self::Strings, Self::Unique];

    /// How the tables call it, and the command line.
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Shared => ("shared texts", "shared"),
            Self::Strings => ("shared texts, all strings", "strings"),
            Self::Unique => ("a text each", "unique"),
        }
    }

    /// The shape with a name on the command line.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.names().1 == name)
    }
}

/// The texts of a large family.
pub struct Large {
    shape: Shape,
    paths: Vec<String>,
}

impl Large {
    /// Texts for so many series.
    pub fn new(shape: Shape, series: usize) -> Self {
        let paths = match shape {
            Shape::Shared | Shape::Strings => series.div_ceil(50),
            Shape::Unique => series,
        };
        Self { shape, paths: (0..paths).map(|n| format!("/api/v1/rooms/{n:08}/part")).collect() }
    }

    /// The label set of a series.
    pub fn set(&self, n: usize) -> Request<'_> {
        match self.shape {
            Shape::Shared | Shape::Strings => labels(n, &self.paths[n / 50]),
            Shape::Unique => labels(n, &self.paths[n]),
        }
    }
}

/// A xorshift generator.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }
}
