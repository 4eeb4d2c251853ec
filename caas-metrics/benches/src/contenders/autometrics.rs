//! `autometrics` over the `prometheus` crate: an attribute that counts and times a function.
//!
//! It has no other updates and no families of one's own. Invariant: its attribute also counts the
//! call, which cannot be switched off; the table's text says so.

use autometrics::autometrics;

use crate::{
    contender::{Contender, Update},
    workload::Request,
};

pub const CONTENDER: Contender = Contender {
    name: "autometrics",
    updates: &[(Update::Timed, |requests| requests.iter().for_each(|request| work(request)))],
    counters: None,
    histograms: None,
};

#[autometrics]
#[inline(never)]
fn work(request: &Request<'_>) {
    std::hint::black_box(request);
}
