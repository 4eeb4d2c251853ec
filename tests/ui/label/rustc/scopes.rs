use caas_metrics::{Label, Scope};

#[derive(Label)]
enum Side {
    Left,
    Right,
}

#[derive(Label)]
struct Peer(u64);

fn main() {
    let _text = Scope::of("acme");
    let _number = Scope::of(7_u64);
    let _closed = Scope::of(Side::Left);
    let _reference = Scope::of(&Peer(7));
    Scope::of(Peer(7));
}
