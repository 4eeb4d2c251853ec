use caas_metrics::metrics;

metrics! {
    crate = Self::metrics;

    /// Logins.
    counter LoginsTotal;
}

fn main() {
    LoginsTotal.inc();
}
