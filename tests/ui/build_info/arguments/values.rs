//! Values that are not constant texts, and a label that cannot be one.

mod a {
    caas_metrics::build_info!(revision = 5);
}

mod b {
    fn revision() -> &'static str {
        "a"
    }

    caas_metrics::build_info!(revision = revision());
}

mod c {
    caas_metrics::build_info!(le = "a");
}

fn main() {}
