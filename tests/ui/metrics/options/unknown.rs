use caas_metrics::metrics;

metrics! {
    /// A slip of the finger.
    #[bucket(0.1, 1)]
    histogram StoreSeconds;

    /// Nothing that a family knows.
    #[derive(Debug)]
    counter LoginsTotal;

    /// Known, but in a place where it can't be evaluated.
    #[cfg_attr(unix, allow(dead_code), limit = 10)]
    counter LogoutsTotal { reason: &str }

    /// No lint.
    #[allow]
    counter RefusalsTotal;

    /// Not an attribute of Rust.
    #[cfg: unix]
    counter TimeoutsTotal;
}

fn main() {}
