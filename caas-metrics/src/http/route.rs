//! Which request gets which answer.
//!
//! Not here: the page itself (`respond`), and how requests arrive (`connection`).
//! Invariant: a request is judged by its line and headers alone; a body is never read.

use bytes::Bytes;
use http::header::{ALLOW, CONNECTION, CONTENT_TYPE, HOST};
use http::uri::Authority;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};

use super::respond::{Body, respond_to_from};
use crate::Registry;

/// Where what is.
pub(super) struct Routes {
    metrics: String,
    /// The page on `/`, for people.
    links: Bytes,
}

impl Routes {
    /// Where the metrics are unless another path is asked for.
    pub(super) const METRICS: &str = "/metrics";
    const HEALTH: &str = "/healthz";

    /// What is wrong with the path, if it can't be had.
    pub(super) fn new(metrics: String) -> Result<Self, String> {
        match path_error(&metrics) {
            Some(error) => Err(format!("can't serve metrics at {metrics:?}: {error}")),
            None => Ok(Self { links: links(&metrics).into(), metrics }),
        }
    }

    /// Answers one request.
    pub(super) fn answer<B>(&self, registry: &Registry, request: &Request<B>) -> Response<Body> {
        if !has_host(request) {
            let mut response =
                plain(StatusCode::BAD_REQUEST, "one valid Host header is required\n");
            // Whoever is between us and the client may see other requests in these bytes.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            return response;
        }
        let path = request.uri().path();
        if path != self.metrics && path != Self::HEALTH && path != "/" {
            let text = format!("not found; the metrics are at {}\n", self.metrics);
            return plain(StatusCode::NOT_FOUND, text);
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match path {
            "/" => text(StatusCode::OK, "text/html; charset=utf-8", self.links.clone()),
            Self::HEALTH => plain(StatusCode::OK, "ok"),
            _ => respond_to_from(registry, request),
        }
    }
}

/// Why metrics can't be served at a path, if so.
fn path_error(path: &str) -> Option<&'static str> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&b);
    Some(if !path.starts_with('/') {
        "it must begin with `/`"
    } else if path == "/" {
        "there is the page with links to it"
    } else if path == Routes::HEALTH {
        "there the server says that it is alive"
    } else if path.contains(['?', '#']) {
        "it must be a path without query or fragment"
    } else if path.starts_with("//") || path.split('/').any(|part| part == "." || part == "..") {
        "clients would ask for another path"
    } else if !path.bytes().all(is_plain) {
        "it has a character that must be percent-encoded"
    } else {
        return None;
    })
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

/// What a browser shows of a server whose address somebody has typed in.
fn links(metrics: &str) -> String {
    // The other characters that HTML would ask to escape are refused in a path.
    let metrics = metrics.replace('&', "&amp;").replace('\'', "&#39;");
    let (health, version) = (Routes::HEALTH, env!("CARGO_PKG_VERSION"));
    format!(
        "<!DOCTYPE html>\n\
         <html lang=\"en\">\n\
         <head>\n\
         <meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Metrics</title>\n\
         </head>\n\
         <body>\n\
         <h1>Metrics</h1>\n\
         <ul>\n\
         <li><a href=\"{metrics}\">{metrics}</a>: the metrics, for Prometheus</li>\n\
         <li><a href=\"{health}\">{health}</a>: whether this server is alive</li>\n\
         </ul>\n\
         <p>caas-metrics {version}</p>\n\
         </body>\n\
         </html>\n"
    )
}

fn plain(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    text(status, "text/plain; charset=utf-8", body)
}

fn text(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::text(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
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
        let routes = Routes::new("/m".to_owned()).unwrap();
        routes.answer(&Registry::new(), &request.body(()).unwrap()).status().as_u16()
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
    fn a_path_is_one_that_clients_can_ask_for() {
        for path in
            ["/m", "/m/", "/a/b-c.d", "/metrics;v=1", "/%C3%A4", "/a//b", "/...", "/healthz/x"]
        {
            assert_eq!(path_error(path), None, "{path}");
        }
        for (path, word) in [
            ("", "begin"),
            ("metrics", "begin"),
            ("http://x/metrics", "begin"),
            ("/", "links"),
            ("/healthz", "alive"),
            ("/m?x", "query"),
            ("/m#x", "fragment"),
            ("//m", "another"),
            ("/a/../m", "another"),
            ("/.", "another"),
            ("/a b", "encoded"),
            ("/ä", "encoded"),
            ("/a\r\n", "encoded"),
            ("/<m>", "encoded"),
        ] {
            let error = Routes::new(path.to_owned()).err().unwrap();
            let start = format!("can't serve metrics at {path:?}: ");
            assert!(error.starts_with(&start) && error.contains(word), "{error}");
        }
    }

    #[test]
    fn links_are_escaped() {
        let page = links("/a&b'c/*");
        assert!(page.contains("<a href=\"/a&amp;b&#39;c/*\">/a&amp;b&#39;c/*</a>"), "{page}");
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
