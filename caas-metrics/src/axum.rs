//! What an axum program needs: the layer with axum's route templates, and a router for the page.
//!
//! Not here: the layer itself (`tower`), and the page (`http`).
//! Invariant: the route is axum's template, never the path that the client sent.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::routing::get;
use http::{Extensions, Response};

use crate::http::{Body, respond_to};
use crate::tower::{Call, MetricsLayer};

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
/// such a layer, these requests never reach it.
#[must_use]
pub fn layer<Record>(record: Record) -> MetricsLayer<fn(&Extensions) -> Option<Template>, Record>
where
    Record: Fn(&Call<'_>),
{
    MetricsLayer::new(matched, record)
}

/// The template of a route, as axum knows it: `/users/{id}`. It shares axum's text, so that taking
/// it out of a request copies nothing.
///
/// ```
/// fn is_of_users(template: &caas_metrics::axum::Template) -> bool {
///     template.as_ref().starts_with("/users")
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Template(MatchedPath);

impl AsRef<str> for Template {
    fn as_ref(&self) -> &str {
        self.0.as_str()
    }
}

fn matched(extensions: &Extensions) -> Option<Template> {
    extensions.get::<MatchedPath>().cloned().map(Template)
}
