//! Attributes on what is no function.
use caas_metrics::{counted, in_flight, timed};

#[timed]
struct NoFunction;

trait Service {
    #[counted]
    fn without_body(&self);

    #[in_flight]
    const LIMIT: u8;
}

#[counted]
mod many {
    pub fn function() {}
}

fn main() {}
