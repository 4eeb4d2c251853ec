//! Missing, unknown and mistyped labels are rustc's own errors, at the user's tokens.
use caas_metrics::{Outcome, counted, metrics};

metrics! {
    /// Calls.
    pub counter CallsTotal { kind: &str, size: u8 }
    /// Calls by ending.
    pub counter EndingsTotal { outcome: Outcome, kind: &str }
}

#[counted(CallsTotal { kind: "a" })]
fn missing() {}

#[counted(CallsTotal { kind: "a", sise: 1 })]
fn unknown() {}

#[counted(CallsTotal { kind: 7, size: 1 })]
fn mistyped() {}

#[counted(CallsTotal { kind: "a", size: |length: &usize| *length }, on(ok))]
fn mistyped_late() -> Result<usize, ()> {
    Ok(1)
}

#[counted(EndingsTotal { outcome: _, kind: missing_argument })]
fn no_such_variable() {}

#[counted(EndingsTotal { outcome: Outcome::Ok, kind: _ })]
fn not_from_an_ending() {}

fn main() {}
