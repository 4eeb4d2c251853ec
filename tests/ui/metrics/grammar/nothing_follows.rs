use caas_metrics::metrics;

metrics! {
    /// Logins.
    counter LoginsTotal;

    /// A doc comment of nothing.
}

fn main() {}
