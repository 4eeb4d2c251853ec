use caas_metrics::assert_metrics;

caas_metrics::metrics! {
    /// Time in seconds.
    pub histogram TimeSeconds;

    /// Jobs.
    pub counter JobsTotal { of: &str }
}

fn main() {
    assert_metrics! { TimeSeconds => 1 }
    assert_metrics! { JobsTotal { of: "a" } => 1.5 }
    assert_metrics! { JobsTotal { of: "a" } => count 1 }
    assert_metrics! { JobsTotal { off: "a" } => 1 }
}
