use caas_metrics::metrics;

metrics! {
    /// Open files.
    #[cfg(unix)]
    gauge OpenFiles;

    /// The same one under the same condition.
    #[cfg(unix)]
    gauge OpenFiles { kind: &str }

    /// One of the two is always there.
    gauge OpenSockets;

    /// So this one clashes with it where it exists.
    #[cfg(windows)]
    gauge OpenSockets { kind: &str }
}

fn main() {}
