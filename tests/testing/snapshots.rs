//! Snapshots of all values, and what has changed between two.

use caas_metrics::{counted, testing};

caas_metrics::metrics! {
    namespace = "snapshots";

    /// Events.
    counter EventsTotal { of: &str, code: u16 }

    /// A level.
    gauge Level<f64>;

    /// Time in seconds.
    histogram TimeSeconds { of: &str }
}

#[test]
fn values_are_found_by_name_and_labels_in_any_order() {
    let _metrics = testing::isolate();
    EventsTotal { of: "a\"b", code: 7 }.inc_by(3);
    Level.set(-0.5);
    TimeSeconds { of: "x" }.observe(2.0);
    let now = testing::snapshot();
    let events = "snapshots_events_total";
    assert_eq!(now.value(events, [("code", "7"), ("of", "a\"b")]), Some(3.0));
    assert_eq!(now.value(events, [("of", "a\"b")]), None, "not all labels");
    assert_eq!(now.value(events, [("of", "a\"b"), ("code", "8")]), None);
    assert_eq!(now.value("snapshots_level", []), Some(-0.5));
    assert_eq!(now.value("snapshots_time_seconds_count", [("of", "x")]), Some(1.0));
    assert_eq!(now.value("snapshots_time_seconds_sum", [("of", "x")]), Some(2.0));
    assert_eq!(now.value("snapshots_time_seconds", [("of", "x")]), None);
    assert!(now.to_string().contains("\nsnapshots_events_total{of=\"a\\\"b\",code=\"7\"} 3\n"));
    assert!(now.families().iter().any(|family| family.name == events));
}

#[counted]
fn called() {}

#[test]
fn changes_are_listed() {
    let _metrics = testing::isolate();
    EventsTotal { of: "a", code: 1 }.inc();
    EventsTotal { of: "gone", code: 1 }.inc();
    let before = testing::snapshot();
    assert_eq!(testing::snapshot(), before);
    assert!(before.delta().is_empty());

    EventsTotal { of: "a", code: 1 }.inc_by(4);
    EventsTotal { of: "b", code: 2 }.init();
    EventsTotal { of: "gone", code: 1 }.remove();
    Level.set(1.5);
    TimeSeconds { of: "x" }.observe(0.25);
    called();
    let delta = before.delta();
    assert_eq!(
        delta.to_string(),
        "function_calls_total{module=\"isolations::snapshots\",function=\"called\",outcome=\"ok\"} 1 (+1)\n\
         snapshots_events_total{of=\"a\",code=\"1\"} 5 (+4)\n\
         snapshots_events_total{of=\"b\",code=\"2\"} 0 (new)\n\
         snapshots_level 1.5 (+1.5)\n\
         snapshots_time_seconds_count{of=\"x\"} 1 (new)\n\
         snapshots_time_seconds_sum{of=\"x\"} 0.25 (new)\n\
         snapshots_events_total{of=\"gone\",code=\"1\"} 1 (gone)\n"
    );
    assert_eq!(delta.by("snapshots_events_total", [("of", "a"), ("code", "1")]), 4.0);
    assert_eq!(delta.by("snapshots_level", []), 1.5);
    assert_eq!(delta.by("snapshots_other", []), 0.0);
    assert_eq!(delta.changes()[1].before, Some(1.0));
    assert_eq!(before.since(&testing::snapshot()).by("snapshots_level", []), -1.5);
}
