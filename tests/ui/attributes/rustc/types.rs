//! A return type that does not exist is one error.
use caas_metrics::counted;

#[counted]
fn missing() -> Missing {
    1
}

#[counted]
async fn missing_later() -> Result<Missing, ()> {
    Ok(1)
}

fn main() {}
