use caas_metrics::metrics;

metrics! {
    /// Logins.
    counter { method: &str }

    /// The block goes on behind the mistake.
    counter LogoutsTotal
}

fn main() {
    LogoutsTotal.inc();
}
