//! What the borrow checker says of closures in bodies that are enclosed.
#![allow(unused_imports)]
use caas_metrics::counted;

// #[counted]
fn boxed(step: u32) -> Box<dyn Fn(u32) -> u32> {
    Box::new(|x| x + step)
}

// #[counted]
fn iterator(step: u32) -> impl Iterator<Item = u32> {
    (0..3).map(|x| x + step)
}

// #[counted]
fn thread(step: u32) -> std::thread::JoinHandle<u32> {
    std::thread::spawn(|| step + 1)
}

// #[counted]
async fn later(step: u32) -> Option<Box<dyn Fn(u32) -> u32>> {
    std::future::ready(()).await;
    Some(Box::new(|x| x + step))
}

// #[counted]
fn future(step: u32) -> impl Future<Output = u32> {
    async { step + 1 }
}

fn main() {}
