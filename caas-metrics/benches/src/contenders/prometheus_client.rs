//! `prometheus-client`: typed label sets in a hash map with a lock.
//!
//! Label sets borrow their strings where those are static; the large families own them. Invariant:
//! look-ups are `get_or_create`, as in all its examples, and the guard is dropped at once.

use std::{fmt, io, sync::LazyLock, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, prometheus_protobuf, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, NativeHistogramConfig},
    },
    registry::Registry,
};

use crate::{
    contender::{
        Contender, Exposed, Kind, Page, Stopwatch, Update, each, each_guarded, each_guarded_async,
        sure,
    },
    labels::{Cache, Method, Status, Zone, label_sets},
    workload::{BOUNDS, Request},
};

label_sets!(#[derive(EncodeLabelSet, Clone, Hash, PartialEq, Eq, Debug)]);

pub const CONTENDER: Contender = Contender {
    name: "prometheus-client",
    package: "prometheus-client",
    updates: &[
        (Update::Counter, |requests| {
            let counter = &*REQUESTS;
            each(requests, |_| _ = counter.inc());
        }),
        (Update::Route, |requests| count(&ROUTES, requests)),
        (Update::TwoStrings, |requests| count(&SERVERS, requests)),
        (Update::Strings, |requests| count(&TEXTS, requests)),
        (Update::Integers, |requests| count(&SHARDS, requests)),
        (Update::ClosedSmall, |requests| count(&CACHES, requests)),
        (Update::ClosedLarge, |requests| count(&ZONES, requests)),
        (Update::Set, |requests| {
            let gauge = &*GAUGE;
            each(requests, |r| _ = gauge.set(i64::from(r.status)));
        }),
        (Update::GaugeUpDown, up_down),
        (Update::SetLabelled, |requests| {
            let family = &*GAUGES;
            each(requests, |r| _ = family.get_or_create(&r.into()).set(i64::from(r.status)));
        }),
        (Update::UpDown, up_down),
        (Update::Observe, |requests| {
            let histogram = &*SECONDS;
            each(requests, |r| histogram.observe(r.seconds));
        }),
        (Update::ObserveNative, |requests| {
            let histogram = &*NATIVE;
            each(requests, |r| histogram.observe(r.seconds));
        }),
        (Update::ObserveBoth, |requests| {
            let histogram = &*BOTH;
            each(requests, |r| histogram.observe(r.seconds));
        }),
        (Update::ObserveLabelled, |requests| observe(&ENDPOINTS, requests)),
        (Update::ObserveClosed, |requests| observe(&CACHE_SECONDS, requests)),
        (Update::Timed, |requests| each_guarded(requests, timed)),
        (Update::TimedAsync, |requests| each_guarded_async(requests, timed)),
        (Update::CountedTimed, |requests| each_guarded(requests, counted_timed)),
        (Update::CountedTimedAsync, |requests| each_guarded_async(requests, counted_timed)),
    ],
    includes: None,
    family: |_, kind| {
        let mut registry = Registry::default();
        Some(if kind == Kind::Counter {
            let family = Family::<Owned, Counter>::default();
            registry.register("requests", "Help", family.clone());
            Box::new(Counters { registry, family })
        } else {
            let family = Family::new_with_constructor(match kind {
                Kind::Native => native as fn() -> Histogram,
                _ => histogram,
            });
            registry.register("run_seconds", "Help", family.clone());
            Box::new(Histograms { registry, family })
        })
    },
};

static REQUESTS: LazyLock<Counter> = LazyLock::new(Counter::default);
static ROUTES: LazyLock<Family<Route, Counter>> = LazyLock::new(Family::default);
static SERVERS: LazyLock<Family<TwoStrings, Counter>> = LazyLock::new(Family::default);
static TEXTS: LazyLock<Family<Strings, Counter>> = LazyLock::new(Family::default);
static SHARDS: LazyLock<Family<Integers, Counter>> = LazyLock::new(Family::default);
static CACHES: LazyLock<Family<ClosedSmall, Counter>> = LazyLock::new(Family::default);
static ZONES: LazyLock<Family<ClosedLarge, Counter>> = LazyLock::new(Family::default);
static GAUGE: LazyLock<Gauge> = LazyLock::new(Gauge::default);
static GAUGES: LazyLock<Family<Endpoint, Gauge>> = LazyLock::new(Family::default);
static SECONDS: LazyLock<Histogram> = LazyLock::new(histogram);
static NATIVE: LazyLock<Histogram> = LazyLock::new(native);
static BOTH: LazyLock<Histogram> = LazyLock::new(|| {
    Histogram::new_classic_and_native(BOUNDS, NativeHistogramConfig::with_schema(3))
});
static ENDPOINTS: LazyLock<Constructed<Endpoint>> = LazyLock::new(histograms);
static CACHE_SECONDS: LazyLock<Constructed<ClosedSmall>> = LazyLock::new(histograms);

type Constructed<L> = Family<L, Histogram, fn() -> Histogram>;

fn histogram() -> Histogram {
    Histogram::new(BOUNDS)
}

fn native() -> Histogram {
    Histogram::new_native(NativeHistogramConfig::with_schema(3))
}

fn histograms<L: Clone + std::hash::Hash + Eq>() -> Constructed<L> {
    Family::new_with_constructor(histogram)
}

/// A label set that is made of a request.
trait Labels: for<'a> From<&'a Request<'static>> + Clone + std::hash::Hash + Eq {}

impl<L: for<'a> From<&'a Request<'static>> + Clone + std::hash::Hash + Eq> Labels for L {}

#[inline(always)]
fn count<L: Labels>(family: &Family<L, Counter>, requests: &[Request<'static>]) {
    each(requests, |r| _ = family.get_or_create(&r.into()).inc());
}

#[inline(always)]
fn observe<L: Labels>(family: &Constructed<L>, requests: &[Request<'static>]) {
    each(requests, |r| family.get_or_create(&r.into()).observe(r.seconds));
}

fn up_down(requests: &[Request<'static>]) {
    let gauge = &*GAUGE;
    each(requests, |_| {
        gauge.inc();
        gauge.dec();
    });
}

/// The library has no timer.
fn timed() -> Stopwatch<impl Fn(Duration)> {
    Stopwatch::start(|time| SECONDS.observe(time.as_secs_f64()))
}

fn counted_timed() -> impl Sized {
    REQUESTS.inc();
    timed()
}

macro_rules! value {
    ($($label:ident)*) => {
        $(
            impl EncodeLabelValue for $label {
                fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
                    EncodeLabelValue::encode(&self.text(), encoder)
                }
            }
        )*
    };
}

value!(Method Status Zone Cache);

#[derive(EncodeLabelSet, Clone, Hash, PartialEq, Eq, Debug)]
struct Owned {
    method: Method,
    path: String,
    status: Status,
}

impl From<&Request<'_>> for Owned {
    fn from(request: &Request<'_>) -> Self {
        Self { method: request.method, path: request.path.to_owned(), status: request.code }
    }
}

struct Counters {
    registry: Registry,
    family: Family<Owned, Counter>,
}

impl Exposed for Counters {
    fn update(&self, request: &Request<'_>) {
        self.family.get_or_create(&request.into()).inc();
    }

    fn write(&self, page: &mut Page) {
        sure(text::encode(page, &self.registry));
    }

    fn write_protobuf(&self, page: &mut Page) -> bool {
        let bytes = sure(prometheus_protobuf::encode_to_vec(&self.registry));
        sure(io::Write::write_all(page, &bytes));
        true
    }
}

struct Histograms {
    registry: Registry,
    family: Constructed<Owned>,
}

impl Exposed for Histograms {
    fn update(&self, request: &Request<'_>) {
        self.family.get_or_create(&request.into()).observe(request.seconds);
    }

    fn write(&self, page: &mut Page) {
        sure(text::encode(page, &self.registry));
    }

    fn write_protobuf(&self, page: &mut Page) -> bool {
        let bytes = sure(prometheus_protobuf::encode_to_vec(&self.registry));
        sure(io::Write::write_all(page, &bytes));
        true
    }
}
