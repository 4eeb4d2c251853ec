//! `/metrics` over HTTP: an answer for any framework, and a small server of its own.
//!
//! What a page consists of is decided in `registry` and `encode`; here it is only sent.
//! Invariant: the memory of a page in flight is bounded, whatever the page's size and however
//! slowly it is read.
//!
//! The page is text, OpenMetrics or protobuf, as the header `Accept` asks ([`Format`](crate::Format)), and
//! compressed by gzip if `Accept-Encoding` allows that.
//!
//! A service that already speaks HTTP answers `/metrics` itself with [`respond_to`]. One that does not, or
//! that wants a separate port for its metrics, starts [`serve`]. Another path, other limits or a Unix
//! socket are for [`Server::builder`].
//!
//! No thread here waits for a [collector](crate::Collector): the body of an answer is pending until the
//! collectors have answered. Meanwhile other requests are served, and a client that gives up costs nothing.
//! A server that is dropped does not wait for a collector. One that is shut down waits half a second at
//! most; then the answers under way get the last values.
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
//! | | by default |
//! |---|---|
//! | connections at a time | [`MAX_CONNECTIONS`]; for one more, the one gives way that has been quiet longest, if that is half a second or more; rather one without an answer under way |
//! | request line and headers | 16 KiB, 64 headers; more is answered with 431 |
//! | time to send them | 5 seconds |
//! | time between two requests | 75 seconds |
//! | time without reading any of the answer | 10 seconds |
//! | time for the whole answer | 60 seconds |
//! | time that a connection is kept alive | 10 minutes |
//!
//! If the process has no file descriptor left, the quietest connection without an answer under way gives
//! way after a few milliseconds. The server also keeps four descriptors in reserve, in case the rest of
//! the program has all others: a scrape that shows it is still answered.
//!
//! `GET` and `HEAD` are answered on `/metrics`, on `/healthz`, which says `ok`, and on `/`, which has
//! links to both; what else is in a query is ignored. Other methods get 405, and other paths 404. A request without
//! exactly one valid `Host` header gets 400; HTTP/1.0 may leave it out. A client that forbids both gzip
//! and plain bytes gets 406.
//!
//! # TLS and passwords
//!
//! The server has neither: whoever reaches its address can read the page. There are three ways to change
//! who that is:
//!
//! - **A proxy** has the certificate and checks who asks. The server listens where only the proxy reaches
//!   it: on `127.0.0.1`, or on a Unix socket ([`ServerBuilder::serve_unix`]). In Kubernetes the proxy is a
//!   sidecar: `kube-rbac-proxy --secure-listen-address=0.0.0.0:8443 --upstream=http://127.0.0.1:9100/`
//!   admits those whom the cluster's roles allow to read the page. With nginx it is `auth_basic`, and
//!   `proxy_pass http://127.0.0.1:9100;` or `proxy_pass http://unix:/run/app/metrics.sock;`. With Envoy
//!   it is a listener with a TLS context, and the filter `jwt_authn`, `rbac` or `basic_auth`.
//! - **A server of your own**, which has TLS already (`axum-server` or `tokio-rustls`), mounts
//!   [`respond`]. A layer checks who asks, such as the one below or `tower_http`'s
//!   `AsyncRequireAuthorizationLayer`.
//! - **The network** lets nobody else reach the port, as a `NetworkPolicy` does.
//!
//! Prometheus then needs, in its `scrape_configs`, `scheme: https` with `tls_config` (`ca_file`, and
//! `cert_file` and `key_file` if it shall have a certificate of its own), and `basic_auth` (`username`,
//! `password_file`) or `authorization` (`credentials_file`, the token that is sent after `Bearer`).
//!
//! With axum, a page for those who know a token:
//!
//! ```
//! # #[cfg(not(feature = "axum"))]
//! # fn main() {}
//! # #[cfg(feature = "axum")]
//! # fn main() {
//! use axum::{Router, extract::Request, middleware, response::IntoResponse};
//! use http::{StatusCode, header};
//! use subtle::ConstantTimeEq;
//!
//! fn page_for(token: &str) -> Router {
//!     let expected = format!("Bearer {token}");
//!     let check = middleware::from_fn(move |request: Request, next: middleware::Next| {
//!         let given = request.headers().get(header::AUTHORIZATION);
//!         // Takes the same time for any token of this length, however much of it is right.
//!         let is_right = given.is_some_and(|it| it.as_bytes().ct_eq(expected.as_bytes()).into());
//!         async move {
//!             if is_right {
//!                 return next.run(request).await;
//!             }
//!             (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
//!         }
//!     });
//!     caas_metrics::axum::router().layer(check)
//! }
//! # use tower_service::Service;
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # let status = |token: Option<&str>| {
//! #     let mut request = Request::get("/metrics");
//! #     if let Some(token) = token {
//! #         request = request.header("authorization", format!("Bearer {token}"));
//! #     }
//! #     let request = request.body(axum::body::Body::empty()).unwrap();
//! #     let answer = page_for("secret").call(request);
//! #     runtime.block_on(answer).unwrap().status().as_u16()
//! # };
//! # let tokens = [Some("secret"), Some("secreT"), Some("secret2"), Some(""), None];
//! # assert_eq!(tokens.map(status), [200, 401, 401, 401, 401]);
//! # }
//! ```

mod builder;
mod connection;
mod connections;
mod last_scrape;
mod limits;
mod listen;
mod query;
mod reserve;
mod respond;
mod route;
mod server;
#[cfg(test)]
mod tests;
#[cfg(unix)]
mod unix;

pub use self::builder::ServerBuilder;
pub use self::last_scrape::LastScrape;
pub use self::limits::MAX_CONNECTIONS;
pub use self::respond::{Body, respond, respond_from, respond_to, respond_to_from};
pub use self::server::{Server, serve, serve_from};
