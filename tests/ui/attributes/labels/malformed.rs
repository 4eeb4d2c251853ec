//! Label sets that are no label sets.
use caas_metrics::{counted, metrics};

metrics! {
    /// Calls.
    pub counter CallsTotal { kind: &str, size: u8 }
}

#[counted(CallsTotal { kind: "a", ..rest })]
fn hidden(rest: CallsTotal<'static>) {}

#[counted(CallsTotal { kind: "a", 7 })]
fn no_label() {}

#[counted(CallsTotal { kind: , size: 1 })]
fn no_value() {}

fn main() {}
