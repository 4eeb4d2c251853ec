use caas_metrics::metrics;

metrics! {
    /// Size of messages in bytes.
    histogram MessageSizeBytes { tenant: &str }
}

fn main() {
    let size = MessageSizeBytes { tenant: "a" };
    size.observe(std::time::Duration::from_secs(1));
    let _timer = size.start_timer();
}
