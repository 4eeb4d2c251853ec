//! Guards of gauges and scopes of label values: both end in the isolation where they were made.

use caas_metrics::{GaugeGuard, Label, Scope, assert_metrics, testing::Isolation};

#[derive(Label, Clone, Copy)]
struct Peer(u64);

caas_metrics::metrics! {
    namespace = "owners";

    /// Open labels.
    #[held]
    gauge Open { who: &str }

    /// Closed labels only.
    #[held]
    gauge Closed { is_new: bool }

    /// A gauge that can be set.
    gauge Level { who: &str }

    /// Calls under way.
    #[updown]
    gauge Calls { peer: Peer }
}

type Guards = (GaugeGuard<Open<'static>>, GaugeGuard<Closed>, GaugeGuard<Level<'static>>);

fn hold() -> Guards {
    let open = Open { who: "a" }.hold();
    (open, Closed { is_new: true }.hold(), Level { who: "a" }.hold_by(5))
}

#[test]
fn a_guard_takes_back_where_it_was_made() {
    let [one, other] = [Isolation::new(), Isolation::new()];
    let guards = one.run(hold);
    let others = other.run(hold);
    one.run(|| assert_metrics! { Open { who: "a" } => 1, Closed { is_new: true } => 1, Level { who: "a" } => 5 });
    other.run(|| drop(guards));
    one.run(|| assert_metrics! { Open { who: "a" } => 0, Closed { is_new: true } => 0, Level { who: "a" } => 0 });
    other.run(|| assert_metrics! { Open { who: "a" } => 1, Closed { is_new: true } => 1, Level { who: "a" } => 5 });
    std::thread::spawn(|| drop(others)).join().unwrap();
    other.run(|| assert_metrics! { Open { who: "a" } => 0, Closed { is_new: true } => 0, Level { who: "a" } => 0 });
    assert_metrics! { Open { who: "a" } => none, Closed { is_new: true } => 0, Level { who: "a" } => none }
}

#[test]
fn a_guard_of_an_earlier_life_changes_nothing() {
    let isolation = Isolation::new();
    let guards = isolation.run(hold);
    isolation.run(|| {
        Open::clear();
        Closed::reset();
        Level { who: "a" }.remove();
        let now = hold();
        drop(guards);
        assert_metrics! { Open { who: "a" } => 1, Closed { is_new: true } => 1, Level { who: "a" } => 5 }
        drop(now);
        assert_metrics! { Open { who: "a" } => 0, Closed { is_new: true } => 0, Level { who: "a" } => 0 }
    });
}

#[test]
fn a_value_ends_in_one_isolation_only() {
    const PEER: Peer = Peer(7);
    let [one, other] = [Isolation::new(), Isolation::new()];
    let scope = one.run(|| {
        let scope = Scope::of(PEER);
        Calls { peer: PEER }.inc();
        scope
    });
    other.run(|| Calls { peer: PEER }.inc());
    drop(scope);
    one.run(|| {
        Calls { peer: PEER }.inc(); // late
        assert_metrics! { Calls { peer: PEER } => none }
    });
    other.run(|| {
        Calls { peer: PEER }.inc();
        assert_metrics! { Calls { peer: PEER } => 2 }
    });
    // The program, and an isolation that takes over what the first one had.
    drop(one);
    Calls { peer: PEER }.inc();
    assert_metrics! { Calls { peer: PEER } => 1 }
    Isolation::new().run(|| {
        Calls { peer: PEER }.inc();
        assert_metrics! { Calls { peer: PEER } => 1 }
    });
}
