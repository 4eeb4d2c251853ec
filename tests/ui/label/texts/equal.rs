use caas_metrics::Label;

#[derive(Label)]
#[label(rename_all = "lowercase")]
enum Method {
    Get,
    GET,
    #[label(rename = "get")]
    Head,
    #[label(rename = "")]
    None,
    #[label(rename = "__overflow__")]
    TooMany,
}

fn main() {}
