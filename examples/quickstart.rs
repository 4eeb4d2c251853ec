//! Declare metrics, update them, print the page that Prometheus would scrape.
//!
//! `cargo run --example quickstart`

use caas_metrics::{Format, Label, Timer, metrics};

#[derive(Label, Clone, Copy)]
enum Animal {
    Cat,
    Dog,
}

metrics! {
    namespace = "shelter";

    /// Animals fed.
    counter AnimalsFedTotal { animal: Animal, keeper: &str }

    /// Time to feed all animals in seconds.
    #[buckets(0.001, 0.01, 0.1)]
    histogram FeedingSeconds;
}

fn main() -> std::io::Result<()> {
    let timer = Timer::start();
    AnimalsFedTotal { animal: Animal::Cat, keeper: "Ada" }.inc();
    AnimalsFedTotal { animal: Animal::Dog, keeper: "Ada" }.inc_by(2);
    timer.observe(FeedingSeconds);

    caas_metrics::registry().encode(Format::Text, &mut std::io::stdout())
}
