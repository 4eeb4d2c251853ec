use caas_metrics::metrics;

metrics! {
    /// Orders.
    counter OrdersTotal { region: &str }

    /// Orders that wait.
    #[updown]
    gauge OrdersWaiting;

    /// Level.
    gauge Level;

    /// Time in seconds.
    histogram WaitSeconds;
}

fn label_sets() {
    OrdersTotal { region: "eu" }.dec();
    OrdersTotal { region: "eu" }.observe(1);
    OrdersTotal { region: "eu" }.incr();
    WaitSeconds.inc();
    Level.observe(1);
}

fn children() {
    OrdersTotal { region: "eu" }.child().set(3);
    OrdersTotal { region: "eu" }.child().dec();
    OrdersTotal { region: "eu" }.child().incr();
    OrdersWaiting.child().set(3);
    WaitSeconds.child().inc();
    Level.child().observe(1);
}

fn main() {
    OrdersTotal { region: "eu" }.set(3);
}
