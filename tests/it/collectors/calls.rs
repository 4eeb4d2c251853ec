//! Which scrapes share a call, and which get values that are there already.

use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Waker};
use std::time::Duration;

use axum::body::HttpBody as _;
use caas_metrics::http::{Body, respond_from};
use caas_metrics::sample::FamilySnapshot;
use caas_metrics::{CollectorOptions, Format, Registry};
use http::HeaderMap;
use http_body_util::BodyExt;

use super::{Gate, eventually, number, patient, well};

/// A scrape that has begun.
fn begin(registry: &Registry) -> Body {
    respond_from(registry, &HeaderMap::new()).into_body()
}

fn read(body: Body) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let bytes = runtime.block_on(body.collect()).unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn scrapes_that_wait_share_the_next_call() {
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, patient());
    gate.shut();
    let first = begin(&registry);
    gate.wait_for_calls(1);
    // They come while a call is under way, whose values may be older than they are.
    let mut others: Vec<_> = (0..10).map(|_| begin(&registry)).collect();
    gate.let_through(1);
    gate.wait_for_calls(2);
    assert!(read(first).contains("\ng 1\n"));
    let mut context = Context::from_waker(Waker::noop());
    for other in &mut others {
        assert!(Pin::new(other).poll_frame(&mut context).is_pending());
    }
    gate.open();
    for other in others {
        let page = read(other);
        assert!(page.contains("\ng 2\n"), "{page}");
    }
    assert_eq!(gate.calls(), 2);
}

#[test]
fn each_scrape_has_values_from_after_it_began() {
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, patient());
    for n in 1..20 {
        assert_eq!(number(&registry.gather(), "g", &[]), Some(f64::from(n)));
    }
}

#[test]
fn many_threads_scrape_at_once() {
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, patient());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut last = None;
                for _ in 0..200 {
                    let before = gate.calls();
                    let found = number(&registry.gather(), "g", &[]);
                    assert!(found > last && found > Some(f64::from(before) - 1.0));
                    last = found;
                }
            });
        }
    });
}

#[test]
fn a_cadence_is_kept() {
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, patient().every(Duration::from_secs(10_000)));
    for _ in 0..3 {
        assert_eq!(number(&registry.gather(), "g", &[]), Some(1.0));
    }
    // Another collector does not change that, nor do default labels.
    registry.register(well);
    registry.set_default_labels([("zone", "a")]);
    let families = registry.gather();
    assert_eq!(number(&families, "g", &[("zone", "a")]), Some(1.0));
    assert_eq!(number(&families, "well", &[("zone", "a")]), Some(1.0));
    assert_eq!(gate.calls(), 1);

    let (often, _open) = Gate::new();
    let registry = Registry::new();
    often.register(&registry, patient().every(Duration::from_millis(20)));
    eventually("its time comes", || number(&registry.gather(), "g", &[]) >= Some(3.0));
}

#[test]
fn a_collector_that_comes_during_a_call_is_asked_next() {
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, patient());
    gate.shut();
    let first = begin(&registry);
    gate.wait_for_calls(1);
    registry.register(well);
    gate.open();
    assert!(!read(first).contains("\nwell 1\n"));
    assert!(read(begin(&registry)).contains("\nwell 1\n"));
}

/// Waiting for oneself would end at the deadline only, and without a value.
#[test]
fn a_collector_may_scrape_its_own_registry() {
    let registry = Arc::new(Registry::new());
    let found = Arc::new(OnceLock::new());
    let (ours, first) = (Arc::downgrade(&registry), Arc::clone(&found));
    let options = CollectorOptions::new("gate").deadline(Duration::from_secs(30));
    registry.register_with(options, move || {
        let registry = Weak::upgrade(&ours).expect("it is scraped");
        let families = registry.gather();
        registry.encode(Format::Text, &mut Vec::new()).unwrap();
        assert_eq!(registry.check(), []);
        let inner = number(&families, "g", &[]);
        first.get_or_init(|| inner);
        vec![FamilySnapshot::gauge("g", "G.").with(&[], inner.unwrap_or(0.0) + 1.0)]
    });
    for n in 1..4 {
        assert_eq!(number(&registry.gather(), "g", &[]), Some(f64::from(n)), "{n}");
    }
    assert_eq!(found.get(), Some(&None), "at first there is nothing");
}

/// Registries can be put together by collectors, and each has its own thread.
#[test]
fn a_collector_may_scrape_another_registry() {
    let (inner, outer) = (Registry::new(), Registry::new());
    let (gate, _open) = Gate::new();
    gate.register(&inner, patient());
    outer.register(move || {
        let mut families = inner.gather();
        families.retain(|family| !family.name.starts_with("caas_metrics_"));
        families
    });
    assert_eq!(number(&outer.gather(), "g", &[]), Some(1.0));
    assert_eq!(number(&outer.gather(), "g", &[]), Some(2.0));
}

#[test]
fn a_scrape_outlives_its_registry() {
    let registry = Registry::new();
    registry.register(well);
    let scrape = begin(&registry);
    drop(registry);
    assert!(read(scrape).contains("\nwell 1\n"));
}

#[test]
fn two_collectors_of_one_name_are_two_series() {
    let registry = Registry::new();
    let pool = || CollectorOptions::new("pool");
    registry.register_with(pool(), || vec![FamilySnapshot::gauge("a", "A.").with(&[], 1.0)]);
    registry.register_with(pool(), || vec![FamilySnapshot::gauge("b", "B.").with(&[], 1.0)]);
    let twice = || {
        for n in 0..2 {
            registry.register(move || {
                vec![FamilySnapshot::gauge(&format!("c_{n}"), "C.").with(&[], 1.0)]
            });
        }
    };
    twice();
    let families = registry.gather();
    let age = families.iter().find(|it| it.name == "caas_metrics_collector_age_seconds").unwrap();
    let names: Vec<&str> = age.children.iter().map(|sample| &*sample.labels[0].1).collect();
    let [first, second, line, same_line] = names[..] else { panic!("{names:?}") };
    assert_eq!((first, second), ("pool", "pool#2"));
    assert!(line.starts_with("tests/it/collectors/calls.rs:"), "{line}");
    assert_eq!(same_line, format!("{line}#2"));
}
