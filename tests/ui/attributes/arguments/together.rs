//! Arguments that do not go together.
use caas_metrics::{counted, metrics};

metrics! {
    /// Calls.
    pub counter CallsTotal;
}

#[counted(on(err))]
fn no_family() {}

#[counted(by = 2)]
fn no_family_to_add_to() {}

#[counted(CallsTotal, by = 2, otherwise(CallsTotal))]
fn adds_or_counts() {}

#[counted(CallsTotal, by = |size: &u64| *size)]
fn adds_what_may_not_be() -> u64 {
    1
}

#[counted(CallsTotal, name = "login")]
fn two_names() {}

#[counted(name = "one")]
impl Several {
    fn first(&self) {}
    fn second(&self) {}
}

struct Several;

fn main() {}
