use caas_metrics::metrics;

metrics! {
    /// The bucket of everything is there by itself.
    #[buckets(1, Inf)]
    histogram FirstSeconds;

    /// A text.
    #[buckets("1")]
    histogram SecondSeconds;

    /// Another type of number.
    #[buckets(1, 5u8)]
    histogram ThirdSeconds;

    /// Half a number.
    #[buckets(1, -)]
    histogram FourthSeconds;
}

fn main() {}
