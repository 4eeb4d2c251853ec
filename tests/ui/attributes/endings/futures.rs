//! A future that was made elsewhere, in a type of its own, ends unseen.
use std::future::Ready;

use caas_metrics::{counted, metrics};

metrics! {
    /// Calls.
    pub counter CallsTotal;
    /// Calls by size.
    pub counter SizesTotal { size: u8 }
}

#[counted(CallsTotal, on(err))]
fn ready() -> Ready<Result<u8, String>> {
    std::future::ready(Ok(1))
}

#[counted(SizesTotal { size: |size: &u8| *size }, on(ok))]
fn later() -> Ready<Result<u8, String>> {
    std::future::ready(Ok(1))
}

#[counted(SizesTotal { size: |_: &String| 1 }, on(err))]
fn failing() -> Ready<Result<u8, String>> {
    std::future::ready(Ok(1))
}

fn main() {}
