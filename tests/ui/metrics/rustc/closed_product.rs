use caas_metrics::{Label, metrics};

#[derive(Label)]
enum Digit { A, B, C, D, E, F, G, H, I, J }

metrics! {
    /// 100,000 combinations.
    counter GuessesTotal { one: Digit, two: Digit, three: Digit, four: Digit, five: Digit }
}

fn main() {
    let [one, two, three, four, five] = [Digit::A, Digit::B, Digit::C, Digit::D, Digit::E];
    GuessesTotal { one, two, three, four, five }.inc();
    let _ = [Digit::F, Digit::G, Digit::H, Digit::I, Digit::J];
}
