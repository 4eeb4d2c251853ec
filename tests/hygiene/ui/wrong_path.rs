use renamed::{Label, metrics};

#[derive(Label)]
#[label(crate = ::caas::metrics)]
pub enum Method {
    Get,
    Post,
}

metrics! {
    crate = caas::metrics;

    /// Requests.
    pub counter RequestsTotal { path: &str }

    /// Level.
    pub gauge Level;

    /// Time to store in seconds.
    pub histogram StoreSeconds { path: &str }
}

fn main() {
    RequestsTotal { path: "/" }.inc();
    Level.set(3);
    StoreSeconds { path: "/" }.start_timer().discard();
}
