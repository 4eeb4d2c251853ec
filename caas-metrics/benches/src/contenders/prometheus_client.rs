//! `prometheus-client`: typed label sets in a hash map behind a lock.
//!
//! Label sets with a borrowed path where the path is static, owned ones in the large families.
//! Invariant: look-ups return a clone of the child, as its documentation advises against deadlocks.

use std::{fmt, sync::LazyLock, time::Instant};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::{
    contender::{Contender, Exposed, Page, Update, sure},
    workload::{BOUNDS, Method, Request, Status},
};

pub const CONTENDER: Contender = Contender {
    name: "prometheus-client",
    updates: &[
        (Update::Counter, |requests| {
            let counter = &*REQUESTS;
            requests.iter().for_each(|_| {
                counter.inc();
            });
        }),
        (Update::Resolved, |requests| {
            let family = &*RESOLVED;
            for &Request { method, path, status, .. } in requests {
                family.get_or_create_owned(&Labels { method, path, status }).inc();
            }
        }),
        (Update::Closed, |requests| {
            let family = &*CLOSED;
            for &Request { method, status, .. } in requests {
                family.get_or_create_owned(&Closed { method, status }).inc();
            }
        }),
        (Update::Set, |requests| {
            let gauge = &*GAUGE;
            requests.iter().for_each(|request| {
                gauge.set(request.status as i64);
            });
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
            for &Request { method, path, seconds, .. } in requests {
                family.get_or_create_owned(&Route { method, path }).observe(seconds);
            }
        }),
        (Update::ObserveClosed, |requests| {
            let family = &*SECONDS_CLOSED;
            for &Request { method, status, seconds, .. } in requests {
                family.get_or_create_owned(&Closed { method, status }).observe(seconds);
            }
        }),
        (Update::Timed, |requests| requests.iter().for_each(|request| work(request))),
    ],
    counters: Some(|_| {
        let family = Family::<Owned, Counter>::default();
        let mut registry = Registry::default();
        registry.register("requests", "Help", family.clone());
        Box::new(Counters { registry, family })
    }),
    histograms: Some(|| {
        let family = Family::new_with_constructor(histogram as fn() -> Histogram);
        let mut registry = Registry::default();
        registry.register("run_seconds", "Help", family.clone());
        Box::new(Histograms { registry, family })
    }),
};

static REQUESTS: LazyLock<Counter> = LazyLock::new(Counter::default);
static RESOLVED: LazyLock<Family<Labels, Counter>> = LazyLock::new(Family::default);
static CLOSED: LazyLock<Family<Closed, Counter>> = LazyLock::new(Family::default);
static GAUGE: LazyLock<Gauge> = LazyLock::new(Gauge::default);
static SECONDS: LazyLock<Histogram> = LazyLock::new(histogram);
static SECONDS_RESOLVED: LazyLock<Family<Route, Histogram>> =
    LazyLock::new(|| Family::new_with_constructor(histogram));
static SECONDS_CLOSED: LazyLock<Family<Closed, Histogram>> =
    LazyLock::new(|| Family::new_with_constructor(histogram));

fn histogram() -> Histogram {
    Histogram::new(BOUNDS)
}

impl EncodeLabelValue for Method {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        EncodeLabelValue::encode(&self.text(), encoder)
    }
}

impl EncodeLabelValue for Status {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        EncodeLabelValue::encode(&self.text(), encoder)
    }
}

#[derive(EncodeLabelSet, Clone, Hash, PartialEq, Eq, Debug)]
struct Labels {
    method: Method,
    path: &'static str,
    status: Status,
}

#[derive(EncodeLabelSet, Clone, Hash, PartialEq, Eq, Debug)]
struct Route {
    method: Method,
    path: &'static str,
}

#[derive(EncodeLabelSet, Clone, Hash, PartialEq, Eq, Debug)]
struct Closed {
    method: Method,
    status: Status,
}

#[derive(EncodeLabelSet, Clone, Hash, PartialEq, Eq, Debug)]
struct Owned {
    method: Method,
    path: String,
    status: Status,
}

impl From<&Request<'_>> for Owned {
    fn from(request: &Request<'_>) -> Self {
        Self { method: request.method, path: request.path.to_owned(), status: request.status }
    }
}

/// It has no timer.
#[inline(never)]
fn work(request: &Request<'_>) {
    let start = Instant::now();
    std::hint::black_box(request);
    SECONDS.observe(start.elapsed().as_secs_f64());
}

struct Counters {
    registry: Registry,
    family: Family<Owned, Counter>,
}

impl Exposed for Counters {
    fn update(&self, request: &Request<'_>) {
        self.family.get_or_create_owned(&request.into()).inc();
    }

    fn write(&self, page: &mut Page) {
        sure(text::encode(page, &self.registry));
    }
}

struct Histograms {
    registry: Registry,
    family: Family<Owned, Histogram, fn() -> Histogram>,
}

impl Exposed for Histograms {
    fn update(&self, request: &Request<'_>) {
        self.family.get_or_create_owned(&request.into()).observe(request.seconds);
    }

    fn write(&self, page: &mut Page) {
        sure(text::encode(page, &self.registry));
    }
}
