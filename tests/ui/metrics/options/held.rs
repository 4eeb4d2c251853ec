use caas_metrics::metrics;

metrics! {
    /// Logins; only grows.
    #[held]
    counter LoginsTotal;

    /// Seconds of a login.
    #[held]
    histogram LoginSeconds;

    /// The program.
    #[held]
    info ProgramInfo { version: &str }

    /// Sessions, twice.
    #[held]
    #[updown]
    gauge SessionsOpen;

    /// Sessions, with an argument.
    #[held(always)]
    gauge SessionsHeld;
}

fn main() {}
