//! The layer and its service.
//!
//! What is called when is in `pending`, what it is given in `start`, `call` and `end`.
//! Invariant: the request reaches the service as it came.

use std::fmt;
use std::mem;
use std::task::{Context, Poll};

use http::{Extensions, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::ResponseBody;
use super::call::Call;
use super::end::End;
use super::future::ResponseFuture;
use super::hooks::{Hooks, Keeping, WithEnd, WithRecord, WithStart};
use super::pending::Pending;
use super::route::FindRoute;
use super::start::Start;

/// A `tower` layer that gives each request to closures, which count it in the families and with the labels
/// that the user chooses.
///
/// `route` finds the route's template in a request's extensions; for axum there is
/// `caas_metrics::axum::layer`. The closures run on the request's path: they should
/// do nothing but update metrics, and must not panic. The [module](super) says when they are called.
///
/// Exemplars of families with `#[exemplars]` belong to the trace that is current when the layer is called,
/// or else to the one that is current when the closure is. So a layer that makes each request's trace current
/// goes around this one: add it later.
///
/// ```
/// use caas_metrics::tower::{Call, MetricsLayer};
///
/// caas_metrics::metrics! {
///     /// Requests served.
///     pub counter RequestsServedTotal { route: &str, status: u16 }
///
///     /// Requests that are being served.
///     pub gauge RequestsInFlight;
///
///     /// Bytes sent.
///     pub counter SentBytesTotal { route: &str }
/// }
///
/// # #[derive(Clone)] struct Template(&'static str);
/// // `Template` is what the router at hand leaves in the extensions of a request.
/// let layer = MetricsLayer::new(
///     |extensions| extensions.get::<Template>().map(|template| template.0),
///     |call: &Call<'_>| {
///         RequestsServedTotal { route: call.route(), status: call.status() }.inc();
///     },
/// )
/// .on_start(|_| RequestsInFlight.inc())
/// .on_end(|end| {
///     RequestsInFlight.dec();
///     SentBytesTotal { route: end.route() }.inc_by(end.bytes());
/// });
/// # let _ = layer;
/// ```
#[derive(Clone)]
pub struct MetricsLayer<Route, H> {
    route: Route,
    hooks: H,
}

impl<Route, Template, Record> MetricsLayer<Route, Record>
where
    Route: Fn(&Extensions) -> Option<Template>,
    Template: AsRef<str>,
    Record: Fn(&Call<'_>),
{
    /// A layer that finds the route's template with the closure `route` and calls `record` exactly once for
    /// each request, when the response's head is ready, or the service has failed or panicked, or
    /// the request is cancelled.
    #[must_use]
    pub fn new(route: Route, record: Record) -> Self {
        Self { route, hooks: record }
    }
}

impl<Route: FindRoute, H: Hooks> MetricsLayer<Route, H> {
    /// A layer with types of your own: one that finds routes, and one that is called at all moments.
    #[must_use]
    pub fn with(route: Route, hooks: H) -> Self {
        Self { route, hooks }
    }

    /// Also calls `on_start` when a request begins. Each such call is followed by one of `record` and one of
    /// `on_end`, so a gauge of requests in flight goes up in `on_start` and down in `on_end`.
    #[must_use]
    pub fn on_start<OnStart>(self, on_start: OnStart) -> MetricsLayer<Route, WithStart<H, OnStart>>
    where
        OnStart: Fn(&Start<'_>),
    {
        MetricsLayer { route: self.route, hooks: WithStart(self.hooks, on_start) }
    }

    /// Also calls `record` exactly once for each request, when [`new`](Self::new) says.
    #[must_use]
    pub fn record<Record>(self, record: Record) -> MetricsLayer<Route, WithRecord<H, Record>>
    where
        Record: Fn(&Call<'_, H::Kept>),
    {
        MetricsLayer { route: self.route, hooks: WithRecord(self.hooks, record) }
    }

    /// Also calls `on_end` exactly once for each request, when the response's body has ended as well. If there
    /// is no response, that is right after `record`.
    #[must_use]
    pub fn on_end<OnEnd>(self, on_end: OnEnd) -> MetricsLayer<Route, WithEnd<H, OnEnd>>
    where
        OnEnd: Fn(&End<'_, H::Kept>),
    {
        MetricsLayer { route: self.route, hooks: WithEnd(self.hooks, on_end) }
    }
}

impl<Route, Keep, Kept> MetricsLayer<Route, Keeping<Keep>>
where
    Route: FindRoute,
    Keep: Fn(&Start<'_>) -> Kept,
{
    /// A layer that keeps what `keep` makes of each request's head, for labels that come from the request.
    /// The other closures, which are added to it, get it from `kept()`.
    ///
    /// A number or an enum costs nothing to keep. [`RequestHead::of`](super::RequestHead::of) keeps all
    /// headers and extensions.
    ///
    /// ```
    /// use caas_metrics::{Label, metrics, tower::MetricsLayer};
    /// # use http::Extensions;
    ///
    /// #[derive(Label, Clone, Copy)]
    /// enum Api { V1, V2, #[label(other)] Other }
    ///
    /// metrics! {
    ///     /// Requests served.
    ///     counter RequestsServedTotal { api: Api, status: u16 }
    ///
    ///     /// Bytes sent.
    ///     counter SentBytesTotal { api: Api }
    /// }
    ///
    /// # let route = |_: &Extensions| None::<String>;
    /// let api = |start: &caas_metrics::tower::Start<'_>| {
    ///     Api::from_label(start.header("x-api-version").unwrap_or_default())
    /// };
    /// let layer = MetricsLayer::keeping(route, api)
    ///     .record(|call| RequestsServedTotal { api: *call.kept(), status: call.status() }.inc())
    ///     .on_end(|end| SentBytesTotal { api: *end.kept() }.inc_by(end.bytes()));
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn keeping(route: Route, keep: Keep) -> Self {
        Self { route, hooks: Keeping(keep) }
    }
}

impl<Route, H> fmt::Debug for MetricsLayer<Route, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsLayer").finish_non_exhaustive()
    }
}

impl<S, Route, H> Layer<S> for MetricsLayer<Route, H>
where
    Route: FindRoute + Clone,
    H: Clone,
{
    type Service = Metrics<S, Route, H>;

    fn layer(&self, inner: S) -> Self::Service {
        Metrics { inner, route: self.route.for_service(), hooks: self.hooks.clone() }
    }
}

/// The service of a [`MetricsLayer`].
#[derive(Clone)]
pub struct Metrics<S, Route, H> {
    inner: S,
    route: Route,
    hooks: H,
}

impl<S: fmt::Debug, Route, H> fmt::Debug for Metrics<S, Route, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, RequestBody, B, Route, H> Service<Request<RequestBody>> for Metrics<S, Route, H>
where
    S: Service<Request<RequestBody>, Response = Response<B>>,
    B: Body,
    Route: FindRoute,
    H: Hooks + Clone,
{
    type Response = Response<ResponseBody<B, Route::Template, H>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, Route::Template, H>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let template = self.route.find(request.extensions());
        let mut pending = Pending::begin(&request, template, self.hooks.clone());
        let running = pending.running();
        let inner = self.inner.call(request);
        mem::forget(running);
        ResponseFuture::new(inner, pending)
    }
}
