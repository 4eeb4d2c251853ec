use caas_metrics::metrics;

metrics! {
    /// Logins.
    #[limit = 10]
    #[limit = 20]
    #[zeroed]
    #[lazy]
    counter LoginsTotal { method: &str }
}

fn main() {}
