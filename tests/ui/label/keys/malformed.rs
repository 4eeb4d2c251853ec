use caas_metrics::Label;

#[derive(Label)]
#[label(rename_all = "snake")]
enum Method {
    #[label(rename)]
    Get,
    #[label]
    Post,
    #[label(rename = "put", rename = "PUT")]
    Put,
    #[label("delete")]
    Delete,
}

#[derive(Label)]
#[label(crate = "caas_metrics")]
struct Tenant(String);

fn main() {}
