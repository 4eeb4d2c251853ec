//! Endings that do not exist.
use caas_metrics::{counted, metrics};

metrics! {
    /// Calls.
    pub counter CallsTotal;
}

#[counted(CallsTotal, on(error))]
fn misspelt() -> Result<(), ()> {
    Ok(())
}

#[counted(CallsTotal, on(ok, 500))]
fn no_word() -> Result<(), ()> {
    Ok(())
}

#[counted(CallsTotal, on(cancelled))]
fn not_async() {}

fn main() {}
