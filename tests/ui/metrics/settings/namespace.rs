use caas_metrics::metrics;

metrics! {
    namespace = "caas-gateway";
}

metrics! {
    namespace = "CaasGateway";
}

metrics! {
    namespace = "";
}

metrics! {
    namespace = caas;
}

fn main() {}
