//! What the system knows of this process: processor time, memory, file descriptors.
//!
//! Not here: what is read where (`files.rs`), and the page (`http`), which [`serve`](crate::http::serve)
//! and the axum router ask for these metrics. Invariant: a number that the system does not give is missing;
//! it is never made up.
//!
//! The metrics have the names that every client library of Prometheus gives them, so dashboards made for
//! others show them too:
//!
//! | metric | it is |
//! |---|---|
//! | `process_cpu_seconds_total` | user and system time of all threads, in steps of 10 ms |
//! | `process_open_fds` | open file descriptors |
//! | `process_heap_bytes` | addresses for the heap and for stacks, with or without memory |
//! | `process_max_fds` | the soft limit of these |
//! | `process_resident_memory_bytes` | memory that is in RAM |
//! | `process_virtual_memory_bytes` | addresses in use, with or without memory |
//! | `process_virtual_memory_max_bytes` | the soft limit of these |
//! | `process_start_time_seconds` | when the process began, as Unix time |
//! | `process_threads` | threads of the system |
//!
//! Where there is no limit, its metric is 2⁶⁴ - 1, `1.8446744073709552e+19`, as in the Go library.
//! `process_heap_bytes` is what the kernel calls data (`VmData`), as in the library for Node.js: private memory
//! that can be written, with the stacks of threads. How much of it is in use, only an allocator knows.
//!
//! # When they are on the page
//!
//! With the feature `process`, on Linux and Android, where `/proc` has them; on other systems never. They
//! are in the process's registry from the first [`serve`](crate::http::serve), `serve` of a builder, or
//! [`axum::router`](crate::axum::router) on. Who answers scrapes without these calls [`register`].
//!
//! To switch them off, leave the feature out. If another crate switches it on, start the server by
//! [`ServerBuilder::without_process_metrics`](crate::http::ServerBuilder::without_process_metrics), and
//! route `/metrics` to [`respond_to`](crate::http::respond_to) instead of using the axum router.
//!
//! A program may have these names already, such as from the `prometheus` crate with its feature `process`.
//! Then its families stay, and ours of the same names are left out.
//! [`check`](crate::Registry::check) does not report that.
//!
//! # Cost
//!
//! A scrape reads three files and counts the descriptors, on the thread of the registry that asks
//! [collectors](crate::Collector); the collector is called `process` in our own metrics. That takes 65
//! microseconds. Before Linux 6.2 descriptors are counted one by one, at 12 microseconds each.

mod files;

use std::time::{Duration, UNIX_EPOCH};

use self::files::Reading;
use crate::{
    collector::{Collector, CollectorOptions},
    desc::{Descriptor, MetricType, NumberType},
    registry::Registry,
    sample::{ChildSnapshot, FamilySnapshot, Number},
};

/// Adds the metrics of the process to the process's registry, if they are not there.
///
/// It is for programs that answer scrapes by [`http::respond`](crate::http::respond) or
/// [`Registry::encode`]. [`serve`](crate::http::serve) and the axum router call it. Does nothing on systems
/// other than Linux and Android.
///
/// ```
/// caas_metrics::process::register();
///
/// # #[cfg(target_os = "linux")]
/// assert!(caas_metrics::registry().gather().iter().any(|it| it.name == "process_open_fds"));
/// ```
pub fn register() {
    register_in(crate::registry());
}

/// [`register`], for a registry of your own.
///
/// ```
/// let registry = caas_metrics::Registry::new();
/// caas_metrics::process::register_in(&registry);
/// caas_metrics::process::register_in(&registry);
/// # #[cfg(target_os = "linux")]
/// assert!(registry.descriptors().any(|it| it.name == "process_cpu_seconds_total"));
/// assert_eq!(registry.check(), []);
/// ```
pub fn register_in(registry: &Registry) {
    if cfg!(any(target_os = "linux", target_os = "android")) {
        registry.register_once(CollectorOptions::new("process").giving_way(), Process);
    }
}

/// [`register`], for a server of this registry, unless it is one that a program filled itself.
#[cfg(feature = "http")]
pub(crate) fn register_for(registry: &Registry) {
    if std::ptr::eq(registry, crate::registry()) {
        register();
    }
}

/// Every family, by name.
static FAMILIES: [Descriptor; 9] = [
    Descriptor::new(
        MetricType::Counter,
        "process_cpu_seconds_total",
        "Total user and system CPU time spent in seconds.",
    )
    .with_unit("seconds")
    .with_number(NumberType::Float),
    gauge("process_heap_bytes", "Process heap size in bytes.").with_unit("bytes"),
    gauge("process_max_fds", "Maximum number of open file descriptors."),
    gauge("process_open_fds", "Number of open file descriptors."),
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.").with_unit("bytes"),
    gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
        .with_unit("seconds")
        .with_number(NumberType::Float),
    gauge("process_threads", "Number of OS threads in the process."),
    gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.").with_unit("bytes"),
    gauge(
        "process_virtual_memory_max_bytes",
        "Maximum amount of virtual memory available in bytes.",
    )
    .with_unit("bytes"),
];

const fn gauge(name: &'static str, help: &'static str) -> Descriptor {
    Descriptor::new(MetricType::Gauge, name, help)
}

struct Process;

impl Collector for Process {
    fn collect(&self) -> Vec<FamilySnapshot> {
        let reading = Reading::now();
        let started =
            reading.start_seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs_f64(seconds));
        let values: [Option<Number>; FAMILIES.len()] = [
            reading.cpu_seconds.map(Number::from),
            reading.heap_bytes.map(Number::from),
            reading.max_fds.map(Number::from),
            reading.open_fds.map(Number::from),
            reading.resident_bytes.map(Number::from),
            reading.start_seconds.map(Number::from),
            reading.threads.map(Number::from),
            reading.virtual_bytes.map(Number::from),
            reading.virtual_max_bytes.map(Number::from),
        ];
        let known = FAMILIES.iter().zip(values);
        let known = known.filter_map(|(descriptor, value)| Some((descriptor, value?)));
        known
            .map(|(descriptor, value)| {
                let mut sample = ChildSnapshot::new(&[], value);
                sample.started = started.filter(|_| descriptor.metric_type == MetricType::Counter);
                let mut family = FamilySnapshot::of(descriptor);
                family.children.push(sample);
                family
            })
            .collect()
    }

    fn describe(&self) -> &'static [Descriptor] {
        &FAMILIES
    }
}
