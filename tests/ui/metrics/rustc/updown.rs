use caas_metrics::metrics;

metrics! {
    /// Sessions; only moves.
    #[updown]
    gauge Sessions;

    /// Logins; only grows.
    counter LoginsTotal;
}

fn main() {
    Sessions.set(5);
    LoginsTotal.dec();
    LoginsTotal.inc_by(0.5);
}
