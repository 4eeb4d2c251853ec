//! The first moment of a request: its head is there.
//!
//! Later moments are in `call` and `end`.
//! Invariant: everything is borrowed, so what nobody asks for costs nothing.

use http::header::{AsHeaderName, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Extensions, HeaderMap, Method, Request, Uri, Version};

/// A request that begins, with its whole head.
///
/// ```
/// use caas_metrics::tower::Start;
///
/// fn is_read_of_a_tenant(start: &Start<'_>) -> bool {
///     start.method().is_safe() && start.header("x-tenant").is_some()
/// }
/// ```
#[derive(Debug)]
pub struct Start<'a> {
    method: &'a Method,
    uri: &'a Uri,
    version: Version,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
    route: &'a str,
}

impl<'a> Start<'a> {
    #[inline]
    pub(super) fn new<B>(request: &'a Request<B>, route: &'a str) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            version: request.version(),
            headers: request.headers(),
            extensions: request.extensions(),
            route,
        }
    }

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

    /// What the client asked for. As a label value it is one series for each path that a client invents; use
    /// [`route`](Self::route).
    #[inline]
    #[must_use]
    pub fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// The version of HTTP.
    #[inline]
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The request's headers.
    #[inline]
    #[must_use]
    pub fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// The first header of this name, if it is text.
    #[inline]
    #[must_use]
    pub fn header(&self, name: impl AsHeaderName) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What the server and the layers outside of this one have put into the request's extensions. Layers
    /// inside of it come later.
    #[inline]
    #[must_use]
    pub fn extensions(&self) -> &'a Extensions {
        self.extensions
    }

    /// The size of the request's body in bytes, as its head says it: `content-length`, or zero where there
    /// cannot be a body without one. `None` if the client sends it in chunks.
    ///
    /// What the service really reads is not counted: that would take another type of body, which
    /// layers and handlers inside would not accept.
    #[inline]
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        if let Some(length) = self.headers.get(CONTENT_LENGTH) {
            return length.to_str().ok()?.parse().ok();
        }
        let has_none = match self.version {
            Version::HTTP_09 | Version::HTTP_10 | Version::HTTP_11 => {
                !self.headers.contains_key(TRANSFER_ENCODING)
            }
            _ => !matches!(*self.method, Method::POST | Method::PUT | Method::PATCH),
        };
        has_none.then_some(0)
    }
}
