use caas_metrics::Label;

#[derive(Label)]
enum Nothing {}

#[derive(Label)]
struct Pair(String, String);

#[derive(Label)]
struct Unit;

#[derive(Label)]
union Bits {
    number: u32,
    bytes: [u8; 4],
}

fn main() {}
