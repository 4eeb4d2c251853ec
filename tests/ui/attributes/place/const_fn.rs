//! A `const fn` also runs in the compiler.
use caas_metrics::{counted, timed};

#[timed]
pub const fn double(x: u8) -> u8 {
    x * 2
}

pub struct Square;

impl Square {
    #[counted]
    pub const unsafe fn area(&self) -> u8 {
        1
    }
}

fn main() {
    const FOUR: u8 = double(2);
    let _ = FOUR;
}
