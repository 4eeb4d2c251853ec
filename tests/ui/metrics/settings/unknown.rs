use caas_metrics::metrics;

metrics! {
    namespce = "caas";
    labels = "all";
    crate = "caas_metrics";

    /// Logins.
    counter LoginsTotal;
}

fn main() {
    LoginsTotal.inc();
}
