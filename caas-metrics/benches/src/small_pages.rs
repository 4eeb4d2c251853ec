//! caas-metrics with one family: what `caas-metrics-benches` starts for the rows of small pages.
//!
//! Every family that a program declares is on its page, and the main program declares twenty.
//! Invariant: this program answers `measure` as the main program does.

use std::process::ExitCode;

use caas_metrics::{Format, metrics, registry};
use caas_metrics_benches::{
    contender::{Contender, Exposed, Kind, Page, sure},
    large::Shape,
    workload::Request,
};

const CONTENDER: Contender = Contender {
    name: "caas-metrics",
    package: "caas-metrics",
    updates: &[],
    includes: None,
    family: |shape, kind| match (shape, kind) {
        (Shape::Unique, Kind::Counter) => Some(Box::new(Requests)),
        _ => None,
    },
};

metrics! {
    /// Requests.
    counter RequestsTotal { method: &str, path: &str, status: &str }
}

struct Requests;

impl Exposed for Requests {
    fn update(&self, request: &Request<'_>) {
        let (method, status) = (request.method.text(), request.code.text());
        RequestsTotal { method, path: request.path, status }.inc();
    }

    fn write(&self, page: &mut Page) {
        sure(registry().encode(Format::Text, page));
    }
}

fn main() -> ExitCode {
    caas_metrics_benches::run(&CONTENDER)
}
