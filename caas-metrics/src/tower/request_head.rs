//! A copy of a request's headers and extensions, for layers that read them when the request ends.
//!
//! Cheaper things to keep are up to the user (`MetricsLayer::keeping`).
//! Invariant: nothing is copied unless the layer was asked to.

use http::header::AsHeaderName;
use http::{Extensions, HeaderMap};

use super::start::Start;

/// The headers and extensions of a request, kept until its end.
///
/// They are cloned for each request, which allocates. Extensions live until the response's body has been sent,
/// so one that holds something open does so for longer.
///
/// ```
/// use caas_metrics::tower::{MetricsLayer, RequestHead};
/// # use http::Extensions;
///
/// caas_metrics::metrics! {
///     /// Requests served.
///     counter RequestsServedTotal { tenant: &str, status: u16 }
/// }
///
/// # let route = |_: &Extensions| None::<String>;
/// let layer = MetricsLayer::keeping(route, RequestHead::of).record(|call| {
///     let tenant = call.request_header("x-tenant").unwrap_or("none");
///     RequestsServedTotal { tenant, status: call.status() }.inc();
/// });
/// # let _ = layer;
/// ```
#[derive(Debug, Clone)]
pub struct RequestHead {
    headers: HeaderMap,
    extensions: Extensions,
}

impl RequestHead {
    /// A copy of the head of the request that begins.
    #[must_use]
    pub fn of(start: &Start<'_>) -> Self {
        Self { headers: start.headers().clone(), extensions: start.extensions().clone() }
    }

    /// The request's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The first header of this name, if it is text.
    #[must_use]
    pub fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The extensions that the request had when it came to the layer.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }
}
