//! What is given twice, with a word at the first place too.
use caas_metrics::{counted, metrics};

metrics! {
    /// Calls.
    pub counter CallsTotal;
    /// More calls.
    pub counter MoreCallsTotal;
}

#[counted(CallsTotal, on(ok), on(err))]
fn an_argument() {}

#[counted(CallsTotal, MoreCallsTotal)]
fn a_family() {}

#[counted(CallsTotal, on(panic, panic))]
fn an_ending() {}

fn main() {}
