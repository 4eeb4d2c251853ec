//! The label sets of families that are made large: three labels, many series.
//!
//! Not here: the small families of the update rows (`workload.rs`). Invariant: each number is a label
//! set of its own, and no two shapes mix in one process.

use crate::{
    labels::{Cache, Method, Status, Zone},
    workload::{Request, path},
};

/// Which label sets a large family has. All have the labels method, path and status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Method and status are closed: 540 label sets share a path, and all of them are there.
    Closed,
    /// Method and status are closed, and each path has one of the 540 label sets.
    Sparse,
    /// Method is closed, status a number. Sixty label sets share a path, each with a status of its own.
    Mixed,
    /// The label sets of `Mixed`, but each label is just a string.
    Strings,
    /// Each series has a path of its own, and each label is just a string.
    Unique,
}

impl Shape {
    /// Its name in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed labels",
            Self::Sparse => "closed labels, a text each",
            Self::Mixed => "shared texts",
            Self::Strings => "shared texts, all strings",
            Self::Unique => "all strings, a text each",
        }
    }

    /// Whether each label is just a string to a library.
    pub const fn is_strings(self) -> bool {
        matches!(self, Self::Strings | Self::Unique)
    }

    /// Whether label sets share a path.
    pub const fn shares(self) -> bool {
        self.sharing() > 1
    }

    /// How many label sets share a path.
    const fn sharing(self) -> usize {
        match self {
            Self::Closed => Method::ALL.len() * Status::ALL.len(),
            Self::Mixed | Self::Strings => Status::ALL.len(),
            Self::Sparse | Self::Unique => 1,
        }
    }
}

/// The texts of a large family.
pub struct Large {
    shape: Shape,
    paths: Vec<String>,
}

impl Large {
    /// The texts that this number of series needs.
    pub fn new(shape: Shape, series: usize) -> Self {
        Self { shape, paths: (0..series.div_ceil(shape.sharing())).map(path).collect() }
    }

    /// The label set of a series.
    #[inline]
    pub fn set(&self, n: usize) -> Request<'_> {
        let place = n / self.shape.sharing();
        let code = Status::ALL[n % 60];
        let method = match self.shape {
            Shape::Closed => n / 60 % 9,
            _ => (n + place) % 9,
        };
        Request {
            path: &self.paths[place],
            server: "",
            seconds: 0.042,
            shard: 0,
            status: code.number(),
            code,
            method: Method::ALL[method],
            zone: Zone::A,
            cache: Cache::Hit,
        }
    }
}
