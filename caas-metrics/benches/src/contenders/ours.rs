//! caas-metrics: families declared once, label sets resolved where they are used.
//!
//! The large families have a limit that lets a million series live, so their slots are shared
//! atomics; the others are per thread. Invariant: a large family is cleared when it is dropped, so
//! that the process's page shows one at a time.

use caas_metrics::{Format, metrics, registry, timed};

use crate::{
    contender::{Contender, Exposed, Page, Update, sure},
    workload::{Method, Request, Shape, Status},
};

pub const CONTENDER: Contender = Contender {
    name: "caas-metrics",
    updates: &[
        (Update::Counter, |requests| {
            requests.iter().for_each(|_| RequestsTotal.inc());
        }),
        (Update::Resolved, |requests| {
            for &Request { method, path, status, .. } in requests {
                RequestsResolvedTotal { method, path, status }.inc();
            }
        }),
        (Update::Closed, |requests| {
            for &Request { method, status, .. } in requests {
                RequestsClosedTotal { method, status }.inc();
            }
        }),
        (Update::Child, |requests| {
            let Some(&Request { method, path, status, .. }) = requests.first() else { return };
            let child = RequestsResolvedTotal { method, path, status }.child();
            requests.iter().for_each(|_| child.inc());
        }),
        (Update::Set, |requests| {
            requests.iter().for_each(|request| QueueLength.set(request.status as i64));
        }),
        (Update::UpDown, |requests| {
            for _ in requests {
                RequestsInFlight.inc();
                RequestsInFlight.dec();
            }
        }),
        (Update::Observe, |requests| {
            requests.iter().for_each(|request| RunSeconds.observe(request.seconds));
        }),
        (Update::ObserveResolved, |requests| {
            for &Request { method, path, seconds, .. } in requests {
                RunResolvedSeconds { method, path }.observe(seconds);
            }
        }),
        (Update::ObserveClosed, |requests| {
            for &Request { method, status, seconds, .. } in requests {
                RunClosedSeconds { method, status }.observe(seconds);
            }
        }),
        (Update::Timed, |requests| {
            requests.iter().for_each(|request| work(request));
        }),
        (Update::TimedLabelled, |requests| {
            requests.iter().for_each(|request| labelled_work(request));
        }),
    ],
    counters: Some(|shape| match shape {
        Shape::Shared => Box::new(Shared),
        Shape::Strings => Box::new(Strings),
        Shape::Unique => Box::new(Unique),
    }),
    histograms: Some(|| Box::new(Histograms)),
};

metrics! {
    /// Requests.
    counter RequestsTotal;

    /// Requests by three labels.
    #[limit = 4000]
    counter RequestsResolvedTotal { method: Method, path: &str, status: Status }

    /// Requests by closed labels.
    counter RequestsClosedTotal { method: Method, status: Status }

    /// Jobs that wait.
    gauge QueueLength;

    /// Requests that run.
    #[updown]
    gauge RequestsInFlight;

    /// Time of a run in seconds.
    histogram RunSeconds;

    /// Time of a run in seconds, by two labels.
    histogram RunResolvedSeconds { method: Method, path: &str }

    /// Time of a run in seconds, by closed labels.
    histogram RunClosedSeconds { method: Method, status: Status }

    /// Time of a timed function in seconds.
    histogram WorkSeconds;

    /// Time of a timed function in seconds, by function.
    histogram LabelledWorkSeconds { function: &'static str }

    /// Requests, many series that share texts.
    #[limit = 1_200_000]
    counter SharedTotal { method: Method, path: &str, status: Status }

    /// Requests, many series that share texts; all labels are strings.
    #[limit = 1_200_000]
    counter StringsTotal { method: &str, path: &str, status: &str }

    /// Requests, many series with a text each; all labels are strings.
    #[limit = 1_200_000]
    counter UniqueTotal { method: &str, path: &str, status: &str }

    /// Time of a run in seconds, many series with a text each.
    #[limit = 12_000]
    histogram ManySeconds { method: &str, path: &str, status: &str }
}

#[timed(WorkSeconds)]
#[inline(never)]
fn work(request: &Request<'_>) {
    std::hint::black_box(request);
}

#[timed(LabelledWorkSeconds { function: "work" })]
#[inline(never)]
fn labelled_work(request: &Request<'_>) {
    std::hint::black_box(request);
}

/// A large family, which is updated so and cleared when it is dropped.
macro_rules! large {
    ($name:ident, $family:ident, $update:expr) => {
        struct $name;

        impl Drop for $name {
            fn drop(&mut self) {
                $family::clear();
            }
        }

        impl Exposed for $name {
            fn update(&self, request: &Request<'_>) {
                let update: fn(&Request<'_>) = $update;
                update(request);
            }

            fn write(&self, page: &mut Page) {
                sure(registry().encode(Format::Text, page));
            }
        }
    };
}

large!(Shared, SharedTotal, |&Request { method, path, status, .. }| {
    SharedTotal { method, path, status }.inc();
});

large!(Strings, StringsTotal, |request| {
    let (method, status) = (request.method.text(), request.status.text());
    StringsTotal { method, path: request.path, status }.inc();
});

large!(Unique, UniqueTotal, |request| {
    let (method, status) = (request.method.text(), request.status.text());
    UniqueTotal { method, path: request.path, status }.inc();
});

large!(Histograms, ManySeconds, |request| {
    let (method, status) = (request.method.text(), request.status.text());
    ManySeconds { method, path: request.path, status }.observe(request.seconds);
});
