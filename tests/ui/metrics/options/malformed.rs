use caas_metrics::metrics;

metrics! {
    /// Each option is written in one way.
    #[name(logins)]
    #[unit(seconds)]
    #[limit(10)]
    #[buckets = 10]
    #[updown = true]
    #[legacy(because = "of history")]
    counter Logins;

    /// A number, not a constant: the macro can't evaluate it.
    #[limit = MOST]
    #[zeroed(all)]
    #[lazy(all)]
    #[exemplars(trace_id)]
    counter LogoutsTotal { reason: &str }
}

fn main() {}
