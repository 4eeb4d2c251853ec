//! Arguments whose values are not what they should be.
use caas_metrics::{counted, metrics, skip};

metrics! {
    /// Calls.
    pub counter CallsTotal;
}

#[counted(CallsTotal, otherwise = CallsTotal)]
fn otherwise_is_called() {}

#[counted(name = login)]
fn name_is_a_string() {}

#[counted(crate = "caas_metrics")]
fn crate_is_a_path() {}

#[counted(crate = Self::metrics)]
fn crate_is_no_type() {}

#[counted(CallsTotal, by(2))]
fn by_is_assigned() {}

#[counted(CallsTotal, by = _)]
fn by_is_an_amount() {}

#[counted(CallsTotal, on())]
fn on_takes_endings() {}

#[counted("calls")]
fn no_family() {}

#[skip(always)]
fn skip_takes_nothing() {}

fn main() {}
