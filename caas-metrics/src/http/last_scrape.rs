//! Whether the last values were scraped: the whole pages that clients got since somebody asked.
//!
//! Not here: when the server stops (`connections`). Invariant: a page counts if its request came after the
//! question, and if all of its bytes were handed to the operating system.

use std::cell::Cell;
use std::sync::Arc;

use http::{Method, Request, Response};
use tokio::sync::Notify;

use super::respond::Body;
use crate::storage::flag::Tally;

/// Whether a scrape got the last values before a server stopped.
///
/// ```
/// use std::time::Duration;
/// use caas_metrics::http::LastScrape;
///
/// # fn main() -> std::io::Result<()> {
/// let server = caas_metrics::serve("127.0.0.1:0")?;
/// // Nobody knows this address.
/// let last = server.shutdown_after_scrape(Duration::from_millis(10));
/// assert_eq!(last, LastScrape::Missed);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "if it is missed, nobody has the last values"]
pub enum LastScrape {
    /// As many whole pages were delivered as were waited for.
    Delivered,
    /// The limit passed before.
    Missed,
}

/// The pages that were delivered, counted from `begin` on.
#[derive(Debug)]
pub(super) struct Deliveries {
    is_counting: Cell<bool>,
    /// The server's thread counts, and whoever stopped the server reads.
    count: Arc<Tally>,
    counted: Notify,
}

impl Deliveries {
    pub(super) fn new(count: Arc<Tally>) -> Self {
        Self { is_counting: Cell::new(false), count, counted: Notify::new() }
    }

    /// Counts pages that are asked for from now on; returns when there are this many.
    pub(super) async fn wait_for(&self, pages: u64) {
        self.is_counting.set(true);
        while self.count.get() < pages {
            self.counted.notified().await;
        }
    }

    /// Whether this answer counts once it is delivered.
    pub(super) fn wants<B>(&self, request: &Request<B>, answer: &Response<Body>) -> bool {
        self.is_counting.get() && request.method() == Method::GET && answer.body().is_whole_page()
    }

    pub(super) fn count(&self) {
        self.count.add_one();
        self.counted.notify_one();
    }
}
