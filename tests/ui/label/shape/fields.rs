use caas_metrics::Label;

#[derive(Label)]
enum Refusal {
    Expired,
    Locked { since: u64 },
    Other(String),
}

fn main() {
    let _ = [Refusal::Expired, Refusal::Locked { since: 0 }, Refusal::Other(String::new())];
}
