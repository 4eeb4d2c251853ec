use caas_metrics::metrics;

metrics! {
    /// Time to store in seconds.
    histogram StoreSeconds;

    /// A sample of the histogram.
    #[legacy(reason = "older than the histogram")]
    gauge StoreSecondsCount;

    /// Jobs done.
    counter JobsTotal;

    /// To OpenMetrics, the counter is called `jobs` as well.
    gauge Jobs;
}

fn main() {}
