//! `autometrics` over the `prometheus` crate: an attribute that counts and times a function.
//!
//! It has no other updates, and users cannot declare families. Invariant: rows that only time a
//! function note that its attribute also counts.

use autometrics::autometrics;

use crate::{
    contender::{Contender, Update, each, each_async},
    workload::Request,
};

pub const CONTENDER: Contender = Contender {
    name: "autometrics",
    package: "autometrics",
    updates: &[
        (Update::Timed, |requests| each(requests, |r| work(r))),
        (Update::TimedAsync, |requests| each_async(requests, async_work)),
        (Update::Bare, |requests| each(requests, |r| work(r))),
        (Update::BareAsync, |requests| each_async(requests, async_work)),
        (Update::CountedTimed, |requests| each(requests, |r| work(r))),
        (Update::CountedTimedAsync, |requests| each_async(requests, async_work)),
    ],
    includes: Some((
        &[Update::Timed, Update::TimedAsync, Update::Bare, Update::BareAsync],
        "its attribute also counts the call, and labels both with the caller",
    )),
    family: |_, _| None,
};

#[autometrics]
#[inline(never)]
fn work(request: &Request<'_>) {
    std::hint::black_box(request);
}

#[autometrics]
async fn async_work(request: &Request<'_>) {
    std::hint::black_box(request);
}
