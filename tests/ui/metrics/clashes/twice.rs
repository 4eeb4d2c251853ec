use caas_metrics::metrics;

metrics! {
    namespace = "caas";

    /// Logins.
    pub counter LoginsTotal { method: &str }

    /// Logins again, with another label.
    pub counter LoginsTotal { result: &str }

    /// The same name in another way.
    #[name = "caas_logins_total"]
    pub counter AllLoginsTotal;
}

fn main() {
    LoginsTotal { method: "password" }.inc();
}
