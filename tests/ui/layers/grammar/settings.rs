caas_metrics::http_metrics! {
    namespace = "shop";
}

caas_metrics::http_metrics! {
    pub HttpMetrics;
}

caas_metrics::grpc_metrics! {
    methods = ["/shop.v1.Orders/Place"];
    namespace = "shop";

    pub struct GrpcMetrics;
}

fn main() {}
