//! What is given twice, or is a label already.

mod a {
    caas_metrics::build_info!(revision = "a", revision = "b");
}

mod b {
    caas_metrics::build_info!(rustc = "mine");
}

mod c {
    caas_metrics::build_info!(namespace = "a", namespace = "b");
}

fn main() {}
