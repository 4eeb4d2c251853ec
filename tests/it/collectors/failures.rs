//! Collectors that hang and that panic.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use caas_metrics::sample::FamilySnapshot;
use caas_metrics::{CollectorOptions, Problem, Registry};

use super::{Gate, SHORT, assert_soon, eventually, impatient, number, patient, well};

fn failures(families: &[FamilySnapshot], reason: &str) -> Option<f64> {
    let labels = [("collector", "gate"), ("reason", reason)];
    number(families, "caas_metrics_collector_failures_total", &labels)
}

fn age(families: &[FamilySnapshot]) -> Option<f64> {
    number(families, "caas_metrics_collector_age_seconds", &[("collector", "gate")])
}

#[test]
fn a_collector_that_hangs_shows_its_last_values_and_comes_back() {
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, impatient());
    registry.register_with(CollectorOptions::new("well"), well);
    let before = registry.gather();
    assert_eq!((number(&before, "g", &[]), failures(&before, "timeout")), (Some(1.0), Some(0.0)));
    assert!(age(&before).unwrap() < 20.0);

    gate.shut();
    let start = Instant::now();
    for n in 1..4 {
        let families = registry.gather();
        assert_eq!(number(&families, "g", &[]), Some(1.0), "the last value");
        assert_eq!(number(&families, "well", &[]), Some(1.0), "the others go on");
        assert!(age(&families).unwrap() >= 1.0, "as old as its deadline at least");
        assert_eq!(failures(&families, "timeout"), Some(f64::from(n)), "at each scrape");
        let problems =
            number(&families, "caas_metrics_problems", &[("kind", "collector_timed_out")]);
        assert_eq!(problems, Some(1.0));
    }
    assert_eq!(gate.calls(), 2, "it is not called while it hangs");
    let problems = registry.check();
    let [Problem::CollectorTimedOut { collector, deadline, .. }] = &problems[..] else {
        panic!("{problems:?}")
    };
    assert_eq!((&**collector, *deadline), ("gate", SHORT));
    assert_soon(start);

    gate.open();
    eventually("it is called again", || number(&registry.gather(), "g", &[]) > Some(2.0));
    assert_eq!(registry.check(), []);
}

#[test]
fn what_comes_late_counts_even_if_no_call_is_due() {
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, impatient().every(Duration::from_secs(10_000)));
    gate.shut();
    assert_eq!(number(&registry.gather(), "g", &[]), None);
    gate.open();
    eventually("it comes", || number(&registry.gather(), "g", &[]) == Some(1.0));
    assert_eq!(registry.check(), []);
    assert_eq!(gate.calls(), 1);
}

#[test]
fn every_collector_may_hang() {
    let registry = Registry::new();
    let gates: Vec<_> = (0..4).map(|_| Gate::new()).collect();
    for (gate, _) in &gates {
        gate.shut();
        gate.register(&registry, impatient());
    }
    registry.register(well);
    let start = Instant::now();
    assert_eq!(number(&registry.gather(), "well", &[]), Some(1.0));
    assert_eq!(registry.check().len(), 4);
    assert_soon(start);
    assert!(gates.iter().all(|(gate, _)| gate.calls() == 1));
}

#[test]
fn who_takes_less_than_the_deadline_is_waited_for() {
    let registry = Registry::new();
    registry.register_with(patient(), || {
        thread::sleep(Duration::from_millis(300));
        well()
    });
    assert_eq!(number(&registry.gather(), "well", &[]), Some(1.0));
    assert_eq!(registry.check(), []);
}

#[test]
fn a_collector_that_panics_shows_its_last_values_and_comes_back() {
    let registry = Registry::new();
    let panics = Arc::new(AtomicBool::new(false));
    let calls = AtomicU32::new(0);
    let is_on = Arc::clone(&panics);
    registry.register_with(patient(), move || {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        assert!(!is_on.load(Ordering::Relaxed), "on purpose");
        vec![FamilySnapshot::gauge("g", "Calls.").with(&[], f64::from(call))]
    });
    assert_eq!(number(&registry.gather(), "g", &[]), Some(0.0));
    panics.store(true, Ordering::Relaxed);
    let families = registry.gather();
    assert_eq!(number(&families, "g", &[]), Some(0.0));
    assert_eq!(failures(&families, "panic"), Some(1.0));
    assert!(matches!(&registry.check()[..], [Problem::CollectorPanicked { .. }]));
    panics.store(false, Ordering::Relaxed);
    assert_eq!(number(&registry.gather(), "g", &[]), Some(3.0));
    assert_eq!(registry.check(), []);
}

#[test]
fn a_registry_can_be_dropped_while_a_collector_hangs() {
    let (gate, _open) = Gate::new();
    let held = Arc::new(());
    let registry = Registry::new();
    gate.register(&registry, impatient());
    let kept = Arc::clone(&held);
    registry.register(move || {
        let _ = &kept;
        well()
    });
    gate.shut();
    let _ = registry.gather();
    let start = Instant::now();
    drop(registry);
    assert_soon(start);
    // Its threads end, but for the one that hangs.
    eventually("what it held is freed", || Arc::strong_count(&held) == 1);
    let weak = Arc::downgrade(&gate.0);
    assert!(weak.strong_count() > 2);
    gate.open();
    eventually("then that one ends too", || weak.strong_count() == 2);
}

/// The system gives no threads to a process that may have no more memory. That is the whole process, so
/// it is another one.
#[cfg(target_os = "linux")]
#[test]
fn without_threads_scrapes_go_on() {
    const INNER: &str = "CAAS_TEST_NO_THREADS";
    if std::env::var_os(INNER).is_none() {
        let name = concat!(module_path!(), "::without_threads_scrapes_go_on");
        let name = name.split_once("::").unwrap().1;
        let mut inner = std::process::Command::new(std::env::current_exe().unwrap());
        let status = inner.args(["--exact", name, "--nocapture"]).env(INNER, "1").status();
        assert!(status.unwrap().success());
        return;
    }
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, impatient());
    registry.register(well);

    forbid_threads(true);
    let families = registry.gather();
    assert_eq!((number(&families, "g", &[]), failures(&families, "thread")), (None, Some(1.0)));
    let problems = registry.check();
    assert_eq!(problems.len(), 2);
    assert!(problems.iter().all(|it| matches!(it, Problem::CollectorWithoutThread { .. })));
    forbid_threads(false);
    assert_eq!(number(&registry.gather(), "g", &[]), Some(1.0));
    assert_eq!(registry.check(), []);

    // And no thread takes over from one that hangs.
    gate.shut();
    forbid_threads(true);
    let families = registry.gather();
    assert_eq!(number(&families, "g", &[]), Some(2.0), "the last value");
    assert_eq!(number(&families, "well", &[]), Some(1.0), "the last value");
    assert_eq!(failures(&families, "timeout"), Some(1.0));
    forbid_threads(false);
    assert_eq!(registry.check().len(), 1, "now the others are called again");
    gate.open();
    eventually("it comes back", || number(&registry.gather(), "g", &[]) > Some(3.0));
}

#[cfg(target_os = "linux")]
fn forbid_threads(are_forbidden: bool) {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    // A stack is larger than that.
    let current = are_forbidden.then(|| pages * rustix::param::page_size() as u64 + 1_000_000);
    setrlimit(Resource::As, Rlimit { current, maximum: None }).unwrap();
    // Only then, for a thread that ends leaves its stack to the next one.
    assert!(!are_forbidden || thread::Builder::new().spawn(|| ()).is_err());
}
