//! What tokio knows of its runtimes: workers, tasks, and how busy they are.
//!
//! Not here: what tasks do, which is for `#[timed]` and `#[in_flight]`. Invariant: nothing runs on a runtime
//! for this; a scrape reads what tokio counts anyway.
//!
//! ```
//! use tokio::runtime::{Builder, Handle};
//!
//! # fn main() -> Result<(), caas_metrics::tokio::RegisterError> {
//! # let runtime = Builder::new_current_thread().build().unwrap();
//! runtime.block_on(async {
//!     let _registration = caas_metrics::tokio::register("main", &Handle::current())?;
//!     // … the service …
//! #   let families = caas_metrics::registry().gather();
//! #   assert!(families.iter().any(|family| family.name == "tokio_alive_tasks"));
//!     Ok(())
//! })
//! # }
//! ```
//!
//! | metric | it is |
//! |---|---|
//! | `tokio_workers{runtime}` | worker threads; 1 of a current-thread runtime |
//! | `tokio_parked_workers{runtime}` | workers that wait for work at the moment of the scrape |
//! | `tokio_parks_total{runtime}` | times that workers began to wait for work |
//! | `tokio_worker_busy_seconds_total{runtime, worker}` | time that a worker did not wait |
//! | `tokio_alive_tasks{runtime}` | tasks that were spawned and have not ended |
//! | `tokio_global_queue_depth{runtime}` | tasks that wait in the queue that all workers share |
//!
//! `sum by (runtime) (rate(tokio_worker_busy_seconds_total[1m])) / on (runtime) tokio_workers` is the part of
//! the time in which the workers of one process are busy. A worker that is blocked shows too: tokio adds its
//! busy time when it next looks for events, so its rate stays at zero, and then jumps.
//!
//! Only busy time has a series for each worker, because a sum hides that one of them has all the work. That
//! is a series for each core and runtime. Threads for blocking tasks are not workers, and have no metrics
//! here.
//! These are all the numbers that tokio has without `--cfg tokio_unstable`.
//!
//! # Cost
//!
//! A scrape reads a few atomics of each worker, on the thread of the registry that asks
//! [collectors](crate::Collector); the collector is called `tokio` in our own metrics.

use std::{
    collections::BTreeMap,
    error, fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::runtime::{Handle, RuntimeMetrics};

use crate::{
    collector::{Collector, CollectorOptions},
    desc::{Descriptor, LabelDescriptor, MetricType, NumberType},
    sample::{FamilySnapshot, Number},
};

/// Adds the metrics of a runtime to the process's registry, under the label `runtime`.
///
/// They are there until the [`Registration`] is dropped. Drop it together with the runtime: a handle cannot
/// find out that its runtime is gone, so the series would stay as they were last, and so would the memory
/// that the handle holds.
///
/// # Errors
///
/// If the name is empty, or if another runtime has it.
///
/// ```
/// # fn main() -> Result<(), caas_metrics::tokio::RegisterError> {
/// let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// let registration = caas_metrics::tokio::register("jobs", runtime.handle())?;
/// let error = caas_metrics::tokio::register("jobs", runtime.handle()).unwrap_err();
/// assert_eq!(error.to_string(), "a runtime is registered as `jobs` already: choose another name");
///
/// drop(registration);
/// caas_metrics::tokio::register("jobs", runtime.handle())?.detach();
/// # Ok(())
/// # }
/// ```
pub fn register(name: impl Into<String>, handle: &Handle) -> Result<Registration, RegisterError> {
    let name = Arc::<str>::from(name.into());
    if name.is_empty() {
        return Err(RegisterError::EmptyName);
    }
    let mut runtimes = runtimes();
    if runtimes.contains_key(&name) {
        return Err(RegisterError::NameTaken((*name).to_owned()));
    }
    runtimes.insert(Arc::clone(&name), handle.metrics());
    drop(runtimes);
    crate::registry().register_once(CollectorOptions::new("tokio"), Runtimes);
    Ok(Registration { name: Some(name) })
}

/// Keeps the metrics of a runtime on the page until it is dropped.
#[derive(Debug)]
#[must_use = "dropping it takes the runtime off the page; `detach` leaves it there"]
pub struct Registration {
    /// None if it has been detached.
    name: Option<Arc<str>>,
}

impl Registration {
    /// Leaves the runtime on the page for the life of the process.
    pub fn detach(mut self) {
        self.name = None;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let Some(name) = &self.name else { return };
        let metrics = runtimes().remove(name);
        // Not under the lock: it may be the last that holds the runtime's memory.
        drop(metrics);
    }
}

/// Why a runtime is not registered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// Another runtime has this name.
    NameTaken(String),
    /// The name is empty, which is to Prometheus as if there were no label.
    EmptyName,
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTaken(name) => {
                write!(f, "a runtime is registered as `{name}` already: choose another name")
            }
            Self::EmptyName => f.write_str("the name of a runtime is empty: choose one"),
        }
    }
}

impl error::Error for RegisterError {}

/// The registered runtimes, by name.
fn runtimes() -> MutexGuard<'static, BTreeMap<Arc<str>, RuntimeMetrics>> {
    static RUNTIMES: Mutex<BTreeMap<Arc<str>, RuntimeMetrics>> = Mutex::new(BTreeMap::new());
    RUNTIMES.lock().unwrap_or_else(PoisonError::into_inner)
}

const RUNTIME: &[LabelDescriptor] = &[LabelDescriptor::open("runtime")];

/// Every family, by name.
static FAMILIES: [Descriptor; 6] = [
    gauge("tokio_alive_tasks", "Tasks that were spawned and have not ended."),
    gauge("tokio_global_queue_depth", "Tasks that wait in the queue that all workers share."),
    gauge("tokio_parked_workers", "Workers that wait for work."),
    counter("tokio_parks_total", "Times that workers began to wait for work.").with_labels(RUNTIME),
    counter("tokio_worker_busy_seconds_total", "Time that a worker did not wait, in seconds.")
        .with_labels(&[LabelDescriptor::open("runtime"), LabelDescriptor::open("worker")])
        .with_unit("seconds")
        .with_number(NumberType::Float),
    gauge("tokio_workers", "Worker threads of the runtime."),
];

const fn gauge(name: &'static str, help: &'static str) -> Descriptor {
    Descriptor::new(MetricType::Gauge, name, help).with_labels(RUNTIME)
}

const fn counter(name: &'static str, help: &'static str) -> Descriptor {
    Descriptor::new(MetricType::Counter, name, help)
}

/// The collector of all registered runtimes.
struct Runtimes;

impl Collector for Runtimes {
    fn collect(&self) -> Vec<FamilySnapshot> {
        let runtimes = runtimes().clone();
        let mut families = FAMILIES.each_ref().map(FamilySnapshot::of);
        let [alive, queued, parked, parks, busy, workers] = &mut families;
        for (name, metrics) in &runtimes {
            let labels = [("runtime", &**name)];
            let count = |number: usize| Number::from(number as u64);
            alive.push(&labels, count(metrics.num_alive_tasks()));
            queued.push(&labels, count(metrics.global_queue_depth()));
            workers.push(&labels, count(metrics.num_workers()));
            let (mut parked_now, mut parked_ever) = (0, 0_u64);
            for worker in 0..metrics.num_workers() {
                // Odd between parking and going on.
                parked_now += metrics.worker_park_unpark_count(worker) % 2;
                parked_ever = parked_ever.wrapping_add(metrics.worker_park_count(worker));
                let seconds = metrics.worker_total_busy_duration(worker).as_secs_f64();
                busy.push(&[("runtime", name), ("worker", &worker.to_string())], seconds);
            }
            parked.push(&labels, parked_now);
            parks.push(&labels, parked_ever);
        }
        if runtimes.is_empty() { Vec::new() } else { families.into() }
    }

    fn describe(&self) -> &'static [Descriptor] {
        &FAMILIES
    }
}
