//! Which of axum's templates a request is of.
//!
//! The layer is in `axum`, the templates of nested services in `nested`.
//! Invariant: the route is axum's template, never the path that the client sent.

use std::sync::Mutex;

use axum::extract::MatchedPath;
use http::Extensions;

use super::nested;
use crate::tower::FindRoute;

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

/// Finds the templates of axum's routes.
///
/// A request to `nest_service("/static", …)` has the template `/static/{*rest}`. axum knows it, but shows it only
/// to routers inside, so the first request to such a service on each thread asks one; that takes some
/// microseconds and a few allocations. Those that follow look it up.
///
/// ```
/// use caas_metrics::axum::MatchedRoutes;
/// use caas_metrics::tower::{Call, MetricsLayer};
///
/// let layer = MetricsLayer::with(MatchedRoutes::new(), |call: &Call<'_>| println!("{}", call.route()));
/// let app: axum::Router = axum::Router::new().layer(layer);
/// ```
#[derive(Debug, Clone)]
pub struct MatchedRoutes {
    /// The service that it finds routes for. Clones are for the same service.
    service: u64,
}

impl MatchedRoutes {
    /// A finder for axum.
    #[must_use]
    pub fn new() -> Self {
        static LAST: Mutex<u64> = Mutex::new(0);
        let mut last = LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *last += 1;
        Self { service: *last }
    }
}

impl Default for MatchedRoutes {
    fn default() -> Self {
        Self::new()
    }
}

impl FindRoute for MatchedRoutes {
    type Template = Template;

    #[inline]
    fn find(&self, extensions: &Extensions) -> Option<Template> {
        match extensions.get::<MatchedPath>() {
            Some(matched) => Some(Template(matched.clone())),
            None => nested::template(self.service, extensions).map(Template),
        }
    }

    fn for_service(&self) -> Self {
        Self::new()
    }
}
