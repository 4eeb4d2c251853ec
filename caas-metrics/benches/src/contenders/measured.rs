//! `measured`: label sets encoded to integers, strings interned, families dense or sharded.
//!
//! Fixed labels for method and status, a `ThreadedRodeo` for the path. Invariant: a family of fixed
//! labels only is dense, which is its fastest form.

use std::sync::LazyLock;

use measured::{
    Counter, CounterVec, FixedCardinalityLabel, Gauge, Histogram, HistogramVec, LabelGroup,
    label::{LabelValue, LabelVisitor},
    lasso::ThreadedRodeo,
    metric::{MetricFamilyEncoding, histogram::Thresholds, name::MetricName},
    text::BufferedTextEncoder,
};

use crate::{
    contender::{Contender, Exposed, Page, Update, sure},
    workload::{self, BOUNDS, Request},
};

pub const CONTENDER: Contender = Contender {
    name: "measured",
    updates: &[
        (Update::Counter, |requests| {
            let counter = &*REQUESTS;
            requests.iter().for_each(|_| counter.inc());
        }),
        (Update::Resolved, |requests| {
            let family = &*RESOLVED;
            requests.iter().for_each(|request| family.inc(request.into()));
        }),
        (Update::Closed, |requests| {
            let family = &*CLOSED;
            for request in requests {
                family.inc(Closed { method: request.method.into(), status: request.status.into() });
            }
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
            for request in requests {
                let labels = Route { method: request.method.into(), path: request.path };
                family.observe(labels, request.seconds);
            }
        }),
        (Update::ObserveClosed, |requests| {
            let family = &*SECONDS_CLOSED;
            for request in requests {
                let (method, status) = (request.method.into(), request.status.into());
                family.observe(Closed { method, status }, request.seconds);
            }
        }),
        (Update::Timed, |requests| requests.iter().for_each(|request| work(request))),
    ],
    counters: Some(|_| Box::new(Counters(CounterVec::sparse()))),
    histograms: Some(|| Box::new(Histograms(HistogramVec::sparse_with_metadata(thresholds())))),
};

static REQUESTS: LazyLock<Counter> = LazyLock::new(Counter::new);
static RESOLVED: LazyLock<CounterVec<LabelsSet>> = LazyLock::new(CounterVec::new);
static CLOSED: LazyLock<CounterVec<ClosedSet>> = LazyLock::new(CounterVec::dense);
static GAUGE: LazyLock<Gauge> = LazyLock::new(Gauge::new);
static SECONDS: LazyLock<Histogram<11>> = LazyLock::new(|| Histogram::with_metadata(thresholds()));
static SECONDS_RESOLVED: LazyLock<HistogramVec<RouteSet, 11>> =
    LazyLock::new(|| HistogramVec::with_metadata(thresholds()));
static SECONDS_CLOSED: LazyLock<HistogramVec<ClosedSet, 11>> =
    LazyLock::new(|| HistogramVec::dense_with_metadata(thresholds()));

fn thresholds() -> Thresholds<11> {
    Thresholds::with_buckets(BOUNDS)
}

#[derive(Clone, Copy)]
struct Method(workload::Method);

#[derive(Clone, Copy)]
struct Status(workload::Status);

macro_rules! fixed {
    ($label:ident) => {
        impl From<workload::$label> for $label {
            fn from(value: workload::$label) -> Self {
                Self(value)
            }
        }

        impl LabelValue for $label {
            fn visit<V: LabelVisitor>(&self, visitor: V) -> V::Output {
                visitor.write_str(self.0.text())
            }
        }

        impl FixedCardinalityLabel for $label {
            fn cardinality() -> usize {
                workload::$label::ALL.len()
            }

            fn encode(&self) -> usize {
                self.0 as usize
            }

            fn decode(value: usize) -> Self {
                Self(workload::$label::ALL[value])
            }
        }
    };
}

fixed!(Method);
fixed!(Status);

#[derive(LabelGroup, Clone, Copy)]
#[label(set = LabelsSet)]
struct Labels<'a> {
    method: Method,
    #[label(dynamic_with = ThreadedRodeo, default)]
    path: &'a str,
    status: Status,
}

impl<'a> From<&Request<'a>> for Labels<'a> {
    fn from(request: &Request<'a>) -> Self {
        Self { method: request.method.into(), path: request.path, status: request.status.into() }
    }
}

#[derive(LabelGroup, Clone, Copy)]
#[label(set = RouteSet)]
struct Route<'a> {
    method: Method,
    #[label(dynamic_with = ThreadedRodeo, default)]
    path: &'a str,
}

#[derive(LabelGroup, Clone, Copy)]
#[label(set = ClosedSet)]
struct Closed {
    method: Method,
    status: Status,
}

#[inline(never)]
fn work(request: &Request<'_>) {
    let _timer = SECONDS.start_timer();
    std::hint::black_box(request);
}

/// Its encoder for HTTP: one buffer of the whole page.
fn write(
    family: &impl MetricFamilyEncoding<BufferedTextEncoder>,
    name: &'static str,
    page: &mut Page,
) {
    let mut encoder = BufferedTextEncoder::new();
    sure(family.collect_family_into(MetricName::from_str(name), &mut encoder));
    sure(std::io::Write::write_all(page, &encoder.finish()));
}

struct Counters(CounterVec<LabelsSet>);

impl Exposed for Counters {
    fn update(&self, request: &Request<'_>) {
        self.0.inc(request.into());
    }

    fn write(&self, page: &mut Page) {
        write(&self.0, "requests_total", page);
    }
}

struct Histograms(HistogramVec<LabelsSet, 11>);

impl Exposed for Histograms {
    fn update(&self, request: &Request<'_>) {
        self.0.observe(request.into(), request.seconds);
    }

    fn write(&self, page: &mut Page) {
        write(&self.0, "run_seconds", page);
    }
}
