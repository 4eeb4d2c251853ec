use caas_metrics::Label;

#[derive(Label)]
#[label(crate = Self::metrics)]
enum Method {
    Get,
}

#[derive(Label)]
#[label(crate ::caas_metrics)]
struct Tenant(String);

fn main() {}
