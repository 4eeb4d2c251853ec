//! What an axum program needs: the layer with axum's route templates, and a router for the page.
//!
//! Not here: the layer itself (`tower`), and the page (`http`).
//! Invariant: nothing is done for requests that the layer is not put around.

mod nested;
mod template;

use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use http::Response;

pub use self::template::{MatchedRoutes, Template};
use crate::http::{Body, respond_to};
use crate::tower::{Call, Keeping, MetricsLayer, Start};

/// A router that answers `GET` and `HEAD` on `/metrics` with the page of the process's registry, as
/// [`respond_to`] does. With the feature `process`, the page then has the metrics of the process.
///
/// ```
/// use axum::{Router, routing::get};
///
/// let service: Router = Router::new().route("/hello", get(|| async { "hello" }));
/// let app: Router = caas_metrics::axum::router().merge(service);
/// ```
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    #[cfg(feature = "process")]
    crate::process::register();
    Router::new().route("/metrics", get(page))
}

async fn page(request: Request) -> Response<Body> {
    respond_to(&request)
}

/// A layer that counts and times every request of an axum router by its route template.
///
/// Add it with [`Router::layer`], after the routes and the fallback. Then it also sees the requests
/// that never reach a handler: those that an extractor refuses, 404 (their route is
/// [`UNMATCHED`](crate::tower::UNMATCHED)) and 405. Wrapped around the whole router it would not see
/// any templates.
///
/// To leave routes unmeasured, such as the page itself, merge the measured router into theirs, not the
/// other way round. A router without a fallback takes over that of the router merged into it, so the
/// layer still measures its 404.
///
/// ```
/// use axum::{Router, routing::get};
///
/// caas_metrics::metrics! {
///     /// Requests served.
///     pub counter RequestsServedTotal { route: &str, status: u16 }
///
///     /// Time to answer a request in seconds.
///     pub histogram AnswerSeconds { route: &str }
/// }
///
/// let measured = caas_metrics::axum::layer(|call| {
///     RequestsServedTotal { route: call.route(), status: call.status() }.inc();
///     AnswerSeconds { route: call.route() }.observe(call.elapsed());
/// });
/// let users = Router::new().route("/users/{id}", get(|| async { "a user" })).layer(measured);
/// let app: Router = caas_metrics::axum::router().merge(users);
/// ```
///
/// Of several layers, the one that is added last is outermost and sees a request first. Add this one
/// last: then it also sees what other layers answer by themselves, such as the preflight requests of
/// CORS, refusals of authorization, and the 500 of a layer that catches panics. If it is inside of
/// such a layer, these requests never reach it. The module [`tower`](crate::tower#order-of-layers) has more.
///
/// A service that is nested with `nest_service("/static", …)` has the route `/static/{*rest}`, also if it is a
/// router with routes of its own; those of a router that is nested with `nest` are seen.
///
/// The layer also has closures for the start and the end of a request, see
/// [`MetricsLayer`]. Families for the usual things need none of this:
/// [`http_metrics!`](crate::http_metrics).
#[must_use]
pub fn layer<Record>(record: Record) -> MetricsLayer<MatchedRoutes, Record>
where
    Record: Fn(&Call<'_>),
{
    MetricsLayer::with(MatchedRoutes::new(), record)
}

/// Such a layer that keeps something of each request's head, for labels that come from the request. See
/// [`MetricsLayer::keeping`].
///
/// ```
/// use axum::{Router, routing::get};
/// use caas_metrics::tower::RequestHead;
///
/// caas_metrics::metrics! {
///     /// Requests served.
///     pub counter RequestsServedTotal { tenant: &str, status: u16 }
/// }
///
/// let measured = caas_metrics::axum::keeping(RequestHead::of).record(|call| {
///     let tenant = call.request_header("x-tenant").unwrap_or("none");
///     RequestsServedTotal { tenant, status: call.status() }.inc();
/// });
/// let app: Router = Router::new().route("/", get(|| async { "hello" })).layer(measured);
/// ```
#[must_use]
pub fn keeping<Keep, Kept>(keep: Keep) -> MetricsLayer<MatchedRoutes, Keeping<Keep>>
where
    Keep: Fn(&Start<'_>) -> Kept,
{
    MetricsLayer::keeping(MatchedRoutes::new(), keep)
}
