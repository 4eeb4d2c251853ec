//! OpenTelemetry's SDK with its Prometheus exporter: attributes hashed on each call.
//!
//! Its cardinality limit is 2,000 by default, so a view raises it. Invariant: each large family has a
//! provider and a `prometheus` registry of its own.

use std::{sync::LazyLock, time::Duration};

use axum_otel_metrics::{HttpMetricsLayer, HttpMetricsLayerBuilder};
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, MeterProvider, UpDownCounter},
};
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};
use tower_layer::Layer;

use crate::{
    contender::{
        Contender, Exposed, Kind, Page, Stopwatch, Update, each, each_guarded, each_guarded_async,
        sure,
    },
    labels::texts::{Texts, closed_large, closed_small, endpoint, route, strings, two_strings},
    requests::{Answers, each_request},
    workload::{BOUNDS, Request},
};

pub const CONTENDER: Contender = Contender {
    name: "opentelemetry",
    package: "opentelemetry_sdk",
    updates: &[
        (Update::Layer, |requests| each_request(requests, LAYER.layer(Answers))),
        (Update::Counter, |requests| {
            let counter = &GLOBAL.counter;
            each(requests, |_| counter.add(1, &[]));
        }),
        (Update::Route, |requests| count(&GLOBAL.routes, requests, route)),
        (Update::TwoStrings, |requests| count(&GLOBAL.servers, requests, two_strings)),
        (Update::Strings, |requests| count(&GLOBAL.texts, requests, strings)),
        (Update::Integers, |requests| {
            let counter = &GLOBAL.shards;
            each(requests, |r| {
                let shard = KeyValue::new("shard", i64::from(r.shard));
                counter.add(1, &[shard, KeyValue::new("status", i64::from(r.status))]);
            });
        }),
        (Update::ClosedSmall, |requests| count(&GLOBAL.caches, requests, closed_small)),
        (Update::ClosedLarge, |requests| count(&GLOBAL.zones, requests, closed_large)),
        (Update::Set, |requests| {
            let gauge = &GLOBAL.gauge;
            each(requests, |r| gauge.record(u64::from(r.status), &[]));
        }),
        (Update::SetLabelled, |requests| {
            let gauge = &GLOBAL.gauges;
            each(requests, |r| gauge.record(u64::from(r.status), &attributes(endpoint(r))));
        }),
        (Update::UpDown, |requests| {
            let gauge = &GLOBAL.up_down;
            each(requests, |_| {
                gauge.add(1, &[]);
                gauge.add(-1, &[]);
            });
        }),
        (Update::Observe, |requests| {
            let histogram = &GLOBAL.seconds;
            each(requests, |r| histogram.record(r.seconds, &[]));
        }),
        (Update::ObserveLabelled, |requests| observe(&GLOBAL.endpoints, requests, endpoint)),
        (Update::ObserveClosed, |requests| {
            observe(&GLOBAL.cache_seconds, requests, closed_small);
        }),
        (Update::Timed, |requests| each_guarded(requests, timed)),
        (Update::TimedAsync, |requests| each_guarded_async(requests, timed)),
        (Update::CountedTimed, |requests| each_guarded(requests, counted_timed)),
        (Update::CountedTimedAsync, |requests| each_guarded_async(requests, counted_timed)),
    ],
    includes: None,
    family: |_, kind| {
        if kind == Kind::Native {
            return None;
        }
        let (provider, registry) = provider();
        Some(if kind == Kind::Counter {
            let counter = provider.meter("bench").u64_counter("requests").build();
            Box::new(Counters { counter, registry, _provider: provider })
        } else {
            let histogram = seconds(&provider, "run_seconds");
            Box::new(Histograms { histogram, registry, _provider: provider })
        })
    },
};

/// The instruments of the updates.
struct Instruments {
    counter: Counter<u64>,
    routes: Counter<u64>,
    servers: Counter<u64>,
    texts: Counter<u64>,
    shards: Counter<u64>,
    caches: Counter<u64>,
    zones: Counter<u64>,
    gauge: Gauge<u64>,
    gauges: Gauge<u64>,
    up_down: UpDownCounter<i64>,
    seconds: Histogram<f64>,
    endpoints: Histogram<f64>,
    cache_seconds: Histogram<f64>,
    _provider: SdkMeterProvider,
}

/// `axum-otel-metrics`, which needs the version before.
static LAYER: LazyLock<HttpMetricsLayer> = LazyLock::new(|| {
    let exporter = opentelemetry_prometheus_before::exporter().build();
    let provider = opentelemetry_sdk_before::metrics::SdkMeterProvider::builder();
    let provider = provider.with_reader(sure(exporter)).build();
    HttpMetricsLayerBuilder::new().with_provider(provider).build()
});

static GLOBAL: LazyLock<Instruments> = LazyLock::new(|| {
    let (provider, _) = provider();
    let meter = provider.meter("bench");
    let counter = |name: &'static str| meter.u64_counter(name).build();
    Instruments {
        counter: counter("counter"),
        routes: counter("routes"),
        servers: counter("servers"),
        texts: counter("texts"),
        shards: counter("shards"),
        caches: counter("caches"),
        zones: counter("zones"),
        gauge: meter.u64_gauge("gauge").build(),
        gauges: meter.u64_gauge("gauges").build(),
        up_down: meter.i64_up_down_counter("up_down").build(),
        seconds: seconds(&provider, "seconds"),
        endpoints: seconds(&provider, "endpoint_seconds"),
        cache_seconds: seconds(&provider, "cache_seconds"),
        _provider: provider,
    }
});

fn seconds(provider: &SdkMeterProvider, name: &'static str) -> Histogram<f64> {
    provider.meter("bench").f64_histogram(name).with_boundaries(BOUNDS.to_vec()).build()
}

fn provider() -> (SdkMeterProvider, Registry) {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .without_target_info()
        .scope_info_enabled(false)
        .build();
    let unlimited =
        |_: &Instrument| Stream::builder().with_cardinality_limit(1_500_000).build().ok();
    let provider =
        SdkMeterProvider::builder().with_reader(sure(exporter)).with_view(unlimited).build();
    (provider, registry)
}

/// Makes a label set of a request.
type Labels<const N: usize> = fn(&Request<'static>) -> Texts<'static, N>;

#[inline(always)]
fn attributes<const N: usize>(texts: Texts<'static, N>) -> [KeyValue; N] {
    texts.map(|(name, text)| KeyValue::new(name, text))
}

#[inline(always)]
fn count<const N: usize>(counter: &Counter<u64>, requests: &[Request<'static>], labels: Labels<N>) {
    each(requests, |r| counter.add(1, &attributes(labels(r))));
}

#[inline(always)]
fn observe<const N: usize>(
    histogram: &Histogram<f64>,
    requests: &[Request<'static>],
    labels: Labels<N>,
) {
    each(requests, |r| histogram.record(r.seconds, &attributes(labels(r))));
}

fn owned(request: &Request<'_>) -> [KeyValue; 3] {
    [
        KeyValue::new("method", request.method.text()),
        KeyValue::new("path", request.path.to_owned()),
        KeyValue::new("status", request.code.text()),
    ]
}

/// The library has no timer.
fn timed() -> Stopwatch<impl Fn(Duration)> {
    Stopwatch::start(|time| GLOBAL.seconds.record(time.as_secs_f64(), &[]))
}

fn counted_timed() -> impl Sized {
    GLOBAL.counter.add(1, &[]);
    timed()
}

fn write(registry: &Registry, page: &mut Page) {
    sure(prometheus::Encoder::encode(&TextEncoder::new(), &registry.gather(), page));
}

struct Counters {
    counter: Counter<u64>,
    registry: Registry,
    _provider: SdkMeterProvider,
}

impl Exposed for Counters {
    fn update(&self, request: &Request<'_>) {
        self.counter.add(1, &owned(request));
    }

    fn write(&self, page: &mut Page) {
        write(&self.registry, page);
    }
}

struct Histograms {
    histogram: Histogram<f64>,
    registry: Registry,
    _provider: SdkMeterProvider,
}

impl Exposed for Histograms {
    fn update(&self, request: &Request<'_>) {
        self.histogram.record(request.seconds, &owned(request));
    }

    fn write(&self, page: &mut Page) {
        write(&self.registry, page);
    }
}
