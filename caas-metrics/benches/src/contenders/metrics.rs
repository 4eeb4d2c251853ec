//! `metrics` with `metrics-exporter-prometheus`: a facade, macros at the call site, a recorder.
//!
//! A row uses a handle where a user would keep one, and macros where labels are resolved on each call.
//! Invariant: each large family has a recorder of its own; the updates share the global one.

use std::{
    sync::{LazyLock, Once},
    time::Duration,
};

use axum_prometheus::{PrometheusMetricLayer, PrometheusMetricLayerBuilder};
use metrics::{Counter, Gauge, Histogram, SharedString, counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tower_layer::Layer;

use crate::{
    contender::{
        Contender, Exposed, Kind, Page, Stopwatch, Update, each, each_guarded, each_guarded_async,
        sure,
    },
    labels::texts::{closed_large, closed_small, endpoint, route, strings, two_strings},
    requests::{Answers, each_request},
    workload::{BOUNDS, Request},
};

/// Counts requests in a family, by labels.
macro_rules! count {
    ($name:literal, $labels:expr) => {
        |requests| {
            install();
            each(requests, |r| counter!($name, &$labels(r)).increment(1));
        }
    };
}

/// Observes the time of requests in a family, by labels.
macro_rules! observe {
    ($name:literal, $labels:expr) => {
        |requests| {
            install();
            each(requests, |r| histogram!($name, &$labels(r)).record(r.seconds));
            drain();
        }
    };
}

pub const CONTENDER: Contender = Contender {
    name: "metrics",
    package: "metrics-exporter-prometheus",
    updates: &[
        (Update::Layer, |requests| {
            each_request(requests, LAYER.layer(Answers));
            drain();
        }),
        (Update::Counter, |requests| {
            let counter = &*REQUESTS;
            each(requests, |_| counter.increment(1));
        }),
        (Update::Route, count!("routes_total", route)),
        (Update::TwoStrings, count!("servers_total", two_strings)),
        (Update::Strings, count!("texts_total", strings)),
        (Update::Integers, |requests| {
            install();
            each(requests, |r| {
                let labels = [("shard", r.shard.to_string()), ("status", r.status.to_string())];
                counter!("shards_total", &labels).increment(1);
            });
        }),
        (Update::ClosedSmall, count!("caches_total", closed_small)),
        (Update::ClosedLarge, count!("zones_total", closed_large)),
        (Update::Set, |requests| {
            let gauge = &*GAUGE;
            each(requests, |r| gauge.set(f64::from(r.status)));
        }),
        (Update::GaugeUpDown, up_down),
        (Update::SetLabelled, |requests| {
            install();
            each(requests, |r| gauge!("gauges", &endpoint(r)).set(f64::from(r.status)));
        }),
        (Update::UpDown, up_down),
        (Update::Observe, |requests| {
            let histogram = &*SECONDS;
            each(requests, |r| histogram.record(r.seconds));
            drain();
        }),
        (Update::ObserveLabelled, observe!("endpoint_seconds", endpoint)),
        (Update::ObserveClosed, observe!("cache_seconds", closed_small)),
        (Update::Timed, |requests| {
            each_guarded(requests, timed);
            drain();
        }),
        (Update::TimedAsync, |requests| {
            each_guarded_async(requests, timed);
            drain();
        }),
        (Update::CountedTimed, |requests| {
            each_guarded(requests, counted_timed);
            drain();
        }),
        (Update::CountedTimedAsync, |requests| {
            each_guarded_async(requests, counted_timed);
            drain();
        }),
    ],
    includes: None,
    family: |_, kind| {
        if kind == Kind::Native {
            return None;
        }
        let recorder = recorder();
        Some(if kind == Kind::Counter {
            Box::new(Counters(recorder))
        } else {
            Box::new(Histograms(recorder))
        })
    },
};

/// `axum-prometheus`, with the sizes that it leaves out by default.
static LAYER: LazyLock<PrometheusMetricLayer<'static>> = LazyLock::new(|| {
    install();
    let layer = PrometheusMetricLayerBuilder::new().enable_response_body_size(true);
    layer.with_metrics_from_fn(|| GLOBAL.clone()).build_pair().0
});

static REQUESTS: LazyLock<Counter> = LazyLock::new(|| {
    install();
    counter!("requests_total")
});
static GAUGE: LazyLock<Gauge> = LazyLock::new(|| {
    install();
    gauge!("gauge")
});
static SECONDS: LazyLock<Histogram> = LazyLock::new(|| {
    install();
    histogram!("seconds")
});

static GLOBAL: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    let recorder = recorder();
    let handle = recorder.handle();
    sure(metrics::set_global_recorder(recorder).map_err(|error| error.to_string()));
    handle
});

fn recorder() -> PrometheusRecorder {
    sure(PrometheusBuilder::new().set_buckets(&BOUNDS)).build_recorder()
}

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        LazyLock::force(&GLOBAL);
    });
}

/// Observations stay in a buffer until it is drained, which its documentation asks to do at intervals.
/// Here it is done after each run, so that memory stays bounded.
fn drain() {
    GLOBAL.run_upkeep();
}

fn up_down(requests: &[Request<'static>]) {
    let gauge = &*GAUGE;
    each(requests, |_| {
        gauge.increment(1);
        gauge.decrement(1);
    });
}

/// The library has no timer.
fn timed() -> Stopwatch<impl Fn(Duration)> {
    Stopwatch::start(|time| SECONDS.record(time))
}

fn counted_timed() -> impl Sized {
    REQUESTS.increment(1);
    timed()
}

fn labels(request: &Request<'_>) -> [(&'static str, SharedString); 3] {
    [
        ("method", SharedString::const_str(request.method.text())),
        ("path", SharedString::from_owned(request.path.to_owned())),
        ("status", SharedString::const_str(request.code.text())),
    ]
}

struct Counters(PrometheusRecorder);

impl Exposed for Counters {
    fn update(&self, request: &Request<'_>) {
        metrics::with_local_recorder(&self.0, || {
            counter!("requests_total", &labels(request)).increment(1);
        });
    }

    fn write(&self, page: &mut Page) {
        sure(self.0.handle().render_to_write(page));
    }
}

struct Histograms(PrometheusRecorder);

impl Exposed for Histograms {
    fn update(&self, request: &Request<'_>) {
        metrics::with_local_recorder(&self.0, || {
            histogram!("run_seconds", &labels(request)).record(request.seconds);
        });
    }

    fn write(&self, page: &mut Page) {
        sure(self.0.handle().render_to_write(page));
    }
}
