//! OpenTelemetry's SDK with its Prometheus exporter: attributes hashed on each call.
//!
//! Its cardinality limit is 2,000 by default, so the large families raise it with a view.
//! Invariant: each large family has a provider and a `prometheus` registry of its own.

use std::{sync::LazyLock, time::Instant};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Histogram, MeterProvider, UpDownCounter},
};
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use prometheus::{Registry, TextEncoder};

use crate::{
    contender::{Contender, Exposed, Page, Update, sure},
    workload::{BOUNDS, Request},
};

pub const CONTENDER: Contender = Contender {
    name: "opentelemetry",
    updates: &[
        (Update::Counter, |requests| {
            let counter = &GLOBAL.counter;
            requests.iter().for_each(|_| counter.add(1, &[]));
        }),
        (Update::Resolved, |requests| {
            let counter = &GLOBAL.resolved;
            for &Request { method, path, status, .. } in requests {
                let (method, status) = (method.text(), status.text());
                counter.add(
                    1,
                    &[
                        KeyValue::new("method", method),
                        KeyValue::new("path", path),
                        KeyValue::new("status", status),
                    ],
                );
            }
        }),
        (Update::Closed, |requests| {
            let counter = &GLOBAL.closed;
            for request in requests {
                counter.add(1, &closed(request));
            }
        }),
        (Update::Set, |requests| {
            let gauge = &GLOBAL.gauge;
            requests.iter().for_each(|request| gauge.record(request.status as u64, &[]));
        }),
        (Update::UpDown, |requests| {
            let gauge = &GLOBAL.up_down;
            for _ in requests {
                gauge.add(1, &[]);
                gauge.add(-1, &[]);
            }
        }),
        (Update::Observe, |requests| {
            let histogram = &GLOBAL.seconds;
            requests.iter().for_each(|request| histogram.record(request.seconds, &[]));
        }),
        (Update::ObserveResolved, |requests| {
            let histogram = &GLOBAL.seconds_resolved;
            for &Request { method, path, seconds, .. } in requests {
                let labels = [KeyValue::new("method", method.text()), KeyValue::new("path", path)];
                histogram.record(seconds, &labels);
            }
        }),
        (Update::ObserveClosed, |requests| {
            let histogram = &GLOBAL.seconds_closed;
            for request in requests {
                histogram.record(request.seconds, &closed(request));
            }
        }),
        (Update::Timed, |requests| requests.iter().for_each(|request| work(request))),
    ],
    counters: Some(|_| {
        let (provider, registry) = provider();
        let counter = provider.meter("bench").u64_counter("requests").build();
        Box::new(Counters { counter, registry, _provider: provider })
    }),
    histograms: Some(|| {
        let (provider, registry) = provider();
        let histogram = seconds(&provider, "run_seconds");
        Box::new(Histograms { histogram, registry, _provider: provider })
    }),
};

/// The instruments of the updates.
struct Instruments {
    counter: Counter<u64>,
    resolved: Counter<u64>,
    closed: Counter<u64>,
    gauge: Gauge<u64>,
    up_down: UpDownCounter<i64>,
    seconds: Histogram<f64>,
    seconds_resolved: Histogram<f64>,
    seconds_closed: Histogram<f64>,
    _provider: SdkMeterProvider,
}

static GLOBAL: LazyLock<Instruments> = LazyLock::new(|| {
    let (provider, _) = provider();
    let meter = provider.meter("bench");
    Instruments {
        counter: meter.u64_counter("counter").build(),
        resolved: meter.u64_counter("resolved").build(),
        closed: meter.u64_counter("closed").build(),
        gauge: meter.u64_gauge("gauge").build(),
        up_down: meter.i64_up_down_counter("up_down").build(),
        seconds: seconds(&provider, "seconds"),
        seconds_resolved: seconds(&provider, "seconds_resolved"),
        seconds_closed: seconds(&provider, "seconds_closed"),
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

fn closed(request: &Request<'_>) -> [KeyValue; 2] {
    [KeyValue::new("method", request.method.text()), KeyValue::new("status", request.status.text())]
}

fn owned(request: &Request<'_>) -> [KeyValue; 3] {
    [
        KeyValue::new("method", request.method.text()),
        KeyValue::new("path", request.path.to_owned()),
        KeyValue::new("status", request.status.text()),
    ]
}

#[inline(never)]
fn work(request: &Request<'_>) {
    let start = Instant::now();
    std::hint::black_box(request);
    GLOBAL.seconds.record(start.elapsed().as_secs_f64(), &[]);
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
