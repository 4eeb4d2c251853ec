use caas_metrics::Label;

#[derive(Label)]
enum Method {
    Get,
    #[label(other)]
    Unknown,
    #[label(other)]
    Other,
}

fn main() {
    let _ = Method::from_label("GET");
}
