//! Timers, attributes and the tower layer: exemplars of the trace that the call is in.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use caas_metrics::tower::{Call, MetricsLayer};
use caas_metrics::{Outcome, Timer, counted, metrics, timed};
use http::{Request, Response};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::trace::Sampler;
use tower::{Layer, Service, service_fn};

use super::sources::opentelemetry;
use super::{exemplars, in_trace, traces};

metrics! {
    namespace = "calls";

    /// Time of calls in seconds.
    #[exemplars]
    #[buckets(100)]
    histogram CallSeconds { call: &str }

    /// Calls.
    #[exemplars]
    counter CallsTotal { call: &str, outcome: Outcome }

    /// Requests.
    #[exemplars]
    counter RequestsTotal { status: u16 }
}

fn timed_in(call: &str) -> Vec<u64> {
    traces(&exemplars("calls_call_seconds", call))
}

#[test]
fn timers_observe_in_the_current_trace() {
    in_trace(1, || drop(CallSeconds { call: "drop" }.start_timer()));
    in_trace(2, || CallSeconds { call: "stop" }.start_timer().stop());
    in_trace(3, || Timer::start().observe(CallSeconds { call: "timer" }));
    in_trace(4, || CallSeconds { call: "duration" }.observe(Duration::from_secs(200)));
    assert_eq!(["drop", "stop", "timer", "duration"].map(timed_in), [[1], [2], [3], [4]]);
    let value = exemplars("calls_call_seconds", "duration")[0].value;
    assert_eq!(value, 200.0);
}

#[timed(CallSeconds { call: "attribute" })]
#[counted(CallsTotal { call: "attribute", outcome: _ })]
fn annotated(fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

#[test]
fn attributes_record_in_the_current_trace() {
    in_trace(1, || annotated(false)).unwrap();
    in_trace(2, || annotated(true)).unwrap_err();
    assert_eq!(timed_in("attribute").len(), 1);
    let counted = super::children("calls_calls_total").into_iter();
    let counted = counted.filter(|child| child.labels[0].1 == "attribute");
    let counted: Vec<_> = counted.flat_map(|child| traces(&child.exemplars)).collect();
    assert_eq!(counted, [1, 2]);
}

/// The ids of the span that is current.
fn current() -> [String; 2] {
    opentelemetry::Context::map_current(|context| {
        let span = context.span().span_context().clone();
        [span.trace_id().to_string(), span.span_id().to_string()]
    })
}

fn ids(call: &str) -> Vec<[String; 2]> {
    let ids = exemplars("calls_call_seconds", call);
    ids.iter().map(|it| [it.labels[0].1.clone(), it.labels[1].1.clone()]).collect()
}

#[timed(CallSeconds { call: "inside" })]
#[tracing::instrument]
fn measured_in_the_span() -> [String; 2] {
    current()
}

#[tracing::instrument]
#[timed(CallSeconds { call: "around" })]
fn measured_around_the_span() -> [String; 2] {
    current()
}

#[timed(CallSeconds { call: "inside, async" })]
#[tracing::instrument]
async fn future_measured_in_the_span() -> [String; 2] {
    tokio::task::yield_now().await;
    current()
}

#[tracing::instrument]
#[timed(CallSeconds { call: "around, async" })]
async fn future_measured_around_the_span() -> [String; 2] {
    tokio::task::yield_now().await;
    current()
}

#[timed(CallSeconds { call: "cancelled" })]
#[tracing::instrument]
async fn cancelled() {
    pending::<()>().await;
}

fn ready<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Above `#[instrument]`, the attribute measures inside the span; below it, around the span, where only the span
/// of the caller is current.
#[test]
fn the_upper_attribute_decides_whose_span_it_is() {
    tracing::subscriber::with_default(opentelemetry(Sampler::AlwaysOn), || {
        let caller = tracing::info_span!("caller");
        let _entered = caller.enter();
        let own = measured_in_the_span();
        assert_eq!(ids("inside"), [own]);
        let own = ready(future_measured_in_the_span());
        assert_eq!(ids("inside, async"), [own]);

        let own = measured_around_the_span();
        assert_eq!(ids("around"), [current()]);
        assert_ne!(own, current());
        ready(future_measured_around_the_span());
        assert_eq!(ids("around, async"), [current()]);

        let mut future = Box::pin(cancelled());
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        drop(future);
        let [[trace, span]] = &ids("cancelled")[..] else { panic!("one") };
        assert_eq!(*trace, current()[0]);
        assert_ne!(*span, current()[1], "the future is dropped in its span");
    });
}

type Route = fn(&http::Extensions) -> Option<&'static str>;

fn layer() -> MetricsLayer<Route, impl Fn(&Call<'_>) + Clone> {
    let route: Route = |_| None;
    MetricsLayer::new(route, |call: &Call<'_>| RequestsTotal { status: call.status() }.inc())
}

/// The trace of a request is that in which the layer was called, wherever its response ends.
#[test]
fn the_layer_records_in_the_trace_of_the_call() {
    let mut answers = layer().layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::builder().status(201).body(String::new()).unwrap())
    }));
    let mut answer = pin!(in_trace(1, || answers.call(Request::new(()))));
    let mut context = Context::from_waker(Waker::noop());
    assert!(in_trace(2, || answer.as_mut().poll(&mut context)).is_ready());
    assert_eq!(traces(&exemplars("calls_requests_total", "201")), [1]);

    let mut waits = layer()
        .layer(service_fn(|_: Request<()>| pending::<Result<Response<String>, Infallible>>()));
    drop(in_trace(3, || waits.call(Request::new(()))));
    assert_eq!(traces(&exemplars("calls_requests_total", "499")), [3]);
}

/// Then what is current at the end counts.
#[test]
fn without_a_trace_at_the_call_it_is_that_of_the_end() {
    let mut answers = layer().layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::builder().status(202).body(String::new()).unwrap())
    }));
    let mut answer = pin!(answers.call(Request::new(())));
    let mut context = Context::from_waker(Waker::noop());
    assert!(in_trace(4, || answer.as_mut().poll(&mut context)).is_ready());
    assert_eq!(traces(&exemplars("calls_requests_total", "202")), [4]);
}

/// So is that of the end of its body, wherever that is dropped.
#[test]
fn the_end_of_a_body_is_in_the_trace_of_the_call() {
    let route: Route = |_| None;
    let layer = MetricsLayer::new(route, |_: &Call<'_>| {})
        .on_end(|end| RequestsTotal { status: end.status() }.inc());
    let mut answers = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::builder().status(203).body("hello".to_owned()).unwrap())
    }));
    let mut answer = pin!(in_trace(5, || answers.call(Request::new(()))));
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(response) = in_trace(6, || answer.as_mut().poll(&mut context)) else {
        panic!("it answers at once")
    };
    assert_eq!(RequestsTotal { status: 203 }.get(), None);
    in_trace(7, || drop(response));
    assert_eq!(traces(&exemplars("calls_requests_total", "203")), [5]);
}
