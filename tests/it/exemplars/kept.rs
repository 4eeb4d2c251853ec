//! Which exemplars are kept: one a bucket, one a second, as long as the series lives.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use caas_metrics::{Label, metrics};

use super::{children, exemplars, in_trace, trace, traces};

metrics! {
    namespace = "kept";

    /// Orders.
    #[exemplars]
    counter OrdersTotal { region: &str }

    /// Watts.
    #[exemplars]
    counter EnergyJoulesTotal<f64>;

    /// Time to wait in seconds.
    #[exemplars]
    #[buckets(0.1, 1)]
    histogram WaitSeconds { queue: &str }

    /// Sizes in bytes.
    #[exemplars]
    #[buckets(10, 20, 30)]
    histogram SizeBytes { safe: bool }

    /// Retries.
    #[exemplars]
    counter RetriesTotal { safe: bool }

    /// Jobs, with an outcome.
    #[exemplars]
    #[zeroed(safe)]
    counter JobsTotal { queue: &str, safe: bool }

    /// Steps.
    #[exemplars]
    #[lazy]
    #[buckets(1)]
    histogram StepsMeters { leg: Leg }

    /// Users.
    #[exemplars]
    #[limit = 1]
    counter UsersTotal { name: &str }

    /// Work of many threads, in seconds.
    #[exemplars]
    #[buckets(linear(100, 100, 20))]
    histogram WorkSeconds;
}

#[derive(Label, Clone, Copy)]
enum Leg {
    Left,
    Right,
}

#[test]
fn an_exemplar_has_labels_a_value_and_a_time() {
    let before = SystemTime::now();
    OrdersTotal { region: "eu" }.inc_by_with_exemplar(3, [("order", "a-17"), ("user", "\u{fc}")]);
    let [found] = &exemplars("kept_orders_total", "eu")[..] else { panic!("one") };
    let labels: Vec<_> = found.labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(labels, [("order", "a-17"), ("user", "\u{fc}")]);
    assert_eq!(found.value, 3.0);
    let millisecond = Duration::from_millis(1);
    assert!(before - millisecond <= found.timestamp && found.timestamp <= SystemTime::now());
    EnergyJoulesTotal.inc_by_with_exemplar(0.5, trace(7));
    assert_eq!(exemplars("kept_energy_joules_total", "")[0].value, 0.5);
}

#[test]
fn each_bucket_has_one_in_order() {
    let wait = WaitSeconds { queue: "mail" }.child();
    wait.observe_with_exemplar(7.0, trace(3));
    wait.observe_with_exemplar(Duration::from_millis(100), trace(1)); // bounds are inclusive
    wait.observe(0.5);
    let found = exemplars("kept_wait_seconds", "mail");
    assert_eq!(traces(&found), [1, 3]);
    assert_eq!((found[0].value, found[1].value), (0.1, 7.0));
}

/// The first of a second stays. Between the two updates a second can begin, but not each time.
#[test]
fn a_second_one_in_a_second_is_left_out() {
    let first_stays = (0..10).any(|round| {
        let region = format!("round {round}");
        let orders = OrdersTotal { region: &region }.child();
        orders.inc_with_exemplar(trace(1));
        orders.inc_with_exemplar(trace(2));
        traces(&exemplars("kept_orders_total", &region)) == [1]
    });
    assert!(first_stays);
}

#[test]
fn a_later_one_replaces_it_and_an_update_without_one_does_not() {
    let orders = OrdersTotal { region: "later" }.child();
    orders.inc_with_exemplar(trace(1));
    let begun = Instant::now();
    let mut number = 1;
    let replaced = loop {
        for _ in 0..3 {
            orders.inc();
        }
        number += 1;
        orders.inc_with_exemplar(trace(number));
        let found = traces(&exemplars("kept_orders_total", "later"));
        assert_eq!(found.len(), 1, "an update without an exemplar erased it");
        if found != [1] || begun.elapsed() > Duration::from_mins(1) {
            break found;
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(replaced, [number]);
    assert!(begun.elapsed() > Duration::from_millis(1), "a second began");
}

#[test]
fn a_removed_series_has_none_when_it_is_born_again() {
    let set = OrdersTotal { region: "removed" };
    let kept = set.child();
    set.inc_with_exemplar(trace(1));
    set.remove();
    kept.inc_with_exemplar(trace(2)); // goes nowhere
    set.inc();
    assert_eq!(exemplars("kept_orders_total", "removed"), []);
    kept.inc_with_exemplar(trace(3));
    assert_eq!(exemplars("kept_orders_total", "removed"), []);
    set.inc_with_exemplar(trace(4));
    assert_eq!(traces(&exemplars("kept_orders_total", "removed")), [4], "in the same second");
}

#[test]
fn a_reset_series_has_none() {
    // With cells that have a stamp, and with a baseline.
    SizeBytes { safe: true }.observe_with_exemplar(15, trace(1));
    RetriesTotal { safe: true }.inc_with_exemplar(trace(1));
    assert_eq!(traces(&exemplars("kept_size_bytes", "true")), [1]);
    assert_eq!(traces(&exemplars("kept_retries_total", "true")), [1]);
    SizeBytes::reset();
    RetriesTotal { safe: true }.remove();
    for name in ["kept_size_bytes", "kept_retries_total"] {
        assert_eq!(exemplars(name, "true"), [], "{name}");
    }
    SizeBytes { safe: true }.observe_with_exemplar(15, trace(2));
    RetriesTotal { safe: true }.inc_with_exemplar(trace(2));
    assert_eq!(traces(&exemplars("kept_size_bytes", "true")), [2]);
    assert_eq!(traces(&exemplars("kept_retries_total", "true")), [2]);
}

#[test]
fn the_first_observation_of_a_series_that_nothing_exported_has_one() {
    let left = StepsMeters { leg: Leg::Left };
    left.observe_with_exemplar(0.5, trace(1));
    assert_eq!(traces(&exemplars("kept_steps_meters", "left")), [1]);
    left.remove();
    assert_eq!(exemplars("kept_steps_meters", "left"), []);
    let right = StepsMeters { leg: Leg::Right };
    right.init();
    assert_eq!(exemplars("kept_steps_meters", "right"), []);
    right.observe_with_exemplar(5, trace(2));
    assert_eq!(traces(&exemplars("kept_steps_meters", "right")), [2]);
}

#[test]
fn series_of_a_block_have_their_own() {
    JobsTotal { queue: "mail", safe: true }.inc_with_exemplar(trace(1));
    JobsTotal { queue: "mail", safe: false }.inc_with_exemplar(trace(2));
    let found = children("kept_jobs_total").into_iter();
    let mut found: Vec<_> =
        found.map(|child| (child.labels[1].1.clone(), traces(&child.exemplars))).collect();
    found.sort();
    assert_eq!(found, [("false".to_owned(), vec![2]), ("true".to_owned(), vec![1])]);
    JobsTotal { queue: "mail", safe: true }.remove(); // the other one lives
    let found = children("kept_jobs_total").into_iter();
    let found: Vec<_> = found.flat_map(|child| traces(&child.exemplars)).collect();
    assert_eq!(found, [2]);
}

#[test]
fn an_overflow_series_has_them_too() {
    UsersTotal { name: "first" }.inc();
    UsersTotal { name: "second" }.inc_with_exemplar(trace(1));
    assert_eq!(traces(&exemplars("kept_users_total", "__overflow__")), [1]);
}

/// Each observation names its value as its trace, so an exemplar of two halves would show.
#[test]
fn threads_leave_whole_exemplars() {
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 0..3_u32 {
            scope.spawn(move || {
                let mut value = thread;
                while !IS_OVER.load(Ordering::Relaxed) {
                    value = (value * 7 + 3) % 2_200;
                    let number = u64::from(value) + 1;
                    in_trace(number, || WorkSeconds.observe(f64::from(value)));
                    if thread == 0 && value % 50 == 0 {
                        WorkSeconds::reset();
                    }
                }
            });
        }
        // Under valgrind a minute is enough for a few.
        let (mut seen, begun) = (0, Instant::now());
        while seen < 1_000 && begun.elapsed() < Duration::from_mins(1) {
            for found in exemplars("kept_work_seconds", "") {
                seen += 1;
                assert_eq!(traces(std::slice::from_ref(&found)), [found.value as u64 + 1]);
            }
        }
        IS_OVER.store(true, Ordering::Relaxed);
        assert!(seen > 0);
    });
}

mod first {
    caas_metrics::metrics! {
        /// Declared twice.
        #[exemplars]
        #[buckets(1)]
        pub(super) histogram KeptTwice;
    }
}

mod second {
    caas_metrics::metrics! {
        /// Declared twice.
        #[exemplars]
        #[buckets(1)]
        pub(super) histogram KeptTwice;
    }
}

#[test]
fn of_equal_declarations_the_newer_one_is_shown() {
    first::KeptTwice.observe_with_exemplar(0.5, trace(1));
    second::KeptTwice.observe_with_exemplar(5, trace(2));
    thread::sleep(Duration::from_millis(5)); // times are in milliseconds
    second::KeptTwice.observe_with_exemplar(0.7, trace(3));
    first::KeptTwice.observe(6);
    assert_eq!(traces(&exemplars("kept_twice", "")), [3, 2]);
}

#[test]
fn other_families_have_none() {
    metrics! {
        /// Plain events.
        counter KeptPlainTotal;
    }

    in_trace(1, || KeptPlainTotal.inc());
    assert_eq!(exemplars("kept_plain_total", ""), []);
}
