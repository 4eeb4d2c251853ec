//! `foundations-metrics`, the part of foundations that holds its metrics.
//!
//! The whole of foundations needs a C toolchain by default and is left out. Closed labels use its
//! `LowCardinalityFamily`, others its `Family`. Invariant: a look-up's guard is dropped at once.

use std::{num::NonZeroUsize, sync::LazyLock};

use foundations_metrics::{
    Counter, EncodeMetric, Family, Gauge, Histogram, LowCardinalityFamily, LowCardinalityLabel,
    NamedMetric, ThreadLocalCounter, TimeHistogram, encode_to_text,
};
use serde::{Serialize, Serializer};

use crate::{
    contender::{Contender, Exposed, Page, Update, sure},
    workload::{BOUNDS, Method, Request, Status},
};

pub const CONTENDER: Contender = Contender {
    name: "foundations",
    updates: &[
        (Update::Counter, |requests| {
            let counter = &*REQUESTS;
            requests.iter().for_each(|_| counter.inc());
        }),
        (Update::Resolved, |requests| {
            let family = &*RESOLVED;
            for &Request { method, path, status, .. } in requests {
                family.get_or_create(&Labels { method, path, status }).inc();
            }
        }),
        (Update::Closed, |requests| {
            let family = &*CLOSED;
            for &Request { method, status, .. } in requests {
                family.get_or_create(&Closed { method, status }).inc();
            }
        }),
        (Update::Set, |requests| {
            let gauge = &*GAUGE;
            requests.iter().for_each(|request| {
                gauge.set(request.status as u64);
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
                family.get_or_create(&Route { method, path }).observe(seconds);
            }
        }),
        (Update::ObserveClosed, |requests| {
            let family = &*SECONDS_CLOSED;
            for &Request { method, status, seconds, .. } in requests {
                family.get_or_create(&Closed { method, status }).observe(seconds);
            }
        }),
        (Update::Timed, |requests| requests.iter().for_each(|request| work(request))),
    ],
    counters: Some(|_| {
        let family = Family::<Owned, Counter>::default();
        Box::new(Counters { named: NamedMetric::new("requests", "Help.", family.clone()), family })
    }),
    histograms: Some(|| {
        let family = Family::new_with_constructor(histogram as fn() -> Histogram);
        let named = NamedMetric::new("run_seconds", "Help.", family.clone());
        Box::new(Histograms { named, family })
    }),
};

static REQUESTS: LazyLock<ThreadLocalCounter> = LazyLock::new(ThreadLocalCounter::default);
static RESOLVED: LazyLock<Family<Labels, Counter>> = LazyLock::new(Family::default);
static CLOSED: LazyLock<LowCardinalityFamily<Closed, Counter>> =
    LazyLock::new(LowCardinalityFamily::default);
static GAUGE: LazyLock<Gauge> = LazyLock::new(Gauge::default);
static SECONDS: LazyLock<Histogram> = LazyLock::new(histogram);
static SECONDS_RESOLVED: LazyLock<Family<Route, Histogram>> =
    LazyLock::new(|| Family::new_with_constructor(histogram));
static SECONDS_CLOSED: LazyLock<LowCardinalityFamily<Closed, Histogram>> =
    LazyLock::new(|| LowCardinalityFamily::new_with_constructor(histogram));
static WORK: LazyLock<TimeHistogram> = LazyLock::new(|| TimeHistogram::new(BOUNDS));

fn histogram() -> Histogram {
    Histogram::new(BOUNDS)
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

#[derive(Serialize, Clone, Hash, PartialEq, Eq)]
struct Labels {
    method: Method,
    path: &'static str,
    status: Status,
}

#[derive(Serialize, Clone, Hash, PartialEq, Eq)]
struct Route {
    method: Method,
    path: &'static str,
}

#[derive(Serialize, Clone, Hash, PartialEq, Eq)]
struct Closed {
    method: Method,
    status: Status,
}

impl LowCardinalityLabel for Closed {
    const CARDINALITY: NonZeroUsize = NonZeroUsize::new(50).unwrap();

    fn index(&self) -> usize {
        self.method as usize * 10 + self.status as usize
    }
}

#[derive(Serialize, Clone, Hash, PartialEq, Eq)]
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

#[inline(never)]
fn work(request: &Request<'_>) {
    let _timer = WORK.start_timer();
    std::hint::black_box(request);
}

fn write(metric: &impl EncodeMetric, page: &mut Page) {
    let text = encode_to_text(&metric.encode());
    sure(std::io::Write::write_all(page, text.as_ref()));
}

struct Counters {
    named: NamedMetric<Family<Owned, Counter>>,
    family: Family<Owned, Counter>,
}

impl Exposed for Counters {
    fn update(&self, request: &Request<'_>) {
        self.family.get_or_create(&request.into()).inc();
    }

    fn write(&self, page: &mut Page) {
        write(&self.named, page);
    }
}

type Constructed = Family<Owned, Histogram, fn() -> Histogram>;

struct Histograms {
    named: NamedMetric<Constructed>,
    family: Constructed,
}

impl Exposed for Histograms {
    fn update(&self, request: &Request<'_>) {
        self.family.get_or_create(&request.into()).observe(request.seconds);
    }

    fn write(&self, page: &mut Page) {
        write(&self.named, page);
    }
}
