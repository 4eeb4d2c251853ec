use caas_metrics::metrics;

metrics! {
    /// Bounds that do not increase.
    #[buckets(linear(0, 0, 10))]
    histogram FirstSeconds;

    /// Nor these, and from a start that never gets anywhere.
    #[buckets(exponential(0, 1, 10))]
    histogram SecondSeconds;

    /// Too many.
    #[buckets(linear(0, 1, 5000))]
    histogram ThirdSeconds;

    /// Too far.
    #[buckets(exponential(1, 1000, 200))]
    histogram FourthSeconds;

    /// Too close.
    #[buckets(linear(1, 1e-20, 3))]
    histogram FifthSeconds;
}

fn main() {}
