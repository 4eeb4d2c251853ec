//! What a contender is: a table of updates, and families that can be made large.
//!
//! A peer is one file in `contenders/` and one line in its `mod.rs`. What a peer does not have it
//! leaves out; the tables show a dash. Invariant: nothing here knows any library.

use std::{
    fmt,
    future::Future,
    hint::black_box,
    io,
    pin::pin,
    sync::atomic::{Ordering, compiler_fence},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use crate::{large::Shape, workload::Request};

/// One library, or the limit.
pub struct Contender {
    pub name: &'static str,
    /// Its package in the lock file, whose version is shown; empty if it is not a package.
    pub package: &'static str,
    /// How each update is done.
    pub updates: &'static [(Update, Run)],
    /// Updates that do more than the row asks for, and what.
    pub includes: Option<(&'static [Update], &'static str)>,
    /// Makes a family with three labels.
    pub family: fn(Shape, Kind) -> Option<Box<dyn Exposed>>,
}

/// Does an update once for each request.
pub type Run = fn(&[Request<'static>]);

/// What a page is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Text,
    Protobuf,
}

/// What a large family consists of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Counter,
    /// With eleven buckets.
    Histogram,
    /// With native buckets only, of schema 3.
    Native,
}

/// An update whose hot path is measured. Labels are resolved on each call; `labels.rs` has the sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Update {
    /// A counter without labels.
    Counter,
    /// A child that was resolved before.
    Child,
    /// A counter with an enum, a string and a number.
    Route,
    /// A counter with an enum and two strings.
    TwoStrings,
    /// A counter with three strings.
    Strings,
    /// A counter with two numbers.
    Integers,
    /// A counter with two enums, 45 combinations.
    ClosedSmall,
    /// A counter with three enums, 4,200 combinations.
    ClosedLarge,
    /// A gauge is set.
    Set,
    /// A gauge that can be set goes up and down.
    GaugeUpDown,
    /// A gauge with an enum and a string is set.
    SetLabelled,
    /// A gauge that can only go up and down does so.
    UpDown,
    /// A histogram without labels.
    Observe,
    /// The same with native buckets only, of schema 3.
    ObserveNative,
    /// The same with native buckets beside eleven classic ones.
    ObserveBoth,
    /// A histogram with an enum and a string.
    ObserveLabelled,
    /// A histogram with two enums, 45 combinations.
    ObserveClosed,
    /// A function that is timed, with a histogram in seconds.
    Timed,
    /// The same beside a limit that reads the standard clock.
    TimedStd,
    /// The same, with a label that is always the same text, named at the function.
    TimedLabelled,
    /// The same, async, and ready when it is first polled.
    TimedAsync,
    /// A timed function without any declaration.
    Bare,
    /// The same, async.
    BareAsync,
    /// A function that is counted and timed without any declaration.
    CountedTimed,
    /// The same, async.
    CountedTimedAsync,
    /// A request that is counted, timed and measured by a layer of `tower`; with the limit, one without a layer.
    Layer,
}

/// A family that a scrape shows.
pub trait Exposed: Send + Sync {
    /// Updates the series of a request, which exists afterwards.
    fn update(&self, request: &Request<'_>);
    /// Writes the page of a scrape in the text format.
    fn write(&self, page: &mut Page);
    /// Writes it in protobuf; `false` if the library has none.
    fn write_protobuf(&self, _: &mut Page) -> bool {
        false
    }
}

impl Contender {
    pub fn update(&self, update: Update) -> Option<Run> {
        self.updates.iter().find(|(known, _)| *known == update).map(|(_, run)| *run)
    }
}

/// Does something for each request. The compiler must not keep anything in registers from one to the
/// next.
#[inline(always)]
pub fn each(requests: &[Request<'static>], mut update: impl FnMut(&Request<'static>)) {
    for request in requests {
        update(request);
        compiler_fence(Ordering::SeqCst);
    }
}

/// Polls a future for each request; each is ready at once.
#[inline(always)]
pub fn each_async<'a, F: Future<Output = ()>>(
    requests: &'a [Request<'static>],
    call: impl Fn(&'a Request<'static>) -> F,
) {
    let mut context = Context::from_waker(Waker::noop());
    for request in requests {
        let future = pin!(call(request));
        assert_eq!(future.poll(&mut context), Poll::Ready(()));
        compiler_fence(Ordering::SeqCst);
    }
}

/// Calls a function for each request that holds a guard and does nothing.
#[inline(always)]
pub fn each_guarded<G>(requests: &[Request<'static>], start: impl Fn() -> G + Copy) {
    #[inline(never)]
    fn work<G>(request: &Request<'_>, start: impl Fn() -> G) {
        let _guard = start();
        black_box(request);
    }
    each(requests, |request| work(request, start));
}

/// The same with an async function.
#[inline(always)]
pub fn each_guarded_async<G>(requests: &[Request<'static>], start: impl Fn() -> G + Copy) {
    each_async(requests, |request| async move {
        let _guard = start();
        black_box(request);
    });
}

/// A guard by the standard clock, for libraries that have no timer.
pub struct Stopwatch<F: Fn(Duration)> {
    start: Instant,
    end: F,
}

impl<F: Fn(Duration)> Stopwatch<F> {
    #[inline]
    pub fn start(end: F) -> Self {
        Self { start: Instant::now(), end }
    }
}

impl<F: Fn(Duration)> Drop for Stopwatch<F> {
    #[inline]
    fn drop(&mut self) {
        (self.end)(self.start.elapsed());
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
        black_box(bytes);
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
