//! When series begin, in a program of its own: the clock starts with the first update of a program.

use std::time::{Duration, SystemTime};

use caas_metrics::{metrics, registry};

metrics! {
    /// Closed labels.
    counter EarlyTotal { is_early: bool }

    /// Open labels, and room for one series.
    #[limit = 1]
    counter NamedTotal { name: &str }
}

fn started(family: &str, value: &str) -> SystemTime {
    let families = registry().gather();
    let family = families.iter().find(|it| it.name == family).unwrap();
    let child = family.children.iter().find(|child| child.labels[0].1 == value).unwrap();
    child.started.unwrap()
}

/// Waits until the clock shows another second, since that is as exact as starts are.
fn next_second() {
    let second = || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        now.as_secs()
    };
    let begun = second();
    while second() == begun {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn no_series_begins_after_its_first_update() {
    EarlyTotal { is_early: true }.inc();
    let updated = SystemTime::now();
    next_second();

    // Nothing has looked at the clock before but the update.
    let begun = started("early_total", "true");
    assert!(begun <= updated, "{begun:?} {updated:?}");
    assert_eq!(started("early_total", "false"), begun);
    // Nor do our own counters, which are there from the start.
    assert_eq!(started("caas_metrics_overflow_total", "named_total"), begun);

    let named = |value: &str| started("named_total", value);
    let before = SystemTime::now() - Duration::from_secs(1);
    NamedTotal { name: "a" }.inc();
    NamedTotal { name: "b" }.inc();
    let after = SystemTime::now();
    for value in ["a", "__overflow__"] {
        assert!((before..=after).contains(&named(value)), "{value}");
    }

    // Whatever begins anew has a new start.
    next_second();
    next_second();
    EarlyTotal::reset();
    NamedTotal { name: "a" }.remove();
    NamedTotal { name: "a" }.inc();
    assert!(started("early_total", "true") > begun);
    assert!(named("a") > after);
    assert!(named("__overflow__") <= after);
}
