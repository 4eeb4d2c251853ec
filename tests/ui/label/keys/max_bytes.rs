use caas_metrics::Label;

#[derive(Label)]
#[label(max_bytes = "200")]
struct Tenant(String);

#[derive(Label)]
#[label(max_bytes = 0)]
struct Path(String);

#[derive(Label)]
#[label(max_bytes = 5000)]
struct Query(String);

fn main() {}
