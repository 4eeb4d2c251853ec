use caas_metrics::metrics;

metrics! {
    /// The semicolon is missing, and the next family is still read.
    counter LoginsTotal

    /// Braces end a family.
    counter LogoutsTotal { reason: &str };

    /// No label between them.
    counter RefusalsTotal {}

    /// Labels by position.
    counter TimeoutsTotal(u16);
}

fn main() {
    LoginsTotal.inc();
    LogoutsTotal { reason: "idle" }.inc();
}
