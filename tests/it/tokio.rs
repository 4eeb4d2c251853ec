//! The metrics of tokio's runtimes, judged by what these tests have them do.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use caas_metrics::sample::{FamilySnapshot, OwnedValue};
use caas_metrics::tokio::{RegisterError, register};
use caas_metrics::{Format, registry};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use crate::parsers::promtool;

fn families() -> Vec<FamilySnapshot> {
    let mut families = registry().gather();
    families.retain(|family| family.name.starts_with("tokio_"));
    families
}

/// The values of a runtime's series in a family, by the label `worker`, which most lack.
fn values(name: &str, runtime: &str) -> BTreeMap<String, f64> {
    let families = families();
    let children = families.iter().filter(|family| family.name == name);
    let children = children.flat_map(|family| &family.children);
    let children = children.filter(|child| child.labels[0] == ("runtime".into(), runtime.into()));
    let value = |value: &OwnedValue| match value {
        OwnedValue::Number(number) => number.as_f64(),
        other => panic!("{other:?}"),
    };
    children
        .map(|child| {
            let worker = child.labels.get(1).map(|(_, worker)| worker.clone());
            (worker.unwrap_or_default(), value(&child.value))
        })
        .collect()
}

fn value(name: &str, runtime: &str) -> f64 {
    let values: Vec<f64> = values(name, runtime).into_values().collect();
    let [value] = values[..] else { panic!("{name} of {runtime}: {values:?}") };
    value
}

/// Waits until a value is as expected: a worker needs its time on a busy machine.
#[track_caller]
fn wait_for(what: &str, found: impl Fn() -> f64, is_expected: impl Fn(f64) -> bool) {
    let begun = Instant::now();
    loop {
        let found = found();
        if is_expected(found) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(50), "{what} is {found}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn multi_thread(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).build().unwrap()
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

#[test]
fn tasks_and_workers_of_two_runtimes_are_kept_apart() {
    let (many, one) = (multi_thread(3), current_thread());
    let _many = register("tokio_apart_many", many.handle()).unwrap();
    let _one = register("tokio_apart_one".to_owned(), one.handle()).unwrap();
    assert_eq!(value("tokio_workers", "tokio_apart_many"), 3.0);
    assert_eq!(value("tokio_workers", "tokio_apart_one"), 1.0);

    let (end, ends) = watch::channel(());
    let waiting = |runtime: &Runtime, count: usize| {
        for _ in 0..count {
            let mut ends = ends.clone();
            runtime.spawn(async move { ends.changed().await });
        }
    };
    waiting(&many, 50);
    waiting(&one, 7);
    assert_eq!(value("tokio_alive_tasks", "tokio_apart_many"), 50.0);
    assert_eq!(value("tokio_alive_tasks", "tokio_apart_one"), 7.0);
    // Nobody drives this runtime.
    assert_eq!(value("tokio_global_queue_depth", "tokio_apart_one"), 7.0);
    // The workers of the other one find nothing to do any more.
    let parked = || value("tokio_parked_workers", "tokio_apart_many");
    wait_for("parked", parked, |parked| parked == 3.0);
    assert_eq!(value("tokio_global_queue_depth", "tokio_apart_many"), 0.0);

    end.send(()).unwrap();
    one.block_on(async {
        while value("tokio_alive_tasks", "tokio_apart_one") > 0.0 {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(value("tokio_global_queue_depth", "tokio_apart_one"), 0.0);
    wait_for("alive", || value("tokio_alive_tasks", "tokio_apart_many"), |alive| alive == 0.0);
}

#[test]
fn a_worker_that_works_is_busy_and_not_parked() {
    let runtime = multi_thread(1);
    let _registration = register("tokio_busy", runtime.handle()).unwrap();
    let busy = || value("tokio_worker_busy_seconds_total", "tokio_busy");
    let parked = || value("tokio_parked_workers", "tokio_busy");
    wait_for("parked", parked, |parked| parked == 1.0);

    let (release, released) = mpsc::channel::<()>();
    let (started, starting) = mpsc::channel();
    let since = Instant::now();
    runtime.spawn(async move {
        started.send(()).unwrap();
        released.recv().unwrap();
    });
    starting.recv().unwrap();
    for _ in 0..9 {
        runtime.spawn(async {});
    }
    assert_eq!(value("tokio_global_queue_depth", "tokio_busy"), 9.0);
    assert_eq!(value("tokio_alive_tasks", "tokio_busy"), 10.0);
    assert_eq!(parked(), 0.0);
    let (before, parks) = (busy(), value("tokio_parks_total", "tokio_busy"));
    thread::sleep(Duration::from_millis(200));
    release.send(()).unwrap();
    wait_for("parked", parked, |parked| parked == 1.0);
    let (spent, elapsed) = (busy() - before, since.elapsed().as_secs_f64());
    assert!((0.2..=elapsed).contains(&spent), "{spent} of {elapsed} seconds");
    assert!(value("tokio_parks_total", "tokio_busy") > parks);
}

#[test]
fn each_worker_has_its_busy_time() {
    let runtime = multi_thread(4);
    let _registration = register("tokio_workers_by_number", runtime.handle()).unwrap();
    let busy = values("tokio_worker_busy_seconds_total", "tokio_workers_by_number");
    assert_eq!(busy.into_keys().collect::<Vec<_>>(), ["0", "1", "2", "3"]);
}

#[test]
fn a_name_is_given_once_at_a_time() {
    let (first, second) = (multi_thread(2), current_thread());
    let registration = register("tokio_name", first.handle()).unwrap();
    let error = register("tokio_name", second.handle()).unwrap_err();
    assert_eq!(error, RegisterError::NameTaken("tokio_name".to_owned()));
    assert_eq!(
        error.to_string(),
        "a runtime is registered as `tokio_name` already: choose another name"
    );
    assert_eq!(value("tokio_workers", "tokio_name"), 2.0, "the first one stays");
    assert_eq!(register("", second.handle()).unwrap_err(), RegisterError::EmptyName);

    drop(registration);
    assert!(values("tokio_workers", "tokio_name").is_empty());
    register("tokio_name", second.handle()).unwrap().detach();
    assert_eq!(value("tokio_workers", "tokio_name"), 1.0);
}

#[test]
fn a_runtime_that_is_gone_stays_as_it_was_until_its_registration_goes() {
    let runtime = multi_thread(2);
    let registration = register("tokio_gone", runtime.handle()).unwrap();
    runtime.spawn(std::future::pending::<()>());
    assert_eq!(value("tokio_alive_tasks", "tokio_gone"), 1.0);
    drop(runtime);
    assert_eq!(value("tokio_alive_tasks", "tokio_gone"), 0.0);
    assert_eq!(value("tokio_workers", "tokio_gone"), 2.0);
    let busy = values("tokio_worker_busy_seconds_total", "tokio_gone");
    assert_eq!(busy, values("tokio_worker_busy_seconds_total", "tokio_gone"));
    drop(registration);
    assert!(values("tokio_alive_tasks", "tokio_gone").is_empty());
}

#[test]
fn the_page_is_as_it_is_described() {
    let runtime = multi_thread(2);
    let _registration = register("tokio_page", runtime.handle()).unwrap();
    let mut page = Vec::new();
    registry().encode(Format::Text, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    let is_of_tokio = |line: &&str| {
        line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ").starts_with("tokio_")
    };
    let page: String = page.lines().filter(is_of_tokio).flat_map(|line| [line, "\n"]).collect();
    promtool::assert_accepts(&page);

    // This registry has other tests' problems too.
    let problems = registry().check();
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert!(!problems.iter().any(|problem| problem.contains("tokio_")), "{problems:?}");
    let described = registry().descriptors().filter(|it| it.name.starts_with("tokio_"));
    let described: Vec<_> = described.map(|it| (it.name, it.unit, it.metric_type)).collect();
    let families = families();
    let returned = families.iter().map(|it| (&*it.name, it.unit.as_deref(), it.metric_type));
    assert_eq!(described, returned.collect::<Vec<_>>());
    assert_eq!(described.len(), 6);
}
