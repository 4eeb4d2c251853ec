//! caas-metrics: families declared once, label sets resolved where they are used.
//!
//! Invariant: the large families have a quarter more room than the rows that fill them need, and a
//! process fills one of them.

use caas_metrics::{Format, counted, metrics, registry, timed};
use caas_metrics_benches::{
    contender::{Contender, Exposed, Kind, Page, Update, each, each_async, sure},
    labels::{Cache, Method, Status, Zone},
    large::Shape,
    requests::{Answers, each_request},
    workload::Request,
};
use tower_layer::Layer;

pub const CONTENDER: Contender = Contender {
    name: "caas-metrics",
    package: "caas-metrics",
    updates: &[
        (Update::Counter, |requests| each(requests, |_| RequestsTotal.inc())),
        (Update::Child, |requests| {
            let Some(&Request { method, path, status, .. }) = requests.first() else { return };
            let child = RoutesTotal { method, path, status }.child();
            each(requests, |_| child.inc());
        }),
        (Update::Route, |requests| {
            each(requests, |&Request { method, path, status, .. }| {
                RoutesTotal { method, path, status }.inc();
            });
        }),
        (Update::TwoStrings, |requests| {
            each(requests, |&Request { method, path, server, .. }| {
                ServersTotal { method, path, server }.inc();
            });
        }),
        (Update::Strings, |requests| {
            each(requests, |&Request { server, path, zone, .. }| {
                TextsTotal { server, path, zone: zone.text() }.inc();
            });
        }),
        (Update::Integers, |requests| {
            each(requests, |&Request { shard, status, .. }| ShardsTotal { shard, status }.inc());
        }),
        (Update::ClosedSmall, |requests| {
            each(requests, |&Request { method, cache, .. }| CachesTotal { method, cache }.inc());
        }),
        (Update::ClosedLarge, |requests| {
            each(requests, |&Request { code, zone, cache, .. }| {
                ZonesTotal { code, zone, cache }.inc();
            });
        }),
        (Update::Set, |requests| each(requests, |r| QueueLength.set(i64::from(r.status)))),
        (Update::GaugeUpDown, |requests| {
            each(requests, |_| {
                QueueLength.inc();
                QueueLength.dec();
            });
        }),
        (Update::SetLabelled, |requests| {
            each(requests, |&Request { method, path, status, .. }| {
                EndpointQueueLength { method, path }.set(i64::from(status));
            });
        }),
        (Update::UpDown, |requests| {
            each(requests, |_| {
                RequestsInFlight.inc();
                RequestsInFlight.dec();
            });
        }),
        (Update::Observe, |requests| each(requests, |r| RunSeconds.observe(r.seconds))),
        (Update::ObserveNative, |requests| each(requests, |r| NativeSeconds.observe(r.seconds))),
        (Update::ObserveBoth, |requests| each(requests, |r| BothSeconds.observe(r.seconds))),
        (Update::ObserveLabelled, |requests| {
            each(requests, |&Request { method, path, seconds, .. }| {
                EndpointSeconds { method, path }.observe(seconds);
            });
        }),
        (Update::ObserveClosed, |requests| {
            each(requests, |&Request { method, cache, seconds, .. }| {
                CacheSeconds { method, cache }.observe(seconds);
            });
        }),
        (Update::Timed, |requests| each(requests, |r| work(r))),
        (Update::TimedStd, |requests| each(requests, |r| work(r))),
        (Update::TimedLabelled, |requests| each(requests, |r| labelled_work(r))),
        (Update::TimedAsync, |requests| each_async(requests, async_work)),
        (Update::Bare, |requests| each(requests, |r| bare_work(r))),
        (Update::BareAsync, |requests| each_async(requests, bare_async_work)),
        (Update::CountedTimed, |requests| each(requests, |r| counted_work(r))),
        (Update::CountedTimedAsync, |requests| each_async(requests, counted_async_work)),
        (Update::Layer, |requests| each_request(requests, HttpMetrics.layer(Answers))),
    ],
    includes: None,
    family: |shape, kind| match (shape, kind) {
        (Shape::Closed, Kind::Counter) => Some(Box::new(Closed)),
        (Shape::Sparse, Kind::Counter) => Some(Box::new(Sparse)),
        (Shape::Sparse, Kind::Histogram) => Some(Box::new(SparseHistograms)),
        (Shape::Mixed, Kind::Counter) => Some(Box::new(Mixed)),
        (Shape::Strings | Shape::Unique, Kind::Counter) => Some(Box::new(Strings)),
        (Shape::Unique, Kind::Histogram) => Some(Box::new(Histograms)),
        (Shape::Unique, Kind::Native) => Some(Box::new(Natives)),
        _ => None,
    },
};

caas_metrics::http_metrics! {
    struct HttpMetrics;
}

metrics! {
    /// Requests.
    counter RequestsTotal;

    /// Requests by an enum, a string and a number.
    #[limit = 4000]
    counter RoutesTotal { method: Method, path: &str, status: u16 }

    /// Requests by an enum and two strings.
    #[limit = 4000]
    counter ServersTotal { method: Method, path: &str, server: &str }

    /// Requests by three strings.
    #[limit = 10_000]
    counter TextsTotal { server: &str, path: &str, zone: &str }

    /// Requests by two numbers.
    counter ShardsTotal { shard: u32, status: u16 }

    /// Requests by two enums.
    counter CachesTotal { method: Method, cache: Cache }

    /// Requests by three enums.
    counter ZonesTotal { code: Status, zone: Zone, cache: Cache }

    /// Jobs that wait.
    gauge QueueLength;

    /// Jobs that wait, by an enum and a string.
    gauge EndpointQueueLength { method: Method, path: &str }

    /// Requests that run.
    #[updown]
    gauge RequestsInFlight;

    /// Time of a run in seconds.
    histogram RunSeconds;

    /// Time of a run in seconds, in native buckets.
    #[native]
    #[buckets(none)]
    histogram NativeSeconds;

    /// Time of a run in seconds, in native buckets and the classic ones.
    #[native]
    histogram BothSeconds;

    /// Time of a run in seconds, by an enum and a string.
    histogram EndpointSeconds { method: Method, path: &str }

    /// Time of a run in seconds, by two enums.
    histogram CacheSeconds { method: Method, cache: Cache }

    /// Time of a timed function in seconds.
    histogram WorkSeconds;

    /// Time of a timed function in seconds, by function.
    histogram LabelledWorkSeconds { function: &'static str }

    /// Many series that share texts; method and status are closed.
    #[limit = 1_250_000]
    counter ClosedRequestsTotal { method: Method, path: &str, status: Status }

    /// Many series that share texts; method is closed.
    #[limit = 1_250_000]
    counter MixedRequestsTotal { method: Method, path: &str, status: u16 }

    /// Many series; all labels are strings.
    #[limit = 1_250_000]
    counter StringsRequestsTotal { method: &str, path: &str, status: &str }

    /// As many series as a family has room for by default, one of 540 combinations a path.
    counter SparseRequestsTotal { path: &str, method: Method, status: Status }

    /// The same with histograms.
    histogram SparseRunSeconds { path: &str, method: Method, status: Status }

    /// Time of a run in seconds, many series with a text each.
    #[limit = 15_000]
    histogram ManyRunSeconds { method: &str, path: &str, status: &str }

    /// Time of a run in seconds, many series with a text each.
    #[limit = 15_000]
    #[native]
    #[buckets(none)]
    histogram NativeRunSeconds { method: &str, path: &str, status: &str }
}

#[timed(WorkSeconds)]
#[inline(never)]
fn work(request: &Request<'_>) {
    std::hint::black_box(request);
}

#[timed(WorkSeconds)]
async fn async_work(request: &Request<'_>) {
    std::hint::black_box(request);
}

#[timed(LabelledWorkSeconds { function: "work" })]
#[inline(never)]
fn labelled_work(request: &Request<'_>) {
    std::hint::black_box(request);
}

#[timed]
#[inline(never)]
fn bare_work(request: &Request<'_>) {
    std::hint::black_box(request);
}

#[timed]
async fn bare_async_work(request: &Request<'_>) {
    std::hint::black_box(request);
}

#[counted]
#[timed]
#[inline(never)]
fn counted_work(request: &Request<'_>) {
    std::hint::black_box(request);
}

#[counted]
#[timed]
async fn counted_async_work(request: &Request<'_>) {
    std::hint::black_box(request);
}

/// A large family, which is updated so.
macro_rules! large {
    ($name:ident, |$request:ident| $update:expr) => {
        struct $name;

        impl Exposed for $name {
            fn update(&self, $request: &Request<'_>) {
                $update;
            }

            fn write(&self, page: &mut Page) {
                sure(registry().encode(Format::Text, page));
            }

            fn write_protobuf(&self, page: &mut Page) -> bool {
                sure(registry().encode(Format::Protobuf, page));
                true
            }
        }
    };
}

large!(Closed, |r| ClosedRequestsTotal { method: r.method, path: r.path, status: r.code }.inc());
large!(Mixed, |r| MixedRequestsTotal { method: r.method, path: r.path, status: r.status }.inc());
large!(Strings, |r| {
    StringsRequestsTotal { method: r.method.text(), path: r.path, status: r.code.text() }.inc();
});
large!(Sparse, |r| SparseRequestsTotal { path: r.path, method: r.method, status: r.code }.inc());
large!(SparseHistograms, |r| {
    SparseRunSeconds { path: r.path, method: r.method, status: r.code }.observe(r.seconds);
});
large!(Natives, |r| {
    NativeRunSeconds { method: r.method.text(), path: r.path, status: r.code.text() }
        .observe(r.seconds);
});
large!(Histograms, |r| {
    ManyRunSeconds { method: r.method.text(), path: r.path, status: r.code.text() }
        .observe(r.seconds);
});
