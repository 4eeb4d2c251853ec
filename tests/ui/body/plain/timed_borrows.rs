//! What the borrow checker says of bodies that are not enclosed.
#![allow(unused_imports)]
use caas_metrics::timed;

// #[timed]
fn moved(text: String) -> usize {
    drop(text);
    text.len()
}

// #[timed]
fn dangling() -> &'static str {
    let text = String::from("gone");
    &text
}

// #[timed]
fn assigned(number: u8) -> u8 {
    number = 1;
    number
}

fn main() {}
