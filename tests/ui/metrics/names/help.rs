use caas_metrics::metrics;

metrics! {
    counter LoginsTotal;

    ///
    counter LogoutsTotal;

    #[doc = concat!("Users", " refused.")]
    counter RefusalsTotal;
}

fn main() {
    LoginsTotal.inc();
    RefusalsTotal.inc();
}
