use caas_metrics::metrics;

metrics! {
    namespace = "caas";
    namespace = "gateway";

    /// Logins.
    counter LoginsTotal;

    crate = ::caas_metrics
}

fn main() {
    LoginsTotal.inc();
}
