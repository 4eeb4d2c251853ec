//! `/metrics` over HTTP: an answer for any framework, and a small server of its own.
//!
//! What a page consists of is decided in `registry` and `encode`; here it is only sent.
//! Invariant: the memory of a page in flight is bounded, whatever the page's size and however
//! slowly it is read.
//!
//! A service that already speaks HTTP answers `/metrics` itself with [`respond_to`]. One that does not, or
//! that wants a separate port for its metrics, starts [`serve`].
//!
//! No thread here waits for a [collector](crate::Collector): the body of an answer is pending until the
//! collectors have answered. Meanwhile other requests are served. A server that is dropped or shut down
//! does not wait for a collector either, and a client that gives up costs nothing.
//!
//! However many clients read slowly, they share the values of collectors: at most three sets of values
//! are held, and one more for every ten seconds in which some clients never let go. If two earlier sets
//! are still being read after a tenth of a second, a scrape gets the values of the last one, which are
//! at most ten seconds old. Their age is on the page.
//!
//! # Some families only
//!
//! `/metrics?name[]=jobs_total&name[]=up` answers with these families. OpenMetrics calls the first one
//! `jobs`, and that will do as well. Names that no family has are ignored, so a page can be empty.
//!
//! # What a client of the server may do
//!
//! | | |
//! |---|---|
//! | connections at a time | [`MAX_CONNECTIONS`]; beyond, the one that has been quiet longest gives way, not before it has been quiet for half a second |
//! | request line and headers | 16 KiB, 64 headers; more is answered with 431 |
//! | time to send them | 5 seconds |
//! | time between two requests | 75 seconds |
//! | time without reading any of the answer | 10 seconds |
//! | time for the whole answer | 60 seconds |
//! | time that a connection is kept alive | 10 minutes |
//!
//! `GET` and `HEAD` are answered on `/metrics` and on `/healthz`, which says `ok`; what else is in a query
//! is ignored. Other methods get 405, other paths 404.

mod connection;
mod query;
mod respond;
mod server;
#[cfg(test)]
mod tests;

pub use self::respond::{Body, respond, respond_from, respond_to, respond_to_from};
pub use self::server::{MAX_CONNECTIONS, Server, serve, serve_from};
