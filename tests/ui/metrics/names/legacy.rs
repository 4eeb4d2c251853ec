use caas_metrics::metrics;

metrics! {
    /// The rules are off, the characters are not.
    #[legacy(reason = "the dashboards of 2019")]
    #[name = "http.requests"]
    counter FirstTotal;

    /// Why?
    #[legacy(reason = "")]
    #[name = "httpRequests"]
    counter SecondTotal;

    /// Why?
    #[legacy]
    #[name = "http_requests"]
    counter ThirdTotal;
}

fn main() {}
