//! Values of their own for tests. With the feature `testing`, for `[dev-dependencies]`.
//!
//! All tests of a program share its metrics, and they run in parallel. In an *isolation* everything starts
//! at zero and belongs to one test: values, which series exist, cardinality limits, exemplars, start times.
//!
//! ```toml
//! [dev-dependencies]
//! caas-metrics = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # A test
//!
//! [`isolate`] as the first line; the isolation lasts as long as what it returns.
//! [`assert_metrics!`](crate::assert_metrics) reports all that differs at once.
//!
//! ```
//! use caas_metrics::{assert_metrics, testing};
//!
//! caas_metrics::metrics! {
//!     /// Orders received.
//!     pub counter OrdersTotal { kind: &str }
//!
//!     /// Time to store an order in seconds.
//!     pub histogram StoreSeconds;
//! }
//!
//! fn receive(kind: &str) {
//!     OrdersTotal { kind }.inc();
//!     StoreSeconds.observe(0.25);
//! }
//!
//! # /*
//! #[test]
//! # */
//! fn an_order_is_counted() {
//!     let _metrics = testing::isolate();
//!     receive("new");
//!     assert_metrics! {
//!         OrdersTotal { kind: "new" } => 1,
//!         OrdersTotal { kind: "changed" } => none,
//!         StoreSeconds => count 1, sum 0.25,
//!     }
//! }
//! # an_order_is_counted();
//! ```
//!
//! # A test with tokio
//!
//! The same line isolates the whole runtime: the tasks that the code under test spawns, on any worker, and
//! `spawn_blocking`. It works with both flavours of `#[tokio::test]`.
//!
//! ```
//! use caas_metrics::{assert_metrics, testing};
//!
//! caas_metrics::metrics! {
//!     /// Mails sent.
//!     pub counter MailsSentTotal;
//! }
//!
//! # /*
//! #[tokio::test(flavor = "multi_thread")]
//! # */
//! async fn mails_are_counted() {
//!     let _metrics = testing::isolate();
//!     tokio::spawn(async { MailsSentTotal.inc() }).await.unwrap();
//!     tokio::task::spawn_blocking(|| MailsSentTotal.inc()).await.unwrap();
//!     assert_metrics! { MailsSentTotal => 2 }
//! }
//! # tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(mails_are_counted());
//! ```
//!
//! A test that makes a runtime itself calls `isolate` while it is inside: in `block_on`, or after
//! `let _inside = runtime.enter()`.
//!
//! # Threads, and a runtime that tests share
//!
//! Threads that are started otherwise do not know the test that they work for. Give them its
//! [`Isolation`], which is a handle:
//!
//! * [`Isolation::current`] and [`Isolation::enter`] for threads: `std::thread`, rayon, other executors;
//! * [`propagate`] for a future that is spawned elsewhere;
//! * [`Isolation::attach`] for tests that share one runtime, and [`propagate`] for what they spawn.
//!
//! # Whole pages, and families that a test cannot name
//!
//! [`snapshot`] has all values, by name and labels as on a page, and says what has changed since.
//! `registry().gather()`, `encode`, `check`, and a page that is asked for in an isolation, show its values.
//! So does a server that was started in it with `serve`.
//!
//! # Handles in statics
//!
//! A [`Child`](crate::Child) that is kept in a static counts in each isolation as if it had been made there.
//! Guards and timers record in the isolation where they were made, wherever they are dropped.
//!
//! # What is not isolated
//!
//! * Registries: collectors and default labels. A collector runs on a thread of its own; the metrics that it
//!   reads or updates are the program's. What a page says of pages and collectors (`caas_metrics_scrapes_total`,
//!   `caas_metrics_series` and such) is the registry's.
//! * Metrics of the `prometheus` crate.
//! * What a global allocator counts while a thread first uses a family in an isolation.
//!
//! # Cost
//!
//! Without the feature, nothing. With it, an update in an isolation takes a lock and about a microsecond.
//! Memory is used again when an isolation is over.

mod assert;
mod exact;
mod series;
mod snapshot;

#[doc(hidden)]
pub use self::assert::{Check, Observed, Single};
pub use self::snapshot::{Change, Delta, Snapshot, snapshot};
pub use crate::isolation::{Attached, Entered, Isolation};
use crate::isolation::{Covered, IsTaken};

/// Isolates the calling test until the guard is dropped: its thread, and the tokio runtime that it runs in,
/// if there is one.
///
/// To be called first in a test. An isolation in an isolation is another one. See [the module](self) for
/// examples.
///
/// # Panics
/// If the runtime already belongs to a test on another thread. Such tests share the runtime, so they need
/// [`Isolation::attach`].
#[must_use = "the isolation ends when this is dropped: bind it to a name, such as `_metrics`"]
#[track_caller]
pub fn isolate() -> Isolated {
    let isolation = Isolation::new();
    match isolation.cover() {
        Ok(runtime) => Isolated { _thread: isolation.enter(), _runtime: runtime },
        Err(IsTaken) => panic!(
            "another test has isolated this runtime; tests that share a runtime write \
             `Isolation::new().attach(async {{ … }}).await`"
        ),
    }
}

/// Until it is dropped, a test has values of its own: see [`isolate`].
#[derive(Debug)]
pub struct Isolated {
    _thread: Entered,
    _runtime: Option<Covered>,
}

/// Runs a closure in a new isolation.
///
/// It isolates the calling thread and the tasks that it polls, not a runtime: [`isolate`] does that.
///
/// ```
/// use caas_metrics::testing::isolated;
///
/// caas_metrics::metrics! {
///     /// Pages read.
///     pub counter PagesReadTotal;
/// }
///
/// PagesReadTotal.inc();
/// isolated(|| {
///     assert_eq!(PagesReadTotal.get(), Some(0));
///     PagesReadTotal.inc_by(5);
/// });
/// assert_eq!(PagesReadTotal.get(), Some(1));
/// ```
pub fn isolated<R>(work: impl FnOnce() -> R) -> R {
    Isolation::new().run(work)
}

/// A future in the isolation of the caller, for a task that another runtime or executor polls.
///
/// ```
/// use caas_metrics::testing::{isolated, propagate};
///
/// caas_metrics::metrics! {
///     /// Lines read.
///     pub counter LinesReadTotal;
/// }
///
/// let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
/// isolated(|| {
///     let task = runtime.spawn(propagate(async { LinesReadTotal.inc() }));
///     runtime.block_on(task).unwrap();
///     assert_eq!(LinesReadTotal.get(), Some(1));
/// });
/// ```
pub fn propagate<F: Future>(future: F) -> Attached<F> {
    Isolation::current().attach(future)
}
