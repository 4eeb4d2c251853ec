//! Each thing that a family has, in isolations: values, which series exist, limits, what is removed.

use std::time::{Duration, SystemTime};

use caas_metrics::{Label, assert_metrics, exemplars::TraceContext, registry, testing};

#[derive(Label, Clone, Copy)]
enum Kind {
    New,
    Old,
}

caas_metrics::metrics! {
    namespace = "families";

    /// Open labels.
    #[limit = 3]
    counter OpenTotal { who: &str }

    /// Closed labels.
    counter ClosedTotal { kind: Kind }

    /// Closed labels that are exported once they were touched.
    #[lazy]
    counter LazyTotal { kind: Kind }

    /// A float.
    counter CostTotal<f64> { kind: Kind }

    /// A gauge that can be set.
    gauge Level { room: &str }

    /// The same without labels.
    gauge Single<f64>;

    /// The same with closed labels.
    gauge ByKind { kind: Kind }

    /// A gauge that goes up and down.
    #[updown]
    gauge Held { who: &str }

    /// Blocks.
    #[zeroed(kind)]
    counter BlocksTotal { who: &str, kind: Kind }

    /// Time in seconds.
    #[buckets(0.1, 1)]
    histogram WaitSeconds { who: &str }

    /// Sizes.
    #[native]
    #[buckets(none)]
    histogram SizeBytes { kind: Kind }

    /// Sizes on both sides of zero.
    #[native]
    #[buckets(none)]
    histogram DriftRatio { who: &str }

    /// With exemplars.
    #[exemplars]
    counter TracedTotal { who: &str }

    /// About something.
    info BuildInfo { version: &str }
}

/// Runs it in two isolations that overlap, after it has run outside.
fn everywhere(test: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..3).for_each(|_| testing::isolated(&test)));
        }
    });
}

#[test]
fn every_type_starts_at_zero_and_counts() {
    everywhere(|| {
        let kind = Kind::New;
        assert_metrics! {
            OpenTotal { who: "a" } => none,
            ClosedTotal { kind } => 0,
            LazyTotal { kind } => none,
            Single => 0.0,
            Level { room: "x" } => none,
            SizeBytes { kind } => count 0, sum 0.0,
        }
        for _ in 0..3 {
            OpenTotal { who: "a" }.inc();
            ClosedTotal { kind }.inc_by(2);
            LazyTotal { kind }.inc();
            CostTotal { kind }.inc_by(0.5);
            Level { room: "x" }.inc();
            Single.set(2.5);
            ByKind { kind }.dec();
            Held { who: "a" }.inc_by(3);
            Held { who: "a" }.dec();
            BlocksTotal { who: "a", kind }.inc();
            WaitSeconds { who: "a" }.observe(Duration::from_millis(500));
            SizeBytes { kind }.observe(1e6);
            DriftRatio { who: "a" }.observe(-3.0);
            DriftRatio { who: "a" }.observe(0.25);
        }
        BuildInfo { version: "1" }.init();
        assert_metrics! {
            OpenTotal { who: "a" } => 3,
            ClosedTotal { kind } => 6,
            ClosedTotal { kind: Kind::Old } => 0,
            LazyTotal { kind } => 3,
            LazyTotal { kind: Kind::Old } => none,
            CostTotal { kind } => 1.5,
            Level { room: "x" } => 3,
            Single => 2.5,
            ByKind { kind } => -3,
            Held { who: "a" } => 6,
            BlocksTotal { who: "a", kind } => 3,
            BlocksTotal { who: "a", kind: Kind::Old } => 0,
            WaitSeconds { who: "a" } => count 3, sum 1.5,
            SizeBytes { kind } => count 3, sum 3e6,
            DriftRatio { who: "a" } => count 6, sum -8.25,
            BuildInfo { version: "1" } => 1,
        }
        assert_eq!(lost(), Some(0.0));
    });
    assert_eq!(OpenTotal { who: "a" }.get(), None, "outside");
    assert_eq!(LazyTotal { kind: Kind::New }.get(), None);
    assert_eq!(Single.get(), Some(0.0));
}

fn lost() -> Option<f64> {
    testing::snapshot().value("caas_metrics_lost_total", [])
}

fn overflows() -> Option<f64> {
    testing::snapshot().value("caas_metrics_overflow_total", [("family", "families_open_total")])
}

#[test]
fn a_full_family_is_full_for_one_test_only() {
    everywhere(|| {
        for who in ["a", "b", "c", "d", "e"] {
            OpenTotal { who }.inc();
        }
        assert_metrics! {
            OpenTotal { who: "c" } => 1,
            OpenTotal { who: "d" } => none,
            OpenTotal { who: "__overflow__" } => 2,
        }
        assert_eq!(overflows(), Some(2.0));
        assert!(OpenTotal { who: "c" }.remove());
        OpenTotal { who: "d" }.inc();
        assert_metrics! { OpenTotal { who: "d" } => 1 }
    });
    assert_eq!(overflows(), Some(0.0));
}

#[test]
fn what_is_removed_or_reset_is_so_for_one_test_only() {
    Level { room: "outside" }.set(7);
    everywhere(|| {
        let kind = Kind::New;
        Level { room: "a" }.set(1);
        Level { room: "b" }.set(2);
        Level::retain(|level| level.room == "b");
        ClosedTotal { kind }.inc();
        ClosedTotal::reset();
        BlocksTotal { who: "a", kind }.inc();
        BlocksTotal::clear();
        OpenTotal { who: "a" }.init();
        assert_metrics! {
            Level { room: "a" } => none,
            Level { room: "b" } => 2,
            Level { room: "outside" } => none,
            ClosedTotal { kind } => 0,
            BlocksTotal { who: "a", kind } => none,
            OpenTotal { who: "a" } => 0,
        }
        Level::clear();
    });
    assert_eq!(Level { room: "outside" }.get(), Some(7));
}

#[test]
fn refused_values_are_counted_for_one_test_only() {
    let refused = || {
        let labels = [("family", "families_wait_seconds")];
        testing::snapshot().value("caas_metrics_refused_total", labels)
    };
    everywhere(|| {
        assert_eq!(refused(), Some(0.0));
        WaitSeconds { who: "a" }.observe(f64::NAN);
        assert_eq!(refused(), Some(1.0));
    });
    assert_eq!(refused(), Some(0.0));
}

#[test]
fn exemplars_and_starts_belong_to_one_test() {
    let child = || {
        let families = registry().gather();
        let family = families.into_iter().find(|it| it.name == "families_traced_total")?;
        family.children.into_iter().next()
    };
    everywhere(|| {
        let begun = SystemTime::now() - Duration::from_secs(1);
        assert!(child().is_none());
        TracedTotal { who: "a" }.inc();
        assert!(child().expect("it is there").exemplars.is_empty(), "none of another test");
        TracedTotal { who: "a" }.inc_with_exemplar(TraceContext::new(1, 2).expect("a trace"));
        let child = child().expect("it is there");
        assert_eq!(child.exemplars.len(), 1);
        assert!(child.started.expect("a counter has it") > begun, "{child:?}");
        assert!(TracedTotal { who: "a" }.child().started().expect("it lives") > begun);
    });
    assert!(child().is_none(), "outside");
}

/// Values of an isolation that is over are used again.
#[test]
fn series_come_in_the_order_in_which_they_were_made() {
    let order = || {
        let families = registry().gather();
        let family =
            families.into_iter().find(|it| it.name == "families_level").expect("it is there");
        family.children.into_iter().map(|mut it| it.labels.remove(0).1).collect::<Vec<_>>()
    };
    for _ in 0..3 {
        testing::isolated(|| {
            let rooms: Vec<_> = (0..100).map(|room| room.to_string()).collect();
            for room in &rooms {
                Level { room }.set(1);
            }
            Level { room: "7" }.remove();
            Level { room: "7" }.set(1);
            let mut expected = rooms;
            expected.retain(|room| room != "7");
            let mut found = order();
            found.retain(|room| room != "7");
            assert_eq!(found, expected);
        });
    }
}

#[test]
fn an_isolation_in_an_isolation_is_another_one() {
    testing::isolated(|| {
        ClosedTotal { kind: Kind::New }.inc();
        testing::isolated(|| assert_metrics! { ClosedTotal { kind: Kind::New } => 0 });
        assert_metrics! { ClosedTotal { kind: Kind::New } => 1 }
    });
}

#[test]
fn a_panic_ends_an_isolation() {
    let panicked = std::panic::catch_unwind(|| {
        let _metrics = testing::isolate();
        OpenTotal { who: "panic" }.inc();
        panic!("as a test does");
    });
    assert!(panicked.is_err());
    assert_eq!(OpenTotal { who: "panic" }.get(), None);
}

#[test]
fn guards_may_be_dropped_in_any_order() {
    let kind = Kind::Old;
    let first = testing::isolate();
    ClosedTotal { kind }.inc();
    let second = testing::isolate();
    ClosedTotal { kind }.inc_by(2);
    drop(first);
    assert_metrics! { ClosedTotal { kind } => 2 }
    drop(second);
    assert_eq!(ClosedTotal { kind }.get(), Some(0));
}
