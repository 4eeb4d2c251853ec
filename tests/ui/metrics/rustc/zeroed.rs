use caas_metrics::{Label, metrics};

#[derive(Label)]
enum Side {
    Left,
    Right,
}

metrics! {
    /// Which paths there are is not known before they are used.
    #[zeroed(side, path)]
    counter MovesTotal { side: Side, path: &str }

    /// Four series are born together.
    #[zeroed(side, back)]
    #[limit = 3]
    counter TurnsTotal { side: Side, back: Side, path: &str }
}

fn main() {}
