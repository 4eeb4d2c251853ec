//! Attributes on one function, and on its block too: each finds its own way to the runtime.

#![deny(warnings)]

use caas_metrics::{Outcome, counted, in_flight, metrics, timed};
use std::{future::Future, pin::Pin};

metrics! {
    /// Calls by their ending.
    pub counter EndedTotal { kind: &str, outcome: Outcome }

    /// Calls.
    pub counter CalledTotal { kind: &str }
}

#[timed]
#[counted]
#[in_flight]
#[counted(EndedTotal { kind: "a", outcome: _ })]
#[counted(CalledTotal { kind: name })]
#[counted(CalledTotal { kind: "c" }, on(ok))]
pub fn plain(name: &str) -> Result<u8, u8> {
    Ok(name.len() as u8)
}

#[timed]
#[counted]
#[in_flight]
#[counted(EndedTotal { kind: "a", outcome: _ })]
#[counted(CalledTotal { kind: name })]
#[counted(CalledTotal { kind: "c" }, on(ok))]
pub async fn asynchronous(name: &str) -> Result<u8, u8> {
    plain(name)?;
    std::future::ready(Ok(1)).await
}

#[timed]
#[counted]
#[in_flight]
#[counted(EndedTotal { kind: "a", outcome: _ })]
#[counted(CalledTotal { kind: name })]
pub fn block(name: &'static str) -> impl Future<Output = Result<u8, u8>> {
    use std::mem;
    let x = mem::size_of::<u8>();
    async move {
        plain(name)?;
        std::future::ready(Ok(x as u8)).await
    }
}

#[timed]
#[counted]
#[in_flight]
#[counted(EndedTotal { kind: "a", outcome: _ })]
#[counted(CalledTotal { kind: name })]
pub fn value(name: &'static str) -> impl Future<Output = Result<u8, u8>> {
    std::future::ready(Ok(name.len() as u8))
}

#[timed]
#[counted]
#[in_flight]
#[counted(EndedTotal { kind: "a", outcome: _ })]
#[counted(CalledTotal { kind: name })]
pub fn boxed(name: &'static str) -> Pin<Box<dyn Future<Output = Result<u8, u8>>>> {
    Box::pin(value(name))
}

#[timed]
#[counted]
#[in_flight]
#[counted(EndedTotal { kind: "a", outcome: _ })]
#[counted(CalledTotal { kind: name })]
pub fn boxed_block(name: &'static str) -> Pin<Box<dyn Future<Output = Result<u8, u8>>>> {
    Box::pin(async move { value(name).await })
}

pub struct S;

#[timed]
#[counted(CalledTotal { kind: "block" })]
impl S {
    #[counted]
    #[counted(CalledTotal { kind: "m" })]
    pub fn m(&self) -> Option<u8> {
        const N: u8 = 1;
        fn inner() {}
        inner();
        Some(N)
    }

    #[in_flight(crate = ::caas_metrics)]
    pub fn never(&self) -> ! {
        loop {}
    }
}

fn main() {}
