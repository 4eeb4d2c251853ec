use caas_metrics::metrics;

metrics! {
    namespace = "caas";

    /// A counter ends in `_total`.
    counter Logins;

    /// Only a counter does.
    gauge SessionsTotal;

    /// A histogram's samples.
    gauge SessionCount;

    /// An info ends in `_info`.
    info Build { version: &str }

    /// Only an info does.
    gauge QueueInfo;
}

fn main() {
    Logins.inc();
}
