//! Errors in bodies that are not enclosed.
#![allow(unused_imports)]
use caas_metrics::{in_flight, timed};

// #[timed]
fn tail() -> Result<u32, String> {
    Ok("one")
}

// #[timed]
// #[in_flight]
fn early(flag: bool) -> Result<u32, String> {
    if flag {
        return Err(1);
    }
    let size: usize = "two";
    Ok(3)
}

// #[timed]
async fn in_async() -> Result<u32, String> {
    let text: String = std::future::ready(1).await;
    Ok(text)
}

// #[timed]
fn no_value(x: u8) -> u8 {
    x + 1;
}

// #[timed]
fn question(text: &str) -> Result<u8, std::io::Error> {
    let number: u8 = text.parse()?;
    Ok(number)
}

fn main() {}
