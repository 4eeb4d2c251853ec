use caas_metrics::metrics;

metrics! {
    /// A slip of the finger: read as `counter`, so its use below is fine.
    pub conter LoginsTotal;

    /// There are no summaries.
    pub summary StoreSeconds { table: &str }

    /// Nothing like it.
    pub stopwatch Elapsed;

    /// Not even a word.
    pub 5;
}

fn main() {
    LoginsTotal.inc();
    StoreSeconds { table: "users" }.observe(0.5);
}
