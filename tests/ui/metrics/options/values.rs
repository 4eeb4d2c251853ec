use caas_metrics::metrics;

metrics! {
    /// No child at all.
    #[limit = 0]
    counter LoginsTotal { method: &str }

    /// More than there are numbers.
    #[limit = 5_000_000_000]
    counter LogoutsTotal { method: &str }

    /// A unit that is not a base unit.
    #[unit = "ms"]
    histogram StoreLatency;

    /// A unit that contradicts the name.
    #[unit = "bytes"]
    histogram FetchSeconds;

    /// No unit.
    #[unit = "Euro/Month"]
    gauge Revenue;
}

fn main() {}
