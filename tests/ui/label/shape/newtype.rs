use caas_metrics::Label;

#[derive(Label)]
struct Price(f64);

fn main() {
    let _ = Price(1.0).0;
}
