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

#[derive(caas_metrics::Label, Clone, Copy)]
pub enum Reason {
    Full,
}

metrics! {
    /// Failures by reason.
    pub counter FailuresTotal { reason: Reason }
    /// Bytes.
    pub counter BytesTotal;
}

#[counted(FailuresTotal { reason: _ }, on(err))]
async fn no_reason_for_this_error() -> Result<u8, std::io::Error> {
    Ok(1)
}

#[counted(FailuresTotal { reason: |_: &String| Reason::Full }, on(err))]
fn another_error() -> Result<u8, std::io::Error> {
    Ok(1)
}

#[counted(FailuresTotal { reason: |_: &String| Reason::Full }, on(err))]
fn no_error() -> Option<u8> {
    Some(1)
}

#[counted(FailuresTotal { reason: |_: &u8| Reason::Full }, on(ok, err))]
fn the_whole_value() -> Result<u8, std::io::Error> {
    Ok(1)
}

#[counted(BytesTotal, by = "two")]
fn mistyped_amount() {}

#[counted(BytesTotal, by = |bytes: &Vec<u8>| bytes.len(), on(ok))]
fn mistyped_late_amount() -> Vec<u8> {
    Vec::new()
}

fn main() {}
