//! Families of another type than the attribute needs.
use caas_metrics::{counted, in_flight, metrics, timed};

metrics! {
    /// Calls.
    pub counter CallsTotal;
    /// Sizes.
    pub histogram Sizes;
    /// Time in seconds.
    pub histogram TimeSeconds;
}

#[timed(CallsTotal)]
fn timed_counter() {}

#[timed(Sizes)]
fn timed_sizes() {}

#[counted(TimeSeconds)]
fn counted_histogram() {}

#[in_flight(CallsTotal)]
fn counter_in_flight() {}

#[counted(NoSuchFamily)]
fn no_family() {}

fn main() {}
