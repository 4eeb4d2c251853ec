//! A body that is being typed: the function is there all the same.
#![allow(unused_imports)]
use caas_metrics::{counted, timed};

pub struct Words(Vec<String>);

#[timed]
pub fn timed_body(words: &Words) -> usize {
    words.0.
}

#[counted]
pub fn counted_body(words: &Words) -> usize {
    words.0.
}

fn main() {
    let size: usize = timed_body(&Words(Vec::new())) + counted_body(&Words(Vec::new()));
}
