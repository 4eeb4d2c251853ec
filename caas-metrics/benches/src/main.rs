//! Measures caas-metrics beside its peers and beside hand-written limits, and prints tables.
//!
//! All but our own contender is in the library: `small_pages.rs` is a program of its own with it.

use std::process::ExitCode;

mod ours;

fn main() -> ExitCode {
    caas_metrics_benches::run(&ours::CONTENDER)
}
