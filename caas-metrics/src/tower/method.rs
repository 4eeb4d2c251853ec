//! The methods of HTTP as a closed label.
//!
//! Methods as an open label are in `label::http`.
//! Invariant: what clients invent is one value.

use http::Method;

/// The method of a request: one of those that the standards define, or `other`.
///
/// A client can send any word as a method. This label has ten values, whatever clients do.
///
/// ```
/// use caas_metrics::{metrics, tower::HttpMethod};
/// use http::Method;
///
/// metrics! {
///     /// Requests.
///     counter RequestsTotal { method: HttpMethod }
/// }
///
/// RequestsTotal { method: HttpMethod::of(&Method::GET) }.inc();
/// assert_eq!(RequestsTotal { method: HttpMethod::Get }.get(), Some(1));
/// assert_eq!(HttpMethod::of(&Method::from_bytes(b"BREW").unwrap()), HttpMethod::Other);
/// ```
#[derive(caas_metrics_macros::Label, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[label(crate = crate, rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum HttpMethod {
    Get,
    Head,
    Post,
    Put,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
    /// Any other word.
    #[label(rename = "other")]
    Other,
}

impl HttpMethod {
    /// The label of a request's method.
    #[inline]
    #[must_use]
    pub fn of(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Get,
            Method::HEAD => Self::Head,
            Method::POST => Self::Post,
            Method::PUT => Self::Put,
            Method::DELETE => Self::Delete,
            Method::CONNECT => Self::Connect,
            Method::OPTIONS => Self::Options,
            Method::TRACE => Self::Trace,
            Method::PATCH => Self::Patch,
            _ => Self::Other,
        }
    }
}
