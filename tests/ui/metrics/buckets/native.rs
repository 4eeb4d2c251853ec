use caas_metrics::metrics;

metrics! {
    /// A key that nobody knows.
    #[native(scheme = 3)]
    histogram FirstSeconds;

    /// A key without a number.
    #[native(schema)]
    histogram SecondSeconds;

    /// Numbers that cannot be.
    #[native(schema = 9, from = 0, to = -1, max_buckets = 0.5)]
    histogram ThirdSeconds;

    /// A range the wrong way round.
    #[native(from = 10, to = 1)]
    histogram FourthSeconds;

    /// Too many buckets.
    #[native(schema = 8)]
    histogram FifthSeconds;

    /// No bucket of any kind.
    #[buckets(none)]
    histogram SixthSeconds;

    /// Not alone.
    #[native]
    #[buckets(none, 1)]
    histogram SeventhSeconds;

    /// No histogram.
    #[native]
    counter EighthTotal;

    /// Twice.
    #[native(schema = 3, schema = 4)]
    histogram NinthSeconds;

    /// Not written like this.
    #[native = 3]
    histogram TenthSeconds;
}

fn main() {}
