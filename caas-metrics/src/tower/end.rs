//! The last moment of a request: its response's body has ended as well.
//!
//! How frames are followed is in `body`.
//! Invariant: each request has exactly one, after its `Call`.

use std::cell::Cell;
use std::time::Duration;

use http::{HeaderMap, Method, Version};

use super::call::RequestEnding;
use crate::clock::Instant;

/// What became of a response's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BodyEnding {
    /// All of it was handed to the server, or there was nothing to send: an empty body, a response to HEAD, a
    /// status without a body such as 101, 204 or 304.
    Complete,
    /// It was dropped before its end: the client has gone or has reset the stream, or a layer outside
    /// threw it away.
    Aborted,
    /// It returned an error.
    Failed,
    /// It panicked.
    Panicked,
    /// There was no response.
    None,
}

/// A request of which nothing is left to do.
///
/// ```
/// use caas_metrics::tower::{BodyEnding, End};
///
/// fn is_cut_off(end: &End<'_>) -> bool {
///     end.body() != BodyEnding::Complete && end.bytes() > 0
/// }
/// ```
#[derive(Debug)]
pub struct End<'a, Kept = ()> {
    pub(super) method: &'a Method,
    pub(super) version: Version,
    pub(super) route: &'a str,
    pub(super) kept: &'a Kept,
    pub(super) status: u16,
    pub(super) ending: RequestEnding,
    /// Nanoseconds.
    pub(super) to_head: u64,
    pub(super) since: Instant,
    pub(super) elapsed: Cell<Option<Duration>>,
    pub(super) body: BodyEnding,
    pub(super) bytes: u64,
    pub(super) trailers: Option<&'a HeaderMap>,
}

impl<'a, Kept> End<'a, Kept> {
    /// As [`Call::method`](super::Call::method).
    #[inline]
    #[must_use]
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// As [`Call::route`](super::Call::route).
    #[inline]
    #[must_use]
    pub fn route(&self) -> &'a str {
        self.route
    }

    /// As [`Call::version`](super::Call::version).
    #[inline]
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// What is kept of the request. The response's head has gone by now: what is needed of it, `record` puts
    /// into a `Cell` or `OnceCell` in here.
    #[inline]
    #[must_use]
    pub fn kept(&self) -> &'a Kept {
        self.kept
    }

    /// As [`Call::status`](super::Call::status).
    #[inline]
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// As [`Call::ending`](super::Call::ending): whether there was a response, whatever became of its body.
    #[inline]
    #[must_use]
    pub fn ending(&self) -> RequestEnding {
        self.ending
    }

    /// The time to the response's head, as [`Call::elapsed`](super::Call::elapsed).
    #[inline]
    #[must_use]
    pub fn time_to_head(&self) -> Duration {
        Duration::from_nanos(self.to_head)
    }

    /// The time from the call of the service to the end of the response's body. The clock is read when this
    /// is first called, and not at all otherwise.
    #[inline]
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        let elapsed = self.elapsed.get().unwrap_or_else(|| self.since.elapsed());
        self.elapsed.set(Some(elapsed));
        elapsed
    }

    /// What became of the response's body.
    #[inline]
    #[must_use]
    pub fn body(&self) -> BodyEnding {
        self.body
    }

    /// The bytes of the body that were handed to the server, without the framing of HTTP. Those of a body
    /// that is compressed by a layer inside are compressed ones.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The trailers, if the body ended with some.
    #[inline]
    #[must_use]
    pub fn trailers(&self) -> Option<&'a HeaderMap> {
        self.trailers
    }
}
