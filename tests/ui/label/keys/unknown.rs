use caas_metrics::Label;

#[derive(Label)]
#[label(rename_al = "lowercase")]
enum Method {
    #[label(renam = "get")]
    Get,
    #[label(skip)]
    Post,
}

#[derive(Label)]
#[label(rename_all = "lowercase")]
struct Tenant(#[label(other)] String);

#[derive(Label)]
enum Kind {
    Data(#[label(other)] u8),
}

fn main() {}
