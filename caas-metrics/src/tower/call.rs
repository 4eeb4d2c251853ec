//! The second moment of a request: the head of the response is there, or there will be none.
//!
//! What has become of the body is in `end`.
//! Invariant: each request has exactly one.

use std::time::Duration;

use http::header::AsHeaderName;
use http::{Extensions, HeaderMap, Method, Version};

use super::request_head::RequestHead;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestEnding {
    /// The service answered, with whatever status.
    Answered,
    /// The service returned an error instead of a response.
    Failed,
    /// The service panicked.
    Panicked,
    /// The future was dropped before it was ready: the client has gone, or a timeout has passed.
    Cancelled,
}

/// The former name of [`RequestEnding`].
#[deprecated(note = "it is called `RequestEnding`, since functions have endings too")]
pub type Ending = RequestEnding;

/// A request whose response has a head, or that has ended without a response.
///
/// `Kept` is what the layer keeps of the request: nothing, unless you ask for it with
/// [`MetricsLayer::keeping`](super::MetricsLayer::keeping).
///
/// ```
/// use caas_metrics::tower::{Call, RequestEnding};
///
/// fn is_slow(call: &Call<'_>) -> bool {
///     call.ending() == RequestEnding::Answered && call.elapsed().as_secs() >= 1
/// }
/// ```
#[derive(Debug)]
pub struct Call<'a, Kept = ()> {
    pub(super) method: &'a Method,
    pub(super) version: Version,
    pub(super) route: &'a str,
    pub(super) kept: &'a Kept,
    pub(super) response: Option<(&'a HeaderMap, &'a Extensions)>,
    pub(super) status: u16,
    pub(super) ending: RequestEnding,
    /// Nanoseconds.
    pub(super) elapsed: u64,
}

impl<'a, Kept> Call<'a, Kept> {
    /// The request's method. Clients may send any word: see [`HttpMethod`](super::HttpMethod).
    #[inline]
    #[must_use]
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// The template of the matched route, like `/messages/{id}`, or [`UNMATCHED`](super::UNMATCHED).
    #[inline]
    #[must_use]
    pub fn route(&self) -> &'a str {
        self.route
    }

    /// The request's version of HTTP.
    #[inline]
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// What is kept of the request.
    #[inline]
    #[must_use]
    pub fn kept(&self) -> &'a Kept {
        self.kept
    }

    /// The status of the response. If there is no response: 500 for an error or a panic, and 499 for a
    /// cancelled request, as nginx does ("client closed request").
    #[inline]
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers of the response, if there is one.
    #[inline]
    #[must_use]
    pub fn response_headers(&self) -> Option<&'a HeaderMap> {
        self.response.map(|(headers, _)| headers)
    }

    /// The extensions of the response, if there is one: a way for handlers and inner layers to say something
    /// to the outside. What they put into the request's extensions is not visible here.
    #[inline]
    #[must_use]
    pub fn response_extensions(&self) -> Option<&'a Extensions> {
        self.response.map(|(_, extensions)| extensions)
    }

    /// How the request ended.
    #[inline]
    #[must_use]
    pub fn ending(&self) -> RequestEnding {
        self.ending
    }

    /// The time from the call of the service to the response's head, or to the error, panic or
    /// cancellation.
    #[inline]
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed)
    }
}

impl<'a> Call<'a, RequestHead> {
    /// The headers of the request.
    #[inline]
    #[must_use]
    pub fn request_headers(&self) -> &'a HeaderMap {
        self.kept.headers()
    }

    /// The first header of the request with this name, if it is text.
    #[inline]
    #[must_use]
    pub fn request_header(&self, name: impl AsHeaderName) -> Option<&'a str> {
        self.kept.header(name)
    }

    /// The extensions that the request had when it came to the layer.
    #[inline]
    #[must_use]
    pub fn request_extensions(&self) -> &'a Extensions {
        self.kept.extensions()
    }
}
