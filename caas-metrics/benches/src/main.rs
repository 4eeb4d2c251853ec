//! Measures caas-metrics beside its peers and beside hand-written limits, and prints tables.
//!
//! All but our own contender is in the library, because `small_pages.rs` is another program that uses
//! it.

use std::process::ExitCode;

mod ours;

fn main() -> ExitCode {
    caas_metrics_benches::run(&ours::CONTENDER)
}
