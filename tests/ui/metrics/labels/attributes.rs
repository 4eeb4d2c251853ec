use caas_metrics::metrics;

metrics! {
    /// Logins.
    counter LoginsTotal {
        /// How; a doc comment is fine.
        pub method: &str,
        #[cfg(unix)]
        uid: u32,
        #[serde(default)]
        status: u16,
    }
}

fn main() {
    LoginsTotal { method: "password", uid: 0, status: 200 }.inc();
}
