use caas_metrics::metrics;

metrics! {
    /// No bounds.
    #[buckets()]
    histogram FirstSeconds;

    /// Bounds out of order.
    #[buckets(0.1, 1, 0.5, 0.5, -1)]
    histogram SecondSeconds;

    /// No finite bound.
    #[buckets(1, 1e999)]
    histogram ThirdSeconds;
}

fn main() {
    SecondSeconds.observe(1);
}
