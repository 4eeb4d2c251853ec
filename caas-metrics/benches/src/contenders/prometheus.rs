//! The `prometheus` crate: vectors of children behind a lock, pages from owned protobuf models.
//!
//! Labels are given by position, the fastest form it has. Invariant: each large family has a
//! registry of its own.

use std::sync::LazyLock;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};

use crate::{
    contender::{Contender, Exposed, Page, Update, sure},
    workload::{BOUNDS, Request},
};

pub const CONTENDER: Contender = Contender {
    name: "prometheus",
    updates: &[
        (Update::Counter, |requests| {
            let counter = &*REQUESTS;
            requests.iter().for_each(|_| counter.inc());
        }),
        (Update::Resolved, |requests| {
            let family = &*RESOLVED;
            for request in requests {
                family.with_label_values(&labels(request)).inc();
            }
        }),
        (Update::Closed, |requests| {
            let family = &*CLOSED;
            for Request { method, status, .. } in requests {
                family.with_label_values(&[method.text(), status.text()]).inc();
            }
        }),
        (Update::Child, |requests| {
            let Some(request) = requests.first() else { return };
            let child = RESOLVED.with_label_values(&labels(request));
            requests.iter().for_each(|_| child.inc());
        }),
        (Update::Set, |requests| {
            let gauge = &*GAUGE;
            requests.iter().for_each(|request| gauge.set(request.status as i64));
        }),
        (Update::UpDown, |requests| {
            let gauge = &*GAUGE;
            for _ in requests {
                gauge.inc();
                gauge.dec();
            }
        }),
        (Update::Observe, |requests| {
            let histogram = &*SECONDS;
            requests.iter().for_each(|request| histogram.observe(request.seconds));
        }),
        (Update::ObserveResolved, |requests| {
            let family = &*SECONDS_RESOLVED;
            for Request { method, path, seconds, .. } in requests {
                family.with_label_values(&[method.text(), path]).observe(*seconds);
            }
        }),
        (Update::ObserveClosed, |requests| {
            let family = &*SECONDS_CLOSED;
            for Request { method, status, seconds, .. } in requests {
                family.with_label_values(&[method.text(), status.text()]).observe(*seconds);
            }
        }),
        (Update::Timed, |requests| requests.iter().for_each(|request| work(request))),
    ],
    counters: Some(|_| {
        let family = sure(IntCounterVec::new(opts("requests_total"), &LABELS));
        Box::new(Counters { registry: registry(family.clone()), family })
    }),
    histograms: Some(|| {
        let family = histograms(&LABELS);
        Box::new(Histograms { registry: registry(family.clone()), family })
    }),
};

const LABELS: [&str; 3] = ["method", "path", "status"];

static REQUESTS: LazyLock<IntCounter> =
    LazyLock::new(|| sure(IntCounter::with_opts(opts("requests_total"))));
static RESOLVED: LazyLock<IntCounterVec> =
    LazyLock::new(|| sure(IntCounterVec::new(opts("resolved_total"), &LABELS)));
static CLOSED: LazyLock<IntCounterVec> =
    LazyLock::new(|| sure(IntCounterVec::new(opts("closed_total"), &["method", "status"])));
static GAUGE: LazyLock<IntGauge> = LazyLock::new(|| sure(IntGauge::with_opts(opts("gauge"))));
static SECONDS: LazyLock<Histogram> =
    LazyLock::new(|| sure(Histogram::with_opts(histogram_opts())));
static SECONDS_RESOLVED: LazyLock<HistogramVec> = LazyLock::new(|| histograms(&["method", "path"]));
static SECONDS_CLOSED: LazyLock<HistogramVec> = LazyLock::new(|| histograms(&["method", "status"]));

fn opts(name: &str) -> Opts {
    Opts::new(name, "Help.")
}

fn histogram_opts() -> HistogramOpts {
    HistogramOpts::from(opts("run_seconds")).buckets(BOUNDS.to_vec())
}

fn histograms(labels: &[&str]) -> HistogramVec {
    sure(HistogramVec::new(histogram_opts(), labels))
}

fn labels<'a>(request: &Request<'a>) -> [&'a str; 3] {
    [request.method.text(), request.path, request.status.text()]
}

#[inline(never)]
fn work(request: &Request<'_>) {
    let _timer = SECONDS.start_timer();
    std::hint::black_box(request);
}

fn registry(family: impl prometheus::core::Collector + 'static) -> Registry {
    let registry = Registry::new();
    sure(registry.register(Box::new(family)));
    registry
}

fn write(registry: &Registry, page: &mut Page) {
    sure(prometheus::Encoder::encode(&TextEncoder::new(), &registry.gather(), page));
}

struct Counters {
    registry: Registry,
    family: IntCounterVec,
}

impl Exposed for Counters {
    fn update(&self, request: &Request<'_>) {
        self.family.with_label_values(&labels(request)).inc();
    }

    fn write(&self, page: &mut Page) {
        write(&self.registry, page);
    }
}

struct Histograms {
    registry: Registry,
    family: HistogramVec,
}

impl Exposed for Histograms {
    fn update(&self, request: &Request<'_>) {
        self.family.with_label_values(&labels(request)).observe(request.seconds);
    }

    fn write(&self, page: &mut Page) {
        write(&self.registry, page);
    }
}
