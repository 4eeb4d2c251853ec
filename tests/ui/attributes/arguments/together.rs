//! Arguments that do not go together.
use caas_metrics::{counted, metrics};

metrics! {
    /// Calls.
    pub counter CallsTotal;
}

#[counted(on(err))]
fn no_family() {}

#[counted(CallsTotal, name = "login")]
fn two_names() {}

#[counted(name = "one")]
impl Several {
    fn first(&self) {}
    fn second(&self) {}
}

struct Several;

fn main() {}
