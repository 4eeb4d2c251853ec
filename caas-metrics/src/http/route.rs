//! Which request gets which answer.
//!
//! Not here: the page itself (`respond`), and how requests arrive (`connection`).
//! Invariant: a request is judged by its line and headers alone; a body is never read.

use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};

use super::respond::{Body, respond_from};
use crate::Registry;

/// Answers one request.
pub(super) fn route<B>(registry: &Registry, request: &Request<B>) -> Response<Body> {
    if !has_host(request) {
        let mut response = plain(StatusCode::BAD_REQUEST, "one valid Host header is required\n");
        // Whoever is between us and the client may see other requests in these bytes.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return response;
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    match request.uri().path() {
        "/metrics" | "/healthz" if !is_read => {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            response
        }
        "/metrics" => respond_from(registry, request.headers()),
        "/healthz" => plain(StatusCode::OK, "ok"),
        _ => plain(StatusCode::NOT_FOUND, "not found; the metrics are at /metrics\n"),
    }
}

/// Whether the request names its host as RFC 9112 (3.2) demands: once, and validly. Only HTTP/1.0 may
/// leave it out. It makes no difference to the answer.
fn has_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_host(host.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// A name or an address, then perhaps a port. A client whose target has no host sends nothing.
fn is_host(text: &[u8]) -> bool {
    if text.is_empty() {
        return true;
    }
    let Ok(authority) = Authority::try_from(text) else { return false };
    // `user@host` does not begin with its host.
    let port = authority.as_str().strip_prefix(authority.host());
    port.is_some_and(|port| {
        let digits = port.strip_prefix(':').unwrap_or(port);
        (port.is_empty() || port.starts_with(':')) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::text(text));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn status(version: Version, hosts: &[&str]) -> u16 {
        let mut request = Request::builder().version(version).uri("/healthz");
        for host in hosts {
            request = request.header(HOST, *host);
        }
        route(&Registry::new(), &request.body(()).unwrap()).status().as_u16()
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for host in ["", "x", "x:", "x:9100", "a.b-c.example:80", "127.0.0.1:1", "[::1]", "[::1]:1"]
        {
            assert_eq!(status(Version::HTTP_11, &[host]), 200, "{host}");
        }
        for host in ["a b", "x:y", "x:1:2", "u@x", "x@x", "a/b", "[::1", "[::1]x", ":@", "x?"] {
            assert_eq!(status(Version::HTTP_11, &[host]), 400, "{host}");
        }
    }

    #[test]
    fn only_the_old_protocol_may_leave_it_out() {
        assert_eq!(status(Version::HTTP_11, &[]), 400);
        assert_eq!(status(Version::HTTP_10, &[]), 200);
        for version in [Version::HTTP_10, Version::HTTP_11] {
            assert_eq!(status(version, &["x", "x"]), 400);
        }
    }
}
