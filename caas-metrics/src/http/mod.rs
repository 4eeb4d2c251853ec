//! `/metrics` over HTTP: an answer for any framework, and a small server of its own.
//!
//! What a page consists of is decided in `registry` and `encode`; here it is only sent.
//! Invariant: the memory of a page in flight is bounded, whatever the page's size and however
//! slowly it is read.
//!
//! A service that already speaks HTTP answers `/metrics` itself with [`respond`]. One that does not, or
//! that wants a separate port for its metrics, starts [`serve`]. Another path, other limits or a Unix
//! socket are for [`Server::builder`].
//!
//! # What a client of the server may do
//!
//! | | by default |
//! |---|---|
//! | connections at a time | [`MAX_CONNECTIONS`]; beyond, the one that has been quiet longest gives way, not before it has been quiet for half a second |
//! | request line and headers | 16 KiB, 64 headers; more is answered with 431 |
//! | time to send them | 5 seconds |
//! | time between two requests | 75 seconds |
//! | time without reading any of the answer | 10 seconds |
//! | time for the whole answer | 60 seconds |
//! | time that a connection is kept alive | 10 minutes |
//!
//! If the process has no file descriptor left, the quietest connection without an answer under way gives
//! way at once. The server also keeps four descriptors in reserve, in case the rest of the program has all
//! others: a scrape that shows it is still answered.
//!
//! `GET` and `HEAD` are answered on `/metrics`, on `/healthz`, which says `ok`, and on `/`, which has
//! links to both; query strings are ignored. Other methods get 405, other paths 404, and a request without exactly one valid
//! `Host` header 400 (HTTP/1.0 may leave it out). A client that
//! forbids both gzip and plain bytes gets 406.

mod builder;
mod connection;
mod connections;
mod limits;
mod listen;
mod reserve;
mod respond;
mod route;
mod server;
#[cfg(test)]
mod tests;
#[cfg(unix)]
mod unix;

pub use self::builder::ServerBuilder;
pub use self::limits::MAX_CONNECTIONS;
pub use self::respond::{Body, respond, respond_from};
pub use self::server::{Server, serve, serve_from};
