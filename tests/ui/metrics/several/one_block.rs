use caas_metrics::metrics;

metrics! {
    namespace = "Caas";

    counter Logins { method: &str, le: u16 }

    /// Sessions.
    #[buckets(1)]
    #[limits = 5]
    gauge SessionsTotal { server }

    /// Store.
    #[buckets(1, 0.5)]
    histogram StoreMs
}

fn main() {
    Logins { method: "password", le: 5 }.inc();
    StoreMs.observe(1);
}
