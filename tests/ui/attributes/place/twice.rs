//! Two attributes that record the same calls in the same family: one error that shows both.
use caas_metrics::{counted, in_flight, timed};

#[counted]
#[counted]
fn stacked() {}

#[timed]
#[in_flight]
#[timed(name = "other")]
async fn between() {}

struct Block;

#[in_flight]
impl Block {
    #[in_flight]
    fn in_the_block(&self) -> Result<u8, ()> {
        Ok(1)
    }
}

#[counted]
#[counted]
fn made(name: &'static str) -> impl Future<Output = usize> {
    async move { name.len() }
}

#[counted]
#[counted]
fn delegated(name: &'static str) -> impl Future<Output = usize> {
    made(name)
}

fn main() {}
