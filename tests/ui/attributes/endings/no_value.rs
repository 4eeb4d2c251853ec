//! Closures where a call may end without a value to look at.
use caas_metrics::{counted, in_flight, metrics};

metrics! {
    /// Calls.
    pub counter CallsTotal { size: u8 }
    /// Waiting calls.
    pub gauge Waiting { size: u8 }
}

#[counted(CallsTotal { size: |size| *size })]
fn no_panic_said() -> u8 {
    1
}

#[counted(CallsTotal { size: |size| *size }, on(ok, panic))]
fn panic_said() -> u8 {
    1
}

#[counted(CallsTotal { size: |size| *size }, on(ok, panic), otherwise(CallsTotal { size: 0 }))]
fn panic_twice() -> u8 {
    1
}

#[counted(CallsTotal { size: |size| *size }, otherwise(CallsTotal { size: |size| *size }))]
fn never_a_value() -> u8 {
    1
}

#[in_flight(Waiting { size: |size| *size })]
fn not_ended() -> u8 {
    1
}

fn main() {}
