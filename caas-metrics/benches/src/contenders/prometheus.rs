//! The `prometheus` crate: children in a hash map with a lock, pages from owned protobuf models.
//!
//! Labels are given by position, its fastest form; `itoa` makes texts of numbers.
//! Invariant: each large family has a registry of its own.

use std::sync::LazyLock;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    ProtobufEncoder, Registry, TextEncoder,
};

use crate::{
    contender::{
        Contender, Exposed, Kind, Page, Update, each, each_guarded, each_guarded_async, sure,
    },
    labels::texts::{
        Texts, closed_large, closed_small, endpoint, names, route, strings, two_strings, values,
    },
    workload::{BOUNDS, Request},
};

pub const CONTENDER: Contender = Contender {
    name: "prometheus",
    package: "prometheus",
    updates: &[
        (Update::Counter, |requests| {
            let counter = &*REQUESTS;
            each(requests, |_| counter.inc());
        }),
        (Update::Child, |requests| {
            let Some(request) = requests.first() else { return };
            let child = ROUTES.with_label_values(&values(route(request)));
            each(requests, |_| child.inc());
        }),
        (Update::Route, |requests| count(&ROUTES, requests, route)),
        (Update::TwoStrings, |requests| count(&SERVERS, requests, two_strings)),
        (Update::Strings, |requests| count(&TEXTS, requests, strings)),
        (Update::Integers, |requests| {
            let family = &*SHARDS;
            each(requests, |r| {
                let (mut shard, mut status) = (itoa::Buffer::new(), itoa::Buffer::new());
                let labels = [shard.format(r.shard), status.format(r.status)];
                family.with_label_values(&labels).inc();
            });
        }),
        (Update::ClosedSmall, |requests| count(&CACHES, requests, closed_small)),
        (Update::ClosedLarge, |requests| count(&ZONES, requests, closed_large)),
        (Update::Set, |requests| {
            let gauge = &*GAUGE;
            each(requests, |r| gauge.set(i64::from(r.status)));
        }),
        (Update::GaugeUpDown, up_down),
        (Update::SetLabelled, |requests| {
            let family = &*GAUGES;
            each(requests, |r| {
                family.with_label_values(&values(endpoint(r))).set(i64::from(r.status));
            });
        }),
        (Update::UpDown, up_down),
        (Update::Observe, |requests| {
            let histogram = &*SECONDS;
            each(requests, |r| histogram.observe(r.seconds));
        }),
        (Update::ObserveLabelled, |requests| observe(&ENDPOINTS, requests, endpoint)),
        (Update::ObserveClosed, |requests| observe(&CACHE_SECONDS, requests, closed_small)),
        (Update::Timed, |requests| each_guarded(requests, || SECONDS.start_timer())),
        (Update::TimedAsync, |requests| each_guarded_async(requests, || SECONDS.start_timer())),
        (Update::CountedTimed, |requests| each_guarded(requests, counted_timed)),
        (Update::CountedTimedAsync, |requests| each_guarded_async(requests, counted_timed)),
    ],
    includes: None,
    family: |_, kind| {
        if kind == Kind::Native {
            return None;
        }
        let registry = Registry::new();
        Some(if kind == Kind::Counter {
            let family = counters(route);
            sure(registry.register(Box::new(family.clone())));
            Box::new(Counters { registry, family })
        } else {
            let family = histograms(route);
            sure(registry.register(Box::new(family.clone())));
            Box::new(Histograms { registry, family })
        })
    },
};

static REQUESTS: LazyLock<IntCounter> =
    LazyLock::new(|| sure(IntCounter::with_opts(opts("requests_total"))));
static ROUTES: LazyLock<IntCounterVec> = LazyLock::new(|| counters(route));
static SERVERS: LazyLock<IntCounterVec> = LazyLock::new(|| counters(two_strings));
static TEXTS: LazyLock<IntCounterVec> = LazyLock::new(|| counters(strings));
static SHARDS: LazyLock<IntCounterVec> =
    LazyLock::new(|| sure(IntCounterVec::new(opts("requests_total"), &["shard", "status"])));
static CACHES: LazyLock<IntCounterVec> = LazyLock::new(|| counters(closed_small));
static ZONES: LazyLock<IntCounterVec> = LazyLock::new(|| counters(closed_large));
static GAUGE: LazyLock<IntGauge> = LazyLock::new(|| sure(IntGauge::with_opts(opts("gauge"))));
static GAUGES: LazyLock<IntGaugeVec> =
    LazyLock::new(|| sure(IntGaugeVec::new(opts("gauge"), &names(endpoint))));
static SECONDS: LazyLock<Histogram> =
    LazyLock::new(|| sure(Histogram::with_opts(histogram_opts())));
static ENDPOINTS: LazyLock<HistogramVec> = LazyLock::new(|| histograms(endpoint));
static CACHE_SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| histograms(closed_small));

fn opts(name: &str) -> Opts {
    Opts::new(name, "Help.")
}

fn histogram_opts() -> HistogramOpts {
    HistogramOpts::from(opts("run_seconds")).buckets(BOUNDS.to_vec())
}

/// Makes a label set of a request.
type Labels<const N: usize> = fn(&Request<'static>) -> Texts<'static, N>;

fn counters<const N: usize>(labels: Labels<N>) -> IntCounterVec {
    sure(IntCounterVec::new(opts("requests_total"), &names(labels)))
}

fn histograms<const N: usize>(labels: Labels<N>) -> HistogramVec {
    sure(HistogramVec::new(histogram_opts(), &names(labels)))
}

#[inline(always)]
fn count<const N: usize>(family: &IntCounterVec, requests: &[Request<'static>], labels: Labels<N>) {
    each(requests, |r| family.with_label_values(&values(labels(r))).inc());
}

#[inline(always)]
fn observe<const N: usize>(
    family: &HistogramVec,
    requests: &[Request<'static>],
    labels: Labels<N>,
) {
    each(requests, |r| family.with_label_values(&values(labels(r))).observe(r.seconds));
}

fn up_down(requests: &[Request<'static>]) {
    let gauge = &*GAUGE;
    each(requests, |_| {
        gauge.inc();
        gauge.dec();
    });
}

fn counted_timed() -> impl Sized {
    REQUESTS.inc();
    SECONDS.start_timer()
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
        self.family.with_label_values(&values(route(request))).inc();
    }

    fn write(&self, page: &mut Page) {
        write(&self.registry, page);
    }

    fn write_protobuf(&self, page: &mut Page) -> bool {
        let families = self.registry.gather();
        sure(prometheus::Encoder::encode(&ProtobufEncoder::new(), &families, page));
        true
    }
}

struct Histograms {
    registry: Registry,
    family: HistogramVec,
}

impl Exposed for Histograms {
    fn update(&self, request: &Request<'_>) {
        self.family.with_label_values(&values(route(request))).observe(request.seconds);
    }

    fn write(&self, page: &mut Page) {
        write(&self.registry, page);
    }

    fn write_protobuf(&self, page: &mut Page) -> bool {
        let families = self.registry.gather();
        sure(prometheus::Encoder::encode(&ProtobufEncoder::new(), &families, page));
        true
    }
}
