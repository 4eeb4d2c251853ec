use caas_metrics::metrics;

metrics! {
    /// Only a histogram has buckets.
    #[buckets(0.1, 1)]
    counter LoginsTotal { method: &str }

    /// A counter never goes down.
    #[updown]
    counter LogoutsTotal { method: &str }

    /// An info is 1.
    #[unit = "seconds"]
    #[lazy]
    info BuildInfo { version: &str }

    /// Exemplars are of events.
    #[exemplars]
    info CommitInfo { hash: &str }

    /// A level is not an event.
    #[exemplars]
    gauge Level;

    /// There is one child.
    #[limit = 10]
    #[zeroed]
    gauge Sessions;
}

fn main() {}
