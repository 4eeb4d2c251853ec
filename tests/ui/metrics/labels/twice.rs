use caas_metrics::metrics;

metrics! {
    /// Logins.
    counter LoginsTotal { method: &str, result: &str, method: u16, r#result: &str }
}

fn main() {
    LoginsTotal { method: "password", result: "ok" }.inc();
}
