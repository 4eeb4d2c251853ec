//! The limit: each path by hand, for these label sets and nothing else.
//!
//! It has no cardinality limit, no removal, no other types and no checks, so a general library can only
//! come close. [`cells`] is where the hot paths keep their numbers, [`lookup`] how they find them by
//! labels. Invariant: a scrape in another thread could read what it counts.

mod arena;
mod buckets;
mod cells;
mod clock;
mod hash;
mod large;
mod lookup;
mod native;
mod page;
mod threads;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use self::{
    buckets::{Histogram, observe},
    cells::{add, cells, families},
    clock::{CountedTimed, Timed, TimedStd},
    lookup::{Key, table},
};
use crate::{
    contender::{Contender, Kind, Update, each, each_guarded, each_guarded_async},
    requests::{Answers, each_request},
    workload::Request,
};

pub const CONTENDER: Contender = Contender {
    name: "limit",
    package: "",
    updates: &[
        (Update::Layer, |requests| each_request(requests, Answers)),
        (Update::Counter, |requests| each(requests, |_| add(&COUNTER.with(cells)[0], 1))),
        (Update::Child, |requests| each(requests, |_| add(&COUNTER.with(cells)[0], 1))),
        (Update::Route, |requests| {
            each(requests, |r| {
                let number = (r.method as u32) << 16 | u32::from(r.status);
                ROUTES.with(|table| add(table.value(Key { number, texts: [r.path] }), 1));
            });
        }),
        (Update::TwoStrings, |requests| {
            each(requests, |r| {
                let key = Key { number: r.method as u32, texts: [r.path, r.server] };
                SERVERS.with(|table| add(table.value(key), 1));
            });
        }),
        (Update::Strings, |requests| {
            each(requests, |r| {
                let key = Key { number: 0, texts: [r.server, r.path, r.zone.text()] };
                TEXTS.with(|table| add(table.value(key), 1));
            });
        }),
        (Update::Integers, |requests| {
            each(requests, |r| {
                let number = r.shard << 16 | u32::from(r.status);
                SHARDS.with(|table| add(table.value(Key { number, texts: [] }), 1));
            });
        }),
        (Update::ClosedSmall, |requests| {
            each(requests, |r| add(&CACHES.with(cells)[small(r)], 1));
        }),
        (Update::ClosedLarge, |requests| {
            each(requests, |r| {
                let place = (r.code as usize * 14 + r.zone as usize) * 5 + r.cache as usize;
                add(&ZONES.with(cells)[place], 1);
            });
        }),
        (Update::Set, |requests| {
            each(requests, |r| GAUGE.store(i64::from(r.status), Ordering::Relaxed));
        }),
        (Update::GaugeUpDown, |requests| {
            each(requests, |_| {
                GAUGE.fetch_add(1, Ordering::Relaxed);
                GAUGE.fetch_sub(1, Ordering::Relaxed);
            });
        }),
        (Update::SetLabelled, |requests| {
            each(requests, |r| {
                let key = Key { number: r.method as u32, texts: [r.path] };
                GAUGES.with(|table| table.value(key).store(u64::from(r.status), Ordering::Relaxed));
            });
        }),
        (Update::UpDown, |requests| {
            each(requests, |_| {
                let cell = &UP_DOWN.with(cells)[0];
                add(cell, 1);
                std::sync::atomic::compiler_fence(Ordering::SeqCst);
                add(cell, 1_u64.wrapping_neg());
            });
        }),
        (Update::Observe, |requests| {
            each(requests, |r| observe(SECONDS.with(cells), r.seconds));
        }),
        (Update::ObserveNative, |requests| {
            let parts = native::parts();
            each(requests, |r| native::observe(NATIVE.with(cells), parts, r.seconds));
        }),
        (Update::ObserveLabelled, |requests| {
            each(requests, |r| {
                let key = Key { number: r.method as u32, texts: [r.path] };
                ENDPOINTS.with(|table| observe(table.value(key), r.seconds));
            });
        }),
        (Update::ObserveClosed, |requests| {
            each(requests, |r| observe(&CACHE_SECONDS.with(cells)[small(r)], r.seconds));
        }),
        (Update::Timed, |requests| each_guarded(requests, Timed::start)),
        (Update::TimedStd, |requests| each_guarded(requests, TimedStd::start)),
        (Update::TimedLabelled, |requests| each_guarded(requests, Timed::start)),
        (Update::TimedAsync, |requests| each_guarded_async(requests, Timed::start)),
        (Update::Bare, |requests| each_guarded(requests, Timed::start)),
        (Update::BareAsync, |requests| each_guarded_async(requests, Timed::start)),
        (Update::CountedTimed, |requests| each_guarded(requests, CountedTimed::start)),
        (Update::CountedTimedAsync, |requests| each_guarded_async(requests, CountedTimed::start)),
    ],
    includes: None,
    family: |shape, kind| (kind != Kind::Native).then(|| large::family(shape, kind)),
};

/// A gauge that can be set belongs to no thread.
static GAUGE: AtomicI64 = AtomicI64::new(0);

families! {
    static COUNTER: [AtomicU64; 1];
    static UP_DOWN: [AtomicU64; 1];
    static CACHES: [AtomicU64; 45];
    static ZONES: [AtomicU64; 4200];
    static SECONDS: Histogram;
    static NATIVE: native::Native;
    static CACHE_SECONDS: [Histogram; 45];
}

table! {
    static ROUTES: 1, u64;
    static SERVERS: 2, u64;
    static TEXTS: 3, u64;
    static SHARDS: 0, u64;
    static GAUGES: 1, u64;
    static ENDPOINTS: 1, Histogram;
}

fn small(request: &Request<'_>) -> usize {
    request.method as usize * 5 + request.cache as usize
}
