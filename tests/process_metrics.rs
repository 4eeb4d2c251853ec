//! Who puts the metrics of the process on the page, and who has them already.
//!
//! A program of its own, because it fills the process's registry and the default registry of the
//! `prometheus` crate.
#![cfg(target_os = "linux")]

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use caas_metrics::http::{Server, serve_from};
use caas_metrics::sample::{FamilySnapshot, OwnedValue};
use caas_metrics::{Format, Registry, metrics, registry};
use prometheus::core::{Collector, Desc};
use prometheus::{IntCounter, IntGauge};

metrics! {
    /// A program's own count of its threads.
    gauge ProcessThreads;
}

fn gathered() -> Vec<FamilySnapshot> {
    let mut families = registry().gather();
    families.retain(|family| family.name.starts_with("process_"));
    families
}

fn names() -> Vec<String> {
    gathered().into_iter().map(|family| family.name).collect()
}

fn value(name: &str) -> f64 {
    let families = gathered();
    let family = families.iter().find(|family| family.name == name).unwrap();
    let [child] = &family.children[..] else { panic!("{family:?}") };
    let OwnedValue::Number(number) = child.value else { panic!("{child:?}") };
    number.as_f64()
}

const ALL: [&str; 9] = [
    "process_cpu_seconds_total",
    "process_heap_bytes",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
    "process_virtual_memory_max_bytes",
];

/// Returns what the `prometheus` crate's collector of a process does with its feature `process`. That
/// feature would be on for all programs here.
struct Theirs {
    cpu: IntCounter,
    gauges: Vec<IntGauge>,
}

impl Theirs {
    fn new() -> Self {
        let gauge = |name, help| IntGauge::new(name, help).unwrap();
        let cpu = "Total user and system CPU time spent in seconds.";
        Self {
            cpu: IntCounter::new("process_cpu_seconds_total", cpu).unwrap(),
            gauges: vec![
                gauge("process_open_fds", "Number of open file descriptors."),
                gauge("process_max_fds", "Maximum number of open file descriptors."),
                gauge("process_virtual_memory_bytes", "Virtual memory size in bytes."),
                gauge("process_resident_memory_bytes", "Resident memory size in bytes."),
                gauge(
                    "process_start_time_seconds",
                    "Start time of the process since unix epoch in seconds.",
                ),
            ],
        }
    }
}

impl Collector for Theirs {
    fn desc(&self) -> Vec<&Desc> {
        self.gauges.iter().flat_map(|gauge| gauge.desc()).chain(self.cpu.desc()).collect()
    }

    fn collect(&self) -> Vec<prometheus::proto::MetricFamily> {
        self.gauges.iter().flat_map(Collector::collect).chain(self.cpu.collect()).collect()
    }
}

#[test]
fn a_server_adds_them_once_and_theirs_stay() {
    ProcessThreads.set(1234);
    let own = ["process_threads"];

    // Nobody has asked for them, or not for this registry.
    assert_eq!(names(), own);
    let server = Server::builder().without_process_metrics().serve("127.0.0.1:0").unwrap();
    server.shutdown();
    serve_from(Registry::new(), "127.0.0.1:0").unwrap().shutdown();
    Server::builder().path("no path").serve("127.0.0.1:0").unwrap_err();
    assert_eq!(names(), own);

    // However often, and by whatever call.
    let _router: Router = caas_metrics::axum::router();
    assert_eq!(names(), ALL);
    let servers: Vec<_> = (0..3).map(|_| caas_metrics::serve("127.0.0.1:0").unwrap()).collect();
    let built = Server::builder().path("/other").serve("127.0.0.1:0").unwrap();
    caas_metrics::process::register();
    assert_eq!(names(), ALL);
    assert_eq!(registry().check(), []);

    // A name that the program has declared stays the program's.
    assert_eq!(value("process_threads"), 1234.0);
    let described = registry().descriptors().filter(|it| it.name == "process_threads");
    let helps: Vec<_> = described.map(|it| it.help).collect();
    assert_eq!(helps, ["A program's own count of its threads."]);

    // Nothing else opens files here. The folder itself is open while its entries are counted.
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count() - 1;
    assert_eq!(value("process_open_fds"), open as f64);

    // The program has just begun.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let age = now - value("process_start_time_seconds");
    assert!((0.0..120.0).contains(&age), "{age}");

    // Another library has most of them.
    let theirs = Theirs::new();
    theirs.gauges.iter().for_each(|gauge| gauge.set(-5));
    theirs.cpu.inc_by(77);
    prometheus::register(Box::new(theirs)).unwrap();
    assert_eq!(registry().check(), []);
    assert_eq!(names(), ALL);
    assert_eq!(value("process_cpu_seconds_total"), 77.0);
    assert_eq!(value("process_open_fds"), -5.0);
    assert!(value("process_virtual_memory_max_bytes") > 0.0, "which they do not have");
    let mut page = Vec::new();
    registry().encode(Format::OpenMetrics, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    for name in ALL {
        let is_sample = |line: &&str| line.starts_with(&format!("{name} "));
        assert_eq!(page.lines().filter(is_sample).count(), 1, "{name} in\n{page}");
    }
    let dropped = page.lines().filter(|line| line.starts_with("caas_metrics_dropped_total{"));
    let dropped: Vec<_> = dropped.filter(|line| !line.ends_with(" 0")).collect();
    assert!(dropped.is_empty(), "{dropped:?}");

    servers.into_iter().for_each(Server::shutdown);
    built.shutdown();
}
