//! `metrics` with `metrics-exporter-prometheus`: a facade, macros at the call site, a recorder.
//!
//! Handles where a user would keep one, macros where labels are resolved on each call.
//! Invariant: each large family has a recorder of its own; the updates share the global one.

use std::{
    sync::{LazyLock, Once},
    time::Instant,
};

use metrics::{Counter, Gauge, Histogram, SharedString, counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::{
    contender::{Contender, Exposed, Page, Update, sure},
    workload::{BOUNDS, Request},
};

pub const CONTENDER: Contender = Contender {
    name: "metrics",
    updates: &[
        (Update::Counter, |requests| {
            let counter = &*REQUESTS;
            requests.iter().for_each(|_| counter.increment(1));
        }),
        (Update::Resolved, |requests| {
            install();
            for Request { method, path, status, .. } in requests {
                let labels = [("method", method.text()), ("path", path), ("status", status.text())];
                counter!("resolved_total", &labels).increment(1);
            }
        }),
        (Update::Closed, |requests| {
            install();
            for Request { method, status, .. } in requests {
                let labels = [("method", method.text()), ("status", status.text())];
                counter!("closed_total", &labels).increment(1);
            }
        }),
        (Update::Set, |requests| {
            let gauge = &*GAUGE;
            requests.iter().for_each(|request| gauge.set(f64::from(request.status as u32)));
        }),
        (Update::UpDown, |requests| {
            let gauge = &*GAUGE;
            for _ in requests {
                gauge.increment(1);
                gauge.decrement(1);
            }
        }),
        (Update::Observe, |requests| {
            let histogram = &*SECONDS;
            requests.iter().for_each(|request| histogram.record(request.seconds));
            drain();
        }),
        (Update::ObserveResolved, |requests| {
            install();
            for Request { method, path, seconds, .. } in requests {
                let labels = [("method", method.text()), ("path", *path)];
                histogram!("resolved_seconds", &labels).record(*seconds);
            }
            drain();
        }),
        (Update::ObserveClosed, |requests| {
            install();
            for Request { method, status, seconds, .. } in requests {
                let labels = [("method", method.text()), ("status", status.text())];
                histogram!("closed_seconds", &labels).record(*seconds);
            }
            drain();
        }),
        (Update::Timed, |requests| {
            requests.iter().for_each(|request| work(request));
            drain();
        }),
    ],
    counters: Some(|_| Box::new(Counters(recorder()))),
    histograms: Some(|| Box::new(Histograms(recorder()))),
};

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

/// Observations wait in a buffer until somebody drains it; its documentation asks for that at
/// intervals. Here after each run, so that memory stays bounded.
fn drain() {
    GLOBAL.run_upkeep();
}

#[inline(never)]
fn work(request: &Request<'_>) {
    let start = Instant::now();
    std::hint::black_box(request);
    SECONDS.record(start.elapsed());
}

fn labels(request: &Request<'_>) -> [(&'static str, SharedString); 3] {
    [
        ("method", SharedString::const_str(request.method.text())),
        ("path", SharedString::from_owned(request.path.to_owned())),
        ("status", SharedString::const_str(request.status.text())),
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
