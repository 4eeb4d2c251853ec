//! The answer to a scrape: headers, and a body that is encoded while it is sent.
//!
//! Not here: sockets, routes and limits (`server`), and frameworks.
//! Invariant: between two frames a body holds at most a piece of the page, never the page.

use std::convert::Infallible;
use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::{Frame, SizeHint};

use crate::Registry;
use crate::encode::{Encoder, Format, weighted};
use crate::exposition::Page;
use crate::filter::Filter;

/// The answer to `GET /metrics` for the process's registry, in any framework that speaks the
/// `http` crate's types.
///
/// Give it the request's headers: `Accept` decides on the format, `Accept-Encoding` on gzip. With
/// [`respond_to`] clients can ask for some families only. The body is encoded while it is sent, in pieces
/// of about 64 KiB. For `HEAD` send the same without the body; most frameworks do that by themselves.
///
/// Returns at once. If there are collectors, the body is pending until they have answered, and its
/// length is not known.
///
/// The status is 200, or 406 for a client that forbids the plain bytes (`identity;q=0` or `*;q=0`) and
/// does not take gzip either. A client that takes nothing but gzip gets gzip.
///
/// With axum it is a handler's return value:
///
/// ```
/// use http::HeaderMap;
///
/// async fn metrics(headers: HeaderMap) -> http::Response<caas_metrics::http::Body> {
///     caas_metrics::http::respond(&headers)
/// }
///
/// let response = caas_metrics::http::respond(&HeaderMap::new());
/// assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
/// ```
#[must_use]
pub fn respond(headers: &HeaderMap) -> Response<Body> {
    respond_from(crate::registry(), headers)
}

/// [`respond`], for a registry of your own.
///
/// ```
/// use caas_metrics::{Registry, http::respond_from};
///
/// let response = respond_from(&Registry::new(), &http::HeaderMap::new());
/// assert_eq!(response.status(), 200);
/// ```
#[must_use]
pub fn respond_from(registry: &Registry, headers: &HeaderMap) -> Response<Body> {
    answer(registry, headers, Filter::All)
}

/// [`respond`], with only the families that the request names, such as
/// `/metrics?name[]=jobs_total&name[]=up`. If it names none, with all.
///
/// ```
/// use http::Request;
///
/// async fn metrics(request: Request<String>) -> http::Response<caas_metrics::http::Body> {
///     caas_metrics::http::respond_to(&request)
/// }
///
/// let request = Request::get("/metrics?name[]=jobs_total").body(()).unwrap();
/// assert_eq!(caas_metrics::http::respond_to(&request).status(), 200);
/// ```
#[must_use]
pub fn respond_to<B>(request: &Request<B>) -> Response<Body> {
    respond_to_from(crate::registry(), request)
}

/// [`respond_to`], for a registry of your own.
///
/// ```
/// use caas_metrics::{Registry, http::respond_to_from};
/// use http::Request;
///
/// let request = Request::get("/metrics?name[]=jobs_total").body(()).unwrap();
/// assert_eq!(respond_to_from(&Registry::new(), &request).status(), 200);
/// ```
#[must_use]
pub fn respond_to_from<B>(registry: &Registry, request: &Request<B>) -> Response<Body> {
    answer(registry, request.headers(), Filter::of_query(request.uri().query()))
}

/// The answer with the families of a filter.
fn answer(registry: &Registry, headers: &HeaderMap, filter: Filter) -> Response<Body> {
    let format = Format::negotiate(headers.get_all(ACCEPT));
    let Some(gzip) = wants_gzip(headers) else { return not_acceptable() };
    let is_whole = filter == Filter::All;
    let mut body = Body::page(Page::new(registry, format, filter), gzip);
    body.is_whole = is_whole;
    let mut response = Response::new(body);
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    answer.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if gzip {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Whether the page is compressed: if `Accept-Encoding` allows gzip and likes it no less than the plain
/// bytes. `None` if it allows neither (RFC 9110, 12.5.3).
fn wants_gzip(headers: &HeaderMap) -> Option<bool> {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    for line in headers.get_all(ACCEPT_ENCODING) {
        for (coding, weight) in weighted(line.as_bytes()) {
            let slot = match coding.value.to_ascii_lowercase().as_slice() {
                b"gzip" | b"x-gzip" => &mut gzip,
                b"identity" => &mut identity,
                b"*" => &mut any,
                _ => continue,
            };
            *slot = (*slot).max(Some(weight));
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    let gzip = gzip > 0 && gzip >= identity.unwrap_or(0);
    (gzip || identity.or(any) != Some(0)).then_some(gzip)
}

/// RFC 9110 would also allow the plain bytes. A client that has said it cannot use them gets an error
/// that it understands.
fn not_acceptable() -> Response<Body> {
    let text = "Accept-Encoding allows neither gzip nor identity; allow one of them\n";
    let mut response = Response::new(Body::text(text));
    *response.status_mut() = StatusCode::NOT_ACCEPTABLE;
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

/// A page on its way to the client.
///
/// Each frame that is asked for encodes the next 64 KiB or so, in well under a millisecond. What the
/// client does not read is never encoded. A page that fits into one frame has a known length, if no
/// collector had to be waited for. Until the collectors have answered, the body is pending; dropping it
/// then costs nothing.
pub struct Body {
    /// Encoded already.
    ready: Bytes,
    /// What is left to encode.
    rest: Option<Box<Rest>>,
    /// Whether it is a page with all families.
    is_whole: bool,
}

impl Body {
    fn page(page: Page, gzip: bool) -> Self {
        let gzip = gzip.then(|| GzEncoder::new(Vec::new(), Compression::fast()));
        let is_ready = page.is_ready();
        let rest = Some(Box::new(Rest { page, gzip }));
        let mut body = Self { ready: Bytes::new(), rest, is_whole: false };
        if is_ready {
            body.advance();
        }
        body
    }

    /// A short text instead of a page.
    pub(super) fn text(text: impl Into<Bytes>) -> Self {
        Self { ready: text.into(), rest: None, is_whole: false }
    }

    /// Whether it is a page with all families, and no text instead of one.
    pub(super) fn is_whole_page(&self) -> bool {
        self.is_whole
    }

    /// Waits no longer for collectors: the page has their last values.
    pub(super) fn stop_waiting(&mut self) {
        if let Some(rest) = &mut self.rest {
            rest.page.stop_waiting();
        }
    }

    /// Encodes the next piece. The result may be empty, if the compressor still keeps all of it.
    fn advance(&mut self) {
        let Some(rest) = &mut self.rest else { return };
        let (piece, is_last) = rest.advance();
        self.ready = piece.into();
        if is_last {
            self.rest = None;
        }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body")
            .field("ready", &self.ready.len())
            .field("complete", &self.rest.is_none())
            .field("is_whole", &self.is_whole)
            .finish()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let (true, Some(rest)) = (self.ready.is_empty(), &mut self.rest) {
            ready!(rest.page.poll_ready(cx));
            self.advance();
            if !self.is_end_stream() {
                // A client that reads quickly must not occupy the thread: after each piece the other
                // tasks get their turn.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        let piece = std::mem::take(&mut self.ready);
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && self.ready.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let ready = self.ready.len() as u64;
        if self.rest.is_none() {
            return SizeHint::with_exact(ready);
        }
        let mut hint = SizeHint::new();
        hint.set_lower(ready);
        hint
    }
}

/// The part of a page that is not encoded yet.
struct Rest {
    page: Page,
    gzip: Option<GzEncoder<Vec<u8>>>,
}

impl Rest {
    /// Compressed bytes are passed on from this size.
    const COMPRESSED_PIECE: usize = 16 * 1024;

    /// Encodes the next piece; the flag is `true` for the last one.
    fn advance(&mut self) -> (Vec<u8>, bool) {
        let plain = self.page.piece();
        let is_last = plain.len() < Encoder::PIECE;
        let Some(gzip) = &mut self.gzip else { return (std::mem::take(plain), is_last) };
        let mut written = gzip.write_all(plain);
        plain.clear();
        if is_last {
            written = written.and_then(|()| gzip.try_finish());
        }
        debug_assert!(written.is_ok(), "a vector takes what it is given");
        let compressed = gzip.get_mut();
        if is_last || compressed.len() >= Self::COMPRESSED_PIECE {
            (std::mem::take(compressed), is_last)
        } else {
            (Vec::new(), is_last)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_gzip(lines: &[&'static str], wanted: Option<bool>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_ENCODING, HeaderValue::from_static(line));
        }
        assert_eq!(wants_gzip(&headers), wanted, "{lines:?}");
    }

    #[test]
    fn gzip_is_for_those_who_ask() {
        let lines =
            ["gzip", "deflate, GZIP;q=0.5", "*", "identity;q=0.5, gzip;q=0.5", "gzip;q=0.001"];
        for line in lines {
            assert_gzip(&[line], Some(true));
        }
        assert_gzip(&["br", "x-gzip"], Some(true));
    }

    #[test]
    fn and_for_nobody_else() {
        assert_gzip(&[], Some(false));
        let lines = ["", "identity", "gzip;q=0", "gzip;q=0, *", "gzip;q=0.4, identity;q=0.5"];
        for line in lines.into_iter().chain(["gzip;q=7", "zstd, br;q=0.9", "identity, *;q=0"]) {
            assert_gzip(&[line], Some(false));
        }
    }

    #[test]
    fn who_forbids_the_plain_bytes_gets_gzip_or_nothing() {
        for line in ["identity;q=0, gzip;q=0.1", "gzip, *;q=0", "identity;q=0, *;q=0.5"] {
            assert_gzip(&[line], Some(true));
        }
        for line in ["identity;q=0", "*;q=0", "br, identity;q=0.000", "gzip;q=0, *;q=0"] {
            assert_gzip(&[line], None);
        }
        assert_gzip(&["identity;q=0", "gzip;q=0"], None);
        // What is malformed is ignored.
        assert_gzip(&["identity;q=-1"], Some(false));
    }

    #[test]
    fn a_body_may_go_to_any_thread() {
        fn assert_send<T: Send + 'static>() {}
        assert_send::<Body>();
    }
}
