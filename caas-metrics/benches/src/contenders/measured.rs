//! `measured`: label sets encoded to integers, strings interned, families dense or sharded.
//!
//! Enums are fixed labels; strings go to a `ParaCord`, the faster of the interners that it supports.
//! Invariant: a family of fixed labels only is dense, which is its fastest form.

use std::sync::LazyLock;

use measured::{
    Counter, CounterVec, FixedCardinalityLabel, Gauge, GaugeVec, Histogram, HistogramVec,
    LabelGroup,
    label::{LabelValue, LabelVisitor},
    metric::{MetricFamilyEncoding, histogram::Thresholds, name::MetricName},
    text::BufferedTextEncoder,
};
use paracord::ParaCord;

use crate::{
    contender::{
        Contender, Exposed, Kind, Page, Update, each, each_guarded, each_guarded_async, sure,
    },
    labels,
    workload::{BOUNDS, Request},
};

pub const CONTENDER: Contender = Contender {
    name: "measured",
    package: "measured",
    updates: &[
        (Update::Counter, |requests| {
            let counter = &*REQUESTS;
            each(requests, |_| counter.inc());
        }),
        (Update::Route, |requests| {
            let family = &*ROUTES;
            each(requests, |r| family.inc(r.into()));
        }),
        (Update::TwoStrings, |requests| {
            let family = &*SERVERS;
            each(requests, |r| {
                let (path, server) = (r.path, r.server);
                family.inc(TwoStrings { method: Method(r.method), path, server });
            });
        }),
        (Update::Strings, |requests| {
            let family = &*TEXTS;
            each(requests, |r| {
                family.inc(Strings { server: r.server, path: r.path, zone: r.zone.text() });
            });
        }),
        (Update::ClosedSmall, |requests| {
            let family = &*CACHES;
            each(requests, |r| family.inc(r.into()));
        }),
        (Update::ClosedLarge, |requests| {
            let family = &*ZONES;
            each(requests, |r| {
                let (code, zone, cache) = (Status(r.code), Zone(r.zone), Cache(r.cache));
                family.inc(ClosedLarge { code, zone, cache });
            });
        }),
        (Update::Set, |requests| {
            let gauge = &*GAUGE;
            each(requests, |r| gauge.set(i64::from(r.status)));
        }),
        (Update::GaugeUpDown, up_down),
        (Update::SetLabelled, |requests| {
            let family = &*GAUGES;
            each(requests, |r| family.set(r.into(), i64::from(r.status)));
        }),
        (Update::UpDown, up_down),
        (Update::Observe, |requests| {
            let histogram = &*SECONDS;
            each(requests, |r| histogram.observe(r.seconds));
        }),
        (Update::ObserveLabelled, |requests| {
            let family = &*ENDPOINTS;
            each(requests, |r| family.observe(r.into(), r.seconds));
        }),
        (Update::ObserveClosed, |requests| {
            let family = &*CACHE_SECONDS;
            each(requests, |r| family.observe(r.into(), r.seconds));
        }),
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
        Some(if kind == Kind::Counter {
            Box::new(Counters(CounterVec::sparse()))
        } else {
            Box::new(Histograms(HistogramVec::sparse_with_metadata(thresholds())))
        })
    },
};

static REQUESTS: LazyLock<Counter> = LazyLock::new(Counter::new);
static ROUTES: LazyLock<CounterVec<RouteSet>> = LazyLock::new(CounterVec::new);
static SERVERS: LazyLock<CounterVec<TwoStringsSet>> = LazyLock::new(CounterVec::new);
static TEXTS: LazyLock<CounterVec<StringsSet>> = LazyLock::new(CounterVec::new);
static CACHES: LazyLock<CounterVec<ClosedSmallSet>> = LazyLock::new(CounterVec::dense);
static ZONES: LazyLock<CounterVec<ClosedLargeSet>> = LazyLock::new(CounterVec::dense);
static GAUGE: LazyLock<Gauge> = LazyLock::new(Gauge::new);
static GAUGES: LazyLock<GaugeVec<EndpointSet>> = LazyLock::new(GaugeVec::new);
static SECONDS: LazyLock<Histogram<11>> = LazyLock::new(|| Histogram::with_metadata(thresholds()));
static ENDPOINTS: LazyLock<HistogramVec<EndpointSet, 11>> =
    LazyLock::new(|| HistogramVec::with_metadata(thresholds()));
static CACHE_SECONDS: LazyLock<HistogramVec<ClosedSmallSet, 11>> =
    LazyLock::new(|| HistogramVec::dense_with_metadata(thresholds()));

fn thresholds() -> Thresholds<11> {
    Thresholds::with_buckets(BOUNDS)
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

macro_rules! fixed {
    ($($label:ident)*) => {
        $(
            #[derive(Clone, Copy)]
            struct $label(labels::$label);

            impl LabelValue for $label {
                fn visit<V: LabelVisitor>(&self, visitor: V) -> V::Output {
                    visitor.write_str(self.0.text())
                }
            }

            impl FixedCardinalityLabel for $label {
                fn cardinality() -> usize {
                    labels::$label::ALL.len()
                }

                fn encode(&self) -> usize {
                    self.0 as usize
                }

                fn decode(value: usize) -> Self {
                    Self(labels::$label::ALL[value])
                }
            }
        )*
    };
}

fixed!(Method Status Zone Cache);

#[derive(LabelGroup, Clone, Copy)]
#[label(set = RouteSet)]
struct Route<'a> {
    method: Method,
    #[label(dynamic_with = ParaCord, default)]
    path: &'a str,
    status: Status,
}

#[derive(LabelGroup, Clone, Copy)]
#[label(set = TwoStringsSet)]
struct TwoStrings<'a> {
    method: Method,
    #[label(dynamic_with = ParaCord, default)]
    path: &'a str,
    #[label(dynamic_with = ParaCord, default)]
    server: &'a str,
}

#[derive(LabelGroup, Clone, Copy)]
#[label(set = StringsSet)]
struct Strings<'a> {
    #[label(dynamic_with = ParaCord, default)]
    server: &'a str,
    #[label(dynamic_with = ParaCord, default)]
    path: &'a str,
    #[label(dynamic_with = ParaCord, default)]
    zone: &'a str,
}

#[derive(LabelGroup, Clone, Copy)]
#[label(set = ClosedSmallSet)]
struct ClosedSmall {
    method: Method,
    cache: Cache,
}

#[derive(LabelGroup, Clone, Copy)]
#[label(set = ClosedLargeSet)]
struct ClosedLarge {
    code: Status,
    zone: Zone,
    cache: Cache,
}

#[derive(LabelGroup, Clone, Copy)]
#[label(set = EndpointSet)]
struct Endpoint<'a> {
    method: Method,
    #[label(dynamic_with = ParaCord, default)]
    path: &'a str,
}

impl<'a> From<&Request<'a>> for Route<'a> {
    fn from(r: &Request<'a>) -> Self {
        Self { method: Method(r.method), path: r.path, status: Status(r.code) }
    }
}

impl From<&Request<'_>> for ClosedSmall {
    fn from(r: &Request<'_>) -> Self {
        Self { method: Method(r.method), cache: Cache(r.cache) }
    }
}

impl<'a> From<&Request<'a>> for Endpoint<'a> {
    fn from(r: &Request<'a>) -> Self {
        Self { method: Method(r.method), path: r.path }
    }
}

/// Its encoder for HTTP: one buffer with the whole page.
fn write(
    family: &impl MetricFamilyEncoding<BufferedTextEncoder>,
    name: &'static str,
    page: &mut Page,
) {
    let mut encoder = BufferedTextEncoder::new();
    sure(family.collect_family_into(MetricName::from_str(name), &mut encoder));
    sure(std::io::Write::write_all(page, &encoder.finish()));
}

struct Counters(CounterVec<RouteSet>);

impl Exposed for Counters {
    fn update(&self, request: &Request<'_>) {
        self.0.inc(request.into());
    }

    fn write(&self, page: &mut Page) {
        write(&self.0, "requests_total", page);
    }
}

struct Histograms(HistogramVec<RouteSet, 11>);

impl Exposed for Histograms {
    fn update(&self, request: &Request<'_>) {
        self.0.observe(request.into(), request.seconds);
    }

    fn write(&self, page: &mut Page) {
        write(&self.0, "run_seconds", page);
    }
}
