use caas_metrics::metrics;

metrics! {
    /// Requests.
    counter RequestsTotal { method: &str, status: u16 }
}

fn main() {
    RequestsTotal { method: "GET" }.inc();
    RequestsTotal { method: "GET", statsu: 200 }.inc();
    RequestsTotal { method: "GET", status: "200" }.inc();
    RequestsTotal { method: "GET", status: 200 }.set(1);
}
