caas_metrics::http_metrics! {
    namespace = "shop";

    pub struct Twice { route: u8 = |_| 1 }
}

mod wrong {
    caas_metrics::http_metrics! {
        pub struct Wrong {
            tenant: String = |start| start.header("x-tenant"),
        }
    }
}

fn main() {}
