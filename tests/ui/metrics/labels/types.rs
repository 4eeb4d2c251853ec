use caas_metrics::metrics;

metrics! {
    /// Types that are missing or none.
    counter LoginsTotal { method, result: , status: 200, tenant: &str region: &str, 7: u8 }

    /// A lifetime that nobody declares.
    counter LogoutsTotal { reason: &'a str }
}

fn main() {}
