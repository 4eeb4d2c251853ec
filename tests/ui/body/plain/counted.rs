//! Errors in bodies that are enclosed.
#![allow(unused_imports)]
use caas_metrics::counted;

// #[counted]
fn tail() -> Result<u32, String> {
    Ok("one")
}

// #[counted]
fn early(flag: bool) -> Result<u32, String> {
    if flag {
        return Err(1);
    }
    let size: usize = "two";
    Ok(3)
}

// #[counted]
async fn in_async() -> Result<u32, String> {
    let text: String = std::future::ready(1).await;
    Ok(text)
}

// #[counted]
fn no_value(x: u8) -> u8 {
    x + 1;
}

// #[counted]
fn question(text: &str) -> Result<u8, std::io::Error> {
    let number: u8 = text.parse()?;
    Ok(number)
}

fn main() {}
