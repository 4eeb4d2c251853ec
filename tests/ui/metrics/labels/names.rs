use caas_metrics::metrics;

metrics! {
    /// Reserved names.
    counter FirstTotal { le: &str, quantile: &str, _tenant: &str, __name__: &str }

    /// Names that are spelled otherwise.
    #[allow(non_snake_case)]
    counter SecondTotal { statusCode: u16, größe: u16 }

    /// Names that Rust does not take as they are.
    counter ThirdTotal { type: &str, self: &str, _: &str, tenant: &str }
}

fn main() {}
