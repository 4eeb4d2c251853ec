//! How the layer finds out which route a request is of.
//!
//! Particular routers are elsewhere (`axum`).
//! Invariant: what a client sent never becomes a route.

use http::Extensions;

/// What `route()` returns for a request that matches no route.
///
/// The raw path is never used: clients choose it, and each value would be a new series.
pub const UNMATCHED: &str = "unmatched";

/// Finds the template of a request's route in what the router has left in its extensions.
///
/// A closure `Fn(&Extensions) -> Option<Template>` is one. `caas_metrics::axum::layer` has the one of axum.
///
/// ```
/// use caas_metrics::tower::FindRoute;
/// use http::Extensions;
///
/// #[derive(Clone)]
/// struct Matched(&'static str);
///
/// fn by_my_router() -> impl FindRoute {
///     |extensions: &Extensions| extensions.get::<Matched>().map(|matched| matched.0)
/// }
/// # by_my_router();
/// ```
pub trait FindRoute {
    /// What holds the text of a template, such as `/users/{id}`.
    type Template: AsRef<str>;

    /// The template, or `None` if no route has matched. Called once for each request, before the service.
    fn find(&self, extensions: &Extensions) -> Option<Self::Template>;

    /// The finder of one more service that the layer is put around. A router calls a layer once for each of
    /// its routes, so a finder may remember something about each of them.
    #[must_use]
    fn for_service(&self) -> Self
    where
        Self: Clone,
    {
        self.clone()
    }
}

impl<F, Template> FindRoute for F
where
    F: Fn(&Extensions) -> Option<Template>,
    Template: AsRef<str>,
{
    type Template = Template;

    #[inline]
    fn find(&self, extensions: &Extensions) -> Option<Template> {
        self(extensions)
    }
}

/// The text of a template.
#[inline]
pub(super) fn text<T: AsRef<str>>(template: Option<&T>) -> &str {
    template.map_or(UNMATCHED, AsRef::as_ref)
}

/// Finds no routes: what the layers of ready-made families do where no router's feature is on.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRoutes;

impl NoRoutes {
    /// A finder for services without routes.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl FindRoute for NoRoutes {
    type Template = &'static str;

    #[inline]
    fn find(&self, _: &Extensions) -> Option<&'static str> {
        None
    }
}
