//! Where exemplars come from by themselves.

use caas_metrics::exemplars::{TraceFields, set_source};
use caas_metrics::metrics;
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt;

use super::{ASKED, Says, exemplars, in_trace, saying, traces};

metrics! {
    namespace = "sources";

    /// Orders.
    #[exemplars]
    counter OrdersTotal { region: &str }
}

fn found(region: &str) -> Vec<u64> {
    traces(&exemplars("sources_orders_total", region))
}

#[test]
fn the_programs_source_is_asked() {
    in_trace(5, || OrdersTotal { region: "own" }.inc());
    assert_eq!(found("own"), [5]);
    let span = &exemplars("sources_orders_total", "own")[0].labels[1];
    assert_eq!((span.0.as_str(), span.1.as_str()), ("span_id", "0000000000000005"));
    assert!(set_source(|| None).is_err(), "there is one already");
}

#[test]
fn it_is_asked_only_while_an_exemplar_is_due() {
    let orders = OrdersTotal { region: "rarely" }.child();
    let before = ASKED.get();
    in_trace(1, || (0..10_000).for_each(|_| orders.inc()));
    let asked = ASKED.get() - before;
    assert!((1..1_000).contains(&asked), "{asked}");
    assert_eq!(OrdersTotal { region: "rarely" }.get(), Some(10_000));
}

/// Its own updates count, without asking it once more.
#[test]
fn a_source_can_update_families_with_exemplars() {
    let count = || OrdersTotal { region: "of the source" }.inc();
    saying(Says::After(count, 6), || OrdersTotal { region: "outside" }.inc());
    assert_eq!(found("outside"), [6]);
    assert_eq!(found("of the source"), [0; 0]);
    assert_eq!(OrdersTotal { region: "of the source" }.get(), Some(1));
}

#[test]
fn a_source_can_remove_the_series() {
    let remove = || _ = OrdersTotal { region: "removed" }.remove();
    OrdersTotal { region: "removed" }.inc();
    saying(Says::After(remove, 7), || OrdersTotal { region: "removed" }.inc());
    assert_eq!(OrdersTotal { region: "removed" }.get(), Some(1), "counted after the removal");
    assert_eq!(found("removed"), [0; 0], "it is of the life before");
}

fn context(number: u64, flags: TraceFlags) -> Context {
    let (trace, span) = (TraceId::from(u128::from(number)), SpanId::from(number));
    let state = TraceState::default();
    Context::new().with_remote_span_context(SpanContext::new(trace, span, flags, true, state))
}

#[test]
fn the_current_context_of_opentelemetry_is_taken_if_it_is_sampled() {
    let attached = context(0xabc, TraceFlags::default()).attach();
    OrdersTotal { region: "context" }.inc();
    assert_eq!(found("context"), [0; 0]);
    drop(attached);
    let _attached = context(0xdef, TraceFlags::SAMPLED).attach();
    OrdersTotal { region: "context" }.inc();
    assert_eq!(found("context"), [0xdef]);
}

/// A subscriber with `tracing-opentelemetry`, whose traces begin with nothing.
pub(super) fn opentelemetry(sampler: Sampler) -> impl tracing::Subscriber + Send + Sync {
    let provider = SdkTracerProvider::builder().with_sampler(sampler).build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing_subscriber::registry().with(layer).with(TraceFields)
}

#[test]
fn a_span_of_tracing_opentelemetry_is_the_current_context() {
    tracing::subscriber::with_default(opentelemetry(Sampler::AlwaysOn), || {
        let span = tracing::info_span!("request");
        let _entered = span.enter();
        OrdersTotal { region: "span" }.inc();
        let current = Context::map_current(|context| context.span().span_context().trace_id());
        let expected = current.to_string();
        assert_eq!(exemplars("sources_orders_total", "span")[0].labels[0].1, expected);
    });
    tracing::subscriber::with_default(opentelemetry(Sampler::AlwaysOff), || {
        let _entered = tracing::info_span!("request").entered();
        OrdersTotal { region: "not sampled" }.inc();
    });
    assert_eq!(found("not sampled"), [0; 0]);
}

#[test]
fn a_field_of_a_span_names_the_trace() {
    let subscriber = tracing_subscriber::registry().with(TraceFields);
    tracing::subscriber::with_default(subscriber, || {
        let id = "000000000000000000000000000000ab";
        let request =
            tracing::info_span!("request", trace_id = %id, span_id = tracing::field::Empty);
        let _outer = request.enter();
        let _inner = tracing::info_span!("store", rows = 3).entered();
        OrdersTotal { region: "field" }.inc();
        assert_eq!(exemplars("sources_orders_total", "field")[0].labels.len(), 1);
        request.record("span_id", "cd");
        OrdersTotal { region: "both fields" }.inc();
        let labels = &exemplars("sources_orders_total", "both fields")[0].labels;
        assert_eq!((labels[0].1.as_str(), labels[1].1.as_str()), (id, "00000000000000cd"));

        let _other =
            tracing::info_span!(parent: None, "other", trace_id = "not a number").entered();
        OrdersTotal { region: "no number" }.inc();
        assert_eq!(found("no number"), [0; 0]);
    });
    OrdersTotal { region: "no subscriber" }.inc();
    assert_eq!(found("no subscriber"), [0; 0]);
}
