use caas_metrics::metrics;

pub struct Money(f64);

metrics! {
    /// Requests.
    pub counter RequestsTotal { method: &str, price: f64, bill: Money }
}

fn main() {
    RequestsTotal { method: "GET", price: 1.0, bill: Money(1.0) }.inc();
}
