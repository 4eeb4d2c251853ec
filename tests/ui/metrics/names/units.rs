use caas_metrics::metrics;

metrics! {
    namespace = "caas";

    /// Not the base unit.
    histogram StoreDurationMilliseconds { table: &str }

    /// An abbreviated unit.
    gauge HeapKb;

    /// The type in the name.
    gauge SessionsGaugeActive;

    /// Two mistakes, one suggestion.
    counter StoreMs;
}

fn main() {
    StoreDurationMilliseconds { table: "users" }.observe(12);
}
