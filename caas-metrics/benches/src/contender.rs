//! What a contender is: a table of updates, and families that can be made large.
//!
//! A peer is one file in `contenders/` and one line in its `mod.rs`. What a peer does not have it
//! leaves out; the tables show a dash. Invariant: nothing here knows any library.

use std::{fmt, io};

use crate::workload::{Request, Shape};

/// One library, or the limit.
pub struct Contender {
    pub name: &'static str,
    /// How each update is done.
    pub updates: &'static [(Update, Run)],
    /// Makes a family of counters with three labels.
    pub counters: Option<fn(Shape) -> Box<dyn Exposed>>,
    /// Makes a family of histograms with three labels and eleven buckets.
    pub histograms: Option<fn() -> Box<dyn Exposed>>,
}

/// Does an update once for each request.
pub type Run = fn(&[Request<'static>]);

/// What is measured of a hot path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Update {
    /// A counter without labels.
    Counter,
    /// A counter whose three labels, one of them a string, are resolved on each call.
    Resolved,
    /// A counter whose two closed labels are resolved on each call.
    Closed,
    /// A child with three labels that was resolved before.
    Child,
    /// A gauge is set.
    Set,
    /// A gauge goes up and down.
    UpDown,
    /// A histogram without labels.
    Observe,
    /// A histogram whose two labels, one of them a string, are resolved on each call.
    ObserveResolved,
    /// A histogram whose two closed labels are resolved on each call.
    ObserveClosed,
    /// A function that is timed, with a histogram in seconds.
    Timed,
    /// The same, with a label that is always the same text, named at the function.
    TimedLabelled,
}

/// A family that a scrape shows.
pub trait Exposed: Send + Sync {
    /// Updates the series of a request, which exists afterwards.
    fn update(&self, request: &Request<'_>);
    /// Writes the page of a scrape in the text format.
    fn write(&self, page: &mut Page);
}

impl Contender {
    pub fn update(&self, update: Update) -> Option<Run> {
        self.updates.iter().find(|(known, _)| *known == update).map(|(_, run)| *run)
    }
}

/// Takes a page as a socket would, and keeps nothing.
#[derive(Default)]
pub struct Page {
    pub bytes: usize,
    pub lines: usize,
    /// Whether lines are counted, which costs time.
    pub counts_lines: bool,
}

impl Page {
    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        if self.counts_lines {
            self.lines += bytes.split(|byte| *byte == b'\n').count() - 1;
        }
        std::hint::black_box(bytes);
    }
}

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Write for Page {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.take(text.as_bytes());
        Ok(())
    }
}

/// The result of a peer's function that does not fail in a benchmark.
pub fn sure<T, E: fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("the peer's function succeeds")
}
