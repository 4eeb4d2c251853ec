use caas_metrics::metrics;

metrics! {
    /// A value type that is none.
    counter LoginsTotal<u32>;

    /// A gauge has two.
    gauge Sessions<f32> { server: &str }

    /// A histogram has none to choose.
    histogram StoreSeconds<f64>;

    /// Not even a name.
    counter LogoutsTotal<>;
}

fn main() {}
