use caas_metrics::metrics;

metrics! {
    /// Unknown.
    #[buckets(logarithmic(1, 2, 10))]
    histogram FirstSeconds;

    /// A number short.
    #[buckets(linear(1, 2))]
    histogram SecondSeconds;

    /// A generator and more.
    #[buckets(linear(1, 2, 10), 100)]
    histogram ThirdSeconds;

    /// No numbers at all.
    #[buckets(exponential)]
    histogram FourthSeconds;
}

fn main() {}
