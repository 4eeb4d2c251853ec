//! `foundations-metrics`, the crate with the metrics of foundations.
//!
//! The whole of foundations needs a C toolchain by default and is left out. Closed labels use its
//! `LowCardinalityFamily`, others its `Family`. Invariant: a look-up's guard is dropped at once.

use std::{hash::Hash, num::NonZeroUsize, sync::LazyLock};

use foundations_metrics::{
    Counter, EncodeMetric, Family, Gauge, Histogram, LowCardinalityFamily, LowCardinalityLabel,
    NamedMetric, NativeHistogram, ThreadLocalCounter, TimeHistogram, encode_to_protobuf,
    encode_to_text,
};
use serde::{Serialize, Serializer};

use crate::{
    contender::{
        Contender, Exposed, Kind, Page, Update, each, each_guarded, each_guarded_async, sure,
    },
    labels::{Cache, Method, Status, Zone, label_sets},
    workload::{BOUNDS, Request},
};

label_sets!(#[derive(Serialize, Clone, Hash, PartialEq, Eq)]);

pub const CONTENDER: Contender = Contender {
    name: "foundations",
    package: "foundations-metrics",
    updates: &[
        (Update::Counter, |requests| {
            let counter = &*REQUESTS;
            each(requests, |_| counter.inc());
        }),
        (Update::Route, |requests| count(&ROUTES, requests)),
        (Update::TwoStrings, |requests| count(&SERVERS, requests)),
        (Update::Strings, |requests| count(&TEXTS, requests)),
        (Update::Integers, |requests| count(&SHARDS, requests)),
        (Update::ClosedSmall, |requests| {
            let family = &*CACHES;
            each(requests, |r| _ = family.get_or_create(&r.into()).inc());
        }),
        (Update::ClosedLarge, |requests| {
            let family = &*ZONES;
            each(requests, |r| _ = family.get_or_create(&r.into()).inc());
        }),
        (Update::Set, |requests| {
            let gauge = &*GAUGE;
            each(requests, |r| _ = gauge.set(u64::from(r.status)));
        }),
        (Update::GaugeUpDown, up_down),
        (Update::SetLabelled, |requests| {
            let family = &*GAUGES;
            each(requests, |r| _ = family.get_or_create(&r.into()).set(u64::from(r.status)));
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
        (Update::ObserveLabelled, |requests| {
            let family = &*ENDPOINTS;
            each(requests, |r| family.get_or_create(&r.into()).observe(r.seconds));
        }),
        (Update::ObserveClosed, |requests| {
            let family = &*CACHE_SECONDS;
            each(requests, |r| family.get_or_create(&r.into()).observe(r.seconds));
        }),
        (Update::Timed, |requests| each_guarded(requests, || WORK.start_timer())),
        (Update::TimedAsync, |requests| each_guarded_async(requests, || WORK.start_timer())),
        (Update::CountedTimed, |requests| each_guarded(requests, counted_timed)),
        (Update::CountedTimedAsync, |requests| each_guarded_async(requests, counted_timed)),
    ],
    includes: None,
    family: |_, kind| {
        Some(if kind == Kind::Native {
            let family = Family::new_with_constructor(native as fn() -> NativeHistogram);
            let named = NamedMetric::new("run_seconds", "Help.", family.clone());
            Box::new(Natives { named, family })
        } else if kind == Kind::Counter {
            let family = Family::<Owned, Counter>::default();
            let named = NamedMetric::new("requests", "Help.", family.clone());
            Box::new(Counters { named, family })
        } else {
            let family = Family::new_with_constructor(histogram as fn() -> Histogram);
            let named = NamedMetric::new("run_seconds", "Help.", family.clone());
            Box::new(Histograms { named, family })
        })
    },
};

static REQUESTS: LazyLock<ThreadLocalCounter> = LazyLock::new(ThreadLocalCounter::default);
static ROUTES: LazyLock<Family<Route, Counter>> = LazyLock::new(Family::default);
static SERVERS: LazyLock<Family<TwoStrings, Counter>> = LazyLock::new(Family::default);
static TEXTS: LazyLock<Family<Strings, Counter>> = LazyLock::new(Family::default);
static SHARDS: LazyLock<Family<Integers, Counter>> = LazyLock::new(Family::default);
static CACHES: LazyLock<LowCardinalityFamily<ClosedSmall, Counter>> =
    LazyLock::new(LowCardinalityFamily::default);
static ZONES: LazyLock<LowCardinalityFamily<ClosedLarge, Counter>> =
    LazyLock::new(LowCardinalityFamily::default);
static GAUGE: LazyLock<Gauge> = LazyLock::new(Gauge::default);
static GAUGES: LazyLock<Family<Endpoint, Gauge>> = LazyLock::new(Family::default);
static SECONDS: LazyLock<Histogram> = LazyLock::new(histogram);
static NATIVE: LazyLock<NativeHistogram> = LazyLock::new(native);
static BOTH: LazyLock<NativeHistogram> =
    LazyLock::new(|| NativeHistogram::new_classic_and_native(BOUNDS, FACTOR));
static ENDPOINTS: LazyLock<Family<Endpoint, Histogram>> =
    LazyLock::new(|| Family::new_with_constructor(histogram));
static CACHE_SECONDS: LazyLock<LowCardinalityFamily<ClosedSmall, Histogram>> =
    LazyLock::new(|| LowCardinalityFamily::new_with_constructor(histogram));
static WORK: LazyLock<TimeHistogram> = LazyLock::new(|| TimeHistogram::new(BOUNDS));

/// The factor between bounds; the next finer schema is 3.
const FACTOR: f64 = 1.1;

fn histogram() -> Histogram {
    Histogram::new(BOUNDS)
}

#[inline(always)]
fn count<L>(family: &Family<L, Counter>, requests: &[Request<'static>])
where
    L: for<'a> From<&'a Request<'static>> + Clone + Hash + Eq,
{
    each(requests, |r| _ = family.get_or_create(&r.into()).inc());
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
    WORK.start_timer()
}

macro_rules! value {
    ($($label:ident)*) => {
        $(
            impl Serialize for $label {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.text())
                }
            }
        )*
    };
}

value!(Method Status Zone Cache);

impl LowCardinalityLabel for ClosedSmall {
    const CARDINALITY: NonZeroUsize = NonZeroUsize::new(45).unwrap();

    fn index(&self) -> usize {
        self.method as usize * 5 + self.cache as usize
    }
}

impl LowCardinalityLabel for ClosedLarge {
    const CARDINALITY: NonZeroUsize = NonZeroUsize::new(4_200).unwrap();

    fn index(&self) -> usize {
        (self.code as usize * 14 + self.zone as usize) * 5 + self.cache as usize
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
        Self { method: request.method, path: request.path.to_owned(), status: request.code }
    }
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

    fn write_protobuf(&self, page: &mut Page) -> bool {
        let bytes = encode_to_protobuf(&self.named.encode());
        sure(std::io::Write::write_all(page, &bytes));
        true
    }
}

fn native() -> NativeHistogram {
    NativeHistogram::new(FACTOR)
}

type Native = Family<Owned, NativeHistogram, fn() -> NativeHistogram>;

struct Natives {
    named: NamedMetric<Native>,
    family: Native,
}

impl Exposed for Natives {
    fn update(&self, request: &Request<'_>) {
        self.family.get_or_create(&request.into()).observe(request.seconds);
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

    fn write_protobuf(&self, page: &mut Page) -> bool {
        let bytes = encode_to_protobuf(&self.named.encode());
        sure(std::io::Write::write_all(page, &bytes));
        true
    }
}
