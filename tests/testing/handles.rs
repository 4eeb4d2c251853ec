//! Handles, guards and timers that are made in one isolation and used in another, or nowhere.

use std::sync::{LazyLock, OnceLock};

use caas_metrics::{Child, assert_metrics, testing, testing::Isolation};

caas_metrics::metrics! {
    namespace = "handles";

    /// Open labels.
    counter OpenTotal { who: &str, code: u16 }

    /// Closed labels.
    counter ClosedTotal { is_new: bool }

    /// A gauge that can be set.
    gauge Level { room: &str }

    /// Time in seconds.
    histogram TimeSeconds { who: &str }

    /// Few series.
    #[limit = 1]
    counter FewTotal { who: &str }
}

static OPEN: LazyLock<Child<OpenTotal<'static>>> =
    LazyLock::new(|| OpenTotal { who: "static", code: 200 }.child());
static CLOSED: LazyLock<Child<ClosedTotal>> =
    LazyLock::new(|| ClosedTotal { is_new: true }.child());
static LEVEL: OnceLock<Child<Level<'static>>> = OnceLock::new();

/// Whichever test is first makes the handles.
fn use_them() {
    OPEN.inc();
    CLOSED.inc();
    LEVEL.get_or_init(|| Level { room: "static" }.child()).set(3);
}

macro_rules! tests {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let _metrics = testing::isolate();
            use_them();
            use_them();
            assert_metrics! {
                OpenTotal { who: "static", code: 200 } => 2,
                ClosedTotal { is_new: true } => 2,
                Level { room: "static" } => 3,
            }
            assert!(OPEN.started().is_some());
        }
    )*};
}

tests! {
    handles_in_statics_count_for_the_test_that_uses_them
    also_for_the_second
    also_for_the_third
    also_for_the_fourth
}

#[test]
fn a_handle_is_stale_in_the_isolation_where_its_child_was_removed() {
    let outside = OpenTotal { who: "stale", code: 1 }.child();
    outside.inc();
    testing::isolated(|| {
        outside.inc();
        assert_metrics! { OpenTotal { who: "stale", code: 1 } => 1 }
        assert!(OpenTotal { who: "stale", code: 1 }.remove());
        outside.inc();
        assert_metrics! { OpenTotal { who: "stale", code: 1 } => none }
        let second = OpenTotal { who: "stale", code: 1 }.child();
        second.inc();
        outside.inc();
        assert_metrics! { OpenTotal { who: "stale", code: 1 } => 1 }
        let second_outside = Isolation::current();
        testing::isolated(|| second_outside.run(|| second.inc()));
        assert_metrics! { OpenTotal { who: "stale", code: 1 } => 2 }
    });
    outside.inc();
    assert_eq!(OpenTotal { who: "stale", code: 1 }.get(), Some(2));
}

#[test]
fn a_handle_of_an_isolation_that_is_over_counts_elsewhere() {
    let (open, level) = testing::isolated(|| {
        let open = OpenTotal { who: "over", code: 2 }.child();
        open.inc_by(5);
        (open, Level { room: "over" }.child())
    });
    for _ in 0..2 {
        testing::isolated(|| {
            assert_metrics! { OpenTotal { who: "over", code: 2 } => none }
            open.inc();
            level.set(4);
            level.child().inc();
            assert_metrics! { OpenTotal { who: "over", code: 2 } => 1, Level { room: "over" } => 5 }
        });
    }
    open.inc();
    assert_eq!(OpenTotal { who: "over", code: 2 }.get(), Some(1));
}

/// The copy belongs where it was made.
#[test]
fn a_copy_of_a_handle_counts_in_both_isolations() {
    let [first, second] = [(); 2].map(|()| Isolation::new());
    let handle = first.run(|| OpenTotal { who: "copy", code: 0 }.child());
    let copy = second.run(|| {
        (1..5).for_each(|code| OpenTotal { who: "other", code }.inc());
        handle.child()
    });
    first.run(|| (1..9).for_each(|code| OpenTotal { who: "first", code }.init()));
    for isolation in [&first, &second] {
        isolation.run(|| {
            copy.inc();
            handle.inc();
            assert_metrics! { OpenTotal { who: "copy", code: 0 } => 2 }
        });
    }
    first.run(|| assert_metrics! { OpenTotal { who: "first", code: 4 } => 0 });
}

#[test]
fn a_handle_of_the_overflow_series_stands_for_its_labels_elsewhere() {
    let second = testing::isolated(|| {
        FewTotal { who: "first" }.inc();
        let second = FewTotal { who: "second" }.child();
        second.inc();
        assert_metrics! { FewTotal { who: "__overflow__" } => 1 }
        second
    });
    testing::isolated(|| {
        second.inc();
        assert_metrics! { FewTotal { who: "second" } => 1, FewTotal { who: "__overflow__" } => none }
    });
}

#[test]
fn timers_observe_where_they_were_started() {
    let isolation = Isolation::new();
    let timers = isolation.run(|| [(); 3].map(|()| TimeSeconds { who: "timer" }.start_timer()));
    let [dropped, stopped, discarded] = timers;
    drop(dropped);
    let _ = stopped.stop();
    discarded.discard();
    isolation.run(|| {
        let reading = TimeSeconds { who: "timer" }.get().expect("it is there");
        assert_eq!(reading.count(), 2);
    });
    assert!(TimeSeconds { who: "timer" }.get().is_none());
    assert_eq!(ended(isolation), 2);
}

/// Timers do not keep an isolation: its values are used again.
fn ended(isolation: Isolation) -> u64 {
    let count = isolation.run(|| TimeSeconds { who: "timer" }.get().map(|it| it.count()));
    drop(isolation);
    testing::isolated(|| assert_metrics! { TimeSeconds { who: "timer" } => none });
    count.unwrap_or_default()
}

#[test]
fn a_timer_of_outside_observes_outside() {
    let timer = TimeSeconds { who: "outside" }.start_timer();
    testing::isolated(|| {
        drop(timer);
        assert_metrics! { TimeSeconds { who: "outside" } => none }
    });
    assert_eq!(TimeSeconds { who: "outside" }.get().expect("it is there").count(), 1);
}
