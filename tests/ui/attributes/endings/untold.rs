//! Functions whose bodies are not enclosed: nothing there can depend on how a call ends.
use caas_metrics::{Outcome, counted, metrics};

metrics! {
    /// Calls.
    pub counter CallsTotal;
    /// Calls by ending.
    pub counter EndingsTotal { outcome: Outcome }
}

#[counted(EndingsTotal { outcome: _ })]
fn never_returns() -> ! {
    std::process::exit(0)
}

#[counted(CallsTotal, on(ok))]
fn returns_a_closure() -> Result<impl Fn(u8) -> u8, ()> {
    Ok(|x| x)
}

#[counted(EndingsTotal { outcome: |_| Outcome::Ok }, on(ok, err))]
#[track_caller]
fn knows_its_caller() {}

#[counted(CallsTotal, on(err))]
fn any<T: Default>() -> T {
    T::default()
}

#[counted(CallsTotal, on(ok))]
#[target_feature(enable = "sse2")]
fn fast() -> Result<(), ()> {
    Ok(())
}

fn main() {}
