//! What is not `name = value`.

mod a {
    caas_metrics::build_info!("1.2.3");
}

mod b {
    caas_metrics::build_info!(namespace = "chat" revision = "a");
}

fn main() {}
