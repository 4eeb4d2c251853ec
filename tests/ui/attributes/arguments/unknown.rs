//! An argument that the attribute does not know, with the list of those that it knows.
use caas_metrics::{counted, in_flight, metrics, timed};

metrics! {
    /// Calls.
    pub counter CallsTotal;
    /// Waiting calls.
    pub gauge Waiting;
    /// Time in seconds.
    pub histogram TimeSeconds;
}

#[counted(CallsTotal, onn(err))]
fn misspelt() {}

#[timed(TimeSeconds, buckets = [1, 2])]
fn not_here() {}

#[timed(TimeSeconds, by = 2)]
fn adds_nothing() {}

#[in_flight(Waiting, on(ok))]
fn not_of_this_attribute() {}

#[counted(success)]
fn a_word() {}

fn main() {}
