use caas_metrics::{Label, metrics};

#[derive(Label)]
enum Side {
    Left,
    Right,
}

metrics! {
    /// A label of another family.
    #[zeroed(sides)]
    counter MovesTotal { side: Side, path: &str }

    /// One label, twice.
    #[zeroed(side, side)]
    counter TurnsTotal { side: Side, path: &str }

    /// There is none.
    #[zeroed(side)]
    counter StopsTotal;
}

fn main() {}
