//! A `tower` layer that counts and times every request of a router by its route template.
//!
//! It knows requests and how they end; families and labels are in the user's closure. Not here:
//! particular routers (`axum`).
//! Invariant: each request is recorded exactly once, however it ends, and never by its raw path.
//!
//! Handlers never see a request that an extractor refuses, nor a 404 or a 405, and an `Ok` response may
//! have status 500. So what a client gets is measured here, around the whole router.
//!
//! The time ends when the response's head is ready, not when its body has been sent. It measures how
//! long the service took, not how fast the client reads.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Extensions, Method, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::clock::Instant;
use crate::exemplars::Carried;
use crate::family::any_has_exemplars;
use crate::isolation::Isolation;

/// What [`Call::route`] returns for a request that matches no route.
///
/// The raw path is never used: clients choose it, and each value would be a new series.
pub const UNMATCHED: &str = "unmatched";

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestEnding {
    /// The service answered, with whatever status.
    Answered,
    /// The service returned an error instead of a response.
    Failed,
    /// The service panicked.
    Panicked,
    /// The future was dropped before it was ready: the client has gone, or a timeout has passed.
    Cancelled,
}

/// The former name of [`RequestEnding`].
#[deprecated(note = "it is called `RequestEnding`, since functions have endings too")]
pub type Ending = RequestEnding;

/// A request that has ended, as the closure of a [`MetricsLayer`] sees it.
///
/// ```
/// use caas_metrics::tower::{Call, RequestEnding};
///
/// fn is_slow(call: &Call<'_>) -> bool {
///     call.ending() == RequestEnding::Answered && call.elapsed().as_secs() >= 1
/// }
/// ```
#[derive(Debug)]
pub struct Call<'a> {
    method: &'a Method,
    route: &'a str,
    status: u16,
    ending: RequestEnding,
    elapsed: Duration,
}

impl Call<'_> {
    /// The request's method. Clients may send any word: see `#[label(other)]`.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.method
    }

    /// The template of the matched route, like `/messages/{id}`, or [`UNMATCHED`].
    #[must_use]
    pub fn route(&self) -> &str {
        self.route
    }

    /// The status of the response. If there is no response: 500 for an error or a panic, and 499 for a
    /// cancelled request, as nginx does ("client closed request").
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// How the request ended.
    #[must_use]
    pub fn ending(&self) -> RequestEnding {
        self.ending
    }

    /// The time from the call of the service to the response's head, or to the error, panic or
    /// cancellation.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

/// A request that begins, as the closure of [`MetricsLayer::on_start`] sees it.
///
/// ```
/// use caas_metrics::tower::Start;
///
/// fn is_read(start: &Start<'_>) -> bool {
///     start.method().is_safe()
/// }
/// ```
#[derive(Debug)]
pub struct Start<'a> {
    method: &'a Method,
    route: &'a str,
}

impl Start<'_> {
    /// As [`Call::method`].
    #[must_use]
    pub fn method(&self) -> &Method {
        self.method
    }

    /// As [`Call::route`].
    #[must_use]
    pub fn route(&self) -> &str {
        self.route
    }
}

/// A `tower` layer that gives each request, once it has ended, to a closure, which counts it in
/// the families and with the labels that the user chooses.
///
/// `route` finds the route's template in a request's extensions; for axum there is
/// `caas_metrics::axum::layer`. The closures run on the request's path: they should
/// do nothing but update metrics, and must not panic.
///
/// Exemplars of families with `#[exemplars]` belong to the trace that is current when the layer is called,
/// or else to the one that is current when `record` is. So a layer that makes each request's trace current
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
/// }
///
/// # #[derive(Clone)] struct Template(&'static str);
/// // `Template` is what the router at hand leaves in the extensions of a request.
/// let layer = MetricsLayer::new(
///     |extensions| extensions.get::<Template>().map(|template| template.0),
///     |call: &Call<'_>| {
///         RequestsInFlight.dec();
///         RequestsServedTotal { route: call.route(), status: call.status() }.inc();
///     },
/// )
/// .on_start(|_| RequestsInFlight.inc());
/// # let _ = layer;
/// ```
#[derive(Clone)]
pub struct MetricsLayer<Route, Record, OnStart = fn(&Start<'_>)> {
    hooks: Hooks<Route, Record, OnStart>,
}

#[derive(Clone)]
struct Hooks<Route, Record, OnStart> {
    route: Route,
    record: Record,
    on_start: OnStart,
}

impl<Route, Template, Record> MetricsLayer<Route, Record>
where
    Route: Fn(&Extensions) -> Option<Template>,
    Template: AsRef<str>,
    Record: Fn(&Call<'_>),
{
    /// A layer that finds the route's template with `route` and calls `record` exactly once for
    /// each request, when the response's head is ready, or the service has failed or panicked, or
    /// the request is cancelled.
    #[must_use]
    pub fn new(route: Route, record: Record) -> Self {
        Self { hooks: Hooks { route, record, on_start: |_| {} } }
    }
}

impl<Route, Record, Before> MetricsLayer<Route, Record, Before> {
    /// Also calls `on_start` when a request begins. Each such call is followed by one of `record`, so a
    /// gauge of requests in flight goes up in `on_start` and down in `record`.
    #[must_use]
    pub fn on_start<OnStart>(self, on_start: OnStart) -> MetricsLayer<Route, Record, OnStart>
    where
        OnStart: Fn(&Start<'_>),
    {
        let Hooks { route, record, .. } = self.hooks;
        MetricsLayer { hooks: Hooks { route, record, on_start } }
    }
}

impl<Route, Record, OnStart> fmt::Debug for MetricsLayer<Route, Record, OnStart> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricsLayer").finish_non_exhaustive()
    }
}

impl<S, Route, Record, OnStart> Layer<S> for MetricsLayer<Route, Record, OnStart>
where
    Route: Clone,
    Record: Clone,
    OnStart: Clone,
{
    type Service = Metrics<S, Route, Record, OnStart>;

    fn layer(&self, inner: S) -> Self::Service {
        Metrics { inner, hooks: self.hooks.clone() }
    }
}

/// The service of a [`MetricsLayer`].
#[derive(Clone)]
pub struct Metrics<S, Route, Record, OnStart = fn(&Start<'_>)> {
    inner: S,
    hooks: Hooks<Route, Record, OnStart>,
}

impl<S: fmt::Debug, Route, Record, OnStart> fmt::Debug for Metrics<S, Route, Record, OnStart> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, Body, ResponseBody, Route, Template, Record, OnStart> Service<Request<Body>>
    for Metrics<S, Route, Record, OnStart>
where
    S: Service<Request<Body>, Response = Response<ResponseBody>>,
    Route: Fn(&Extensions) -> Option<Template>,
    Template: AsRef<str>,
    Record: Fn(&Call<'_>) + Clone,
    OnStart: Fn(&Start<'_>),
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, Template, Record>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let template = (self.hooks.route)(request.extensions());
        let route = template.as_ref().map_or(UNMATCHED, AsRef::as_ref);
        (self.hooks.on_start)(&Start { method: request.method(), route });
        let trace = if any_has_exemplars() { Carried::current() } else { Carried::NONE };
        let mut pending = Pending {
            trace,
            started: Instant::now(),
            method: request.method().clone(),
            template,
            record: self.hooks.record.clone(),
            state: State::InService,
            isolation: Isolation::current(),
        };
        let inner = self.inner.call(request);
        pending.shift(State::InService, State::Waiting);
        ResponseFuture { inner, pending }
    }
}

pin_project! {
    /// The response future of [`Metrics`].
    pub struct ResponseFuture<F, Template, Record>
    where
        Template: AsRef<str>,
        Record: Fn(&Call<'_>),
    {
        #[pin]
        inner: F,
        pending: Pending<Template, Record>,
    }
}

impl<F, Template, Record> fmt::Debug for ResponseFuture<F, Template, Record>
where
    Template: AsRef<str>,
    Record: Fn(&Call<'_>),
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<F, ResponseBody, E, Template, Record> Future for ResponseFuture<F, Template, Record>
where
    F: Future<Output = Result<Response<ResponseBody>, E>>,
    Template: AsRef<str>,
    Record: Fn(&Call<'_>),
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.pending.shift(State::Waiting, State::InService);
        let polled = this.inner.poll(cx);
        this.pending.shift(State::InService, State::Waiting);

        let result = ready!(polled);
        match &result {
            Ok(response) => this.pending.end(RequestEnding::Answered, response.status().as_u16()),
            Err(_) => this.pending.end(RequestEnding::Failed, 500),
        }
        Poll::Ready(result)
    }
}

/// A request between its start and its end. It is recorded at drop, if not before.
struct Pending<Template: AsRef<str>, Record: Fn(&Call<'_>)> {
    trace: Carried,
    started: Instant,
    method: Method,
    template: Option<Template>,
    record: Record,
    state: State,
    isolation: Isolation,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The service's own code runs. If this is dropped now, that code has panicked.
    InService,
    Waiting,
    Recorded,
}

impl<Template: AsRef<str>, Record: Fn(&Call<'_>)> Pending<Template, Record> {
    /// Moves on, unless the request is recorded already.
    fn shift(&mut self, from: State, to: State) {
        if self.state == from {
            self.state = to;
        }
    }

    fn end(&mut self, ending: RequestEnding, status: u16) {
        if self.state == State::Recorded {
            return;
        }
        self.state = State::Recorded;
        let call = Call {
            method: &self.method,
            route: self.template.as_ref().map_or(UNMATCHED, AsRef::as_ref),
            status,
            ending,
            elapsed: self.started.elapsed(),
        };
        self.isolation.run(|| self.trace.during(|| (self.record)(&call)));
    }
}

impl<Template: AsRef<str>, Record: Fn(&Call<'_>)> Drop for Pending<Template, Record> {
    fn drop(&mut self) {
        match self.state {
            State::InService => self.end(RequestEnding::Panicked, 500),
            State::Waiting => self.end(RequestEnding::Cancelled, 499),
            State::Recorded => {}
        }
    }
}
