//! Collectors: what gives its values only when a scrape asks.
//!
//! Not here: the declared families, which need no collector, and who calls collectors (`runs/`).
//! Invariant: nothing that a collector does costs more than its own families.

use std::{panic::Location, time::Duration};

use crate::{desc::Descriptor, sample::FamilySnapshot};

/// A source of values that is asked at scrape time, such as a connection pool.
///
/// # When it is called
///
/// [`collect`](Self::collect) is called on a thread of the registry, never on the thread that scrapes.
/// One collector is called after the other, and none by two threads at the same time. The scrapes that
/// wait share one call, which began after each of them did. So a scrape waits for the collectors, but
/// nothing else does: `/healthz`, an update, and the end of a server or of a registry do not.
///
/// With a cadence ([`CollectorOptions::every`]), a scrape gets the values that are there already while
/// they are not older than that.
///
/// # When it fails
///
/// A call has 5 seconds, or what [`CollectorOptions::deadline`] says. After that the scrapes go on
/// without it, and so do the other collectors. The collector keeps its thread and is not called again
/// until its call has returned. What it returns then counts as its last values.
///
/// A collector whose call panics or takes too long is shown with its last values, for 5 minutes beyond
/// its cadence. After that its families are missing. Three things say so:
/// * `caas_metrics_collector_failures_total{collector, reason}` grows at each scrape that should have had
///   new values; the reasons are `panic`, `timeout`, and `thread` if the system gives no thread;
/// * `caas_metrics_collector_age_seconds{collector}` is the age of the values that a page shows, if there
///   are some;
/// * [`check`](crate::Registry::check) and `caas_metrics_problems{kind}` report it until it is over.
///
/// What would break the page is left out: names that are not names, the labels `le`, `quantile` and
/// `__…`, a label set that occurs twice, and values that the family's type cannot have. It is
/// counted in `caas_metrics_dropped_total{reason}`, and [`check`](crate::Registry::check) names it.
///
/// # Cost
///
/// A call from another thread takes some ten microseconds. Judging the values costs a hash for each
/// label, about as much as writing the sample does, once however many scrapes share them. The registry
/// keeps the last values of each collector.
///
/// # Examples
///
/// Closures are collectors:
///
/// ```
/// use caas_metrics::{Registry, sample::FamilySnapshot};
///
/// let registry = Registry::new();
/// registry.register(|| {
///     vec![FamilySnapshot::gauge("pool_connections", "Connections in the pool.").with(&[], 7.0)]
/// });
/// assert!(registry.gather().iter().any(|family| family.name == "pool_connections"));
/// ```
pub trait Collector: Send + Sync {
    /// The families and their values now.
    ///
    /// A scrape of the same registry from in here does not wait for collectors. It has their values of
    /// the last scrape.
    fn collect(&self) -> Vec<FamilySnapshot>;

    /// The families that [`collect`](Self::collect) can return, as far as they are known in advance;
    /// none by default. Called once, when the collector is registered.
    ///
    /// They are in [`Registry::descriptors`](crate::Registry::descriptors), and
    /// [`check`](crate::Registry::check) finds what they clash with before the first scrape does. A
    /// scrape of some families only does not call a collector that describes others, so describe all
    /// or none.
    fn describe(&self) -> &'static [Descriptor] {
        &[]
    }
}

impl<F: Fn() -> Vec<FamilySnapshot> + Send + Sync> Collector for F {
    fn collect(&self) -> Vec<FamilySnapshot> {
        self()
    }
}

/// How a collector is called, and what our own metrics call it.
///
/// ```
/// use std::time::Duration;
/// use caas_metrics::{CollectorOptions, Registry, sample::FamilySnapshot};
///
/// let registry = Registry::new();
/// let options = CollectorOptions::new("disks")
///     .deadline(Duration::from_secs(1))
///     .every(Duration::from_secs(60));
/// registry.register_with(options, || {
///     vec![FamilySnapshot::gauge("disks_full", "Disks without room.").with(&[], 0.0)]
/// });
/// assert!(registry.gather().iter().any(|family| family.name == "disks_full"));
/// ```
#[derive(Debug, Clone)]
pub struct CollectorOptions {
    pub(crate) name: String,
    pub(crate) deadline: Duration,
    pub(crate) every: Duration,
    /// Whether its families are left out where another one has their name.
    pub(crate) gives_way: bool,
}

impl CollectorOptions {
    /// Options of a collector with this name: the value of the label `collector` in our own metrics.
    ///
    /// The second collector of a name in one registry is called `name#2`. A collector without a name is
    /// called after the line that registers it, such as `src/pool.rs:12`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let deadline = Duration::from_secs(5);
        Self { name: name.into(), deadline, every: Duration::ZERO, gives_way: false }
    }

    /// How long a call may take before scrapes go on without it; 5 seconds by default.
    ///
    /// Prometheus gives a whole scrape 10 seconds, unless its `scrape_timeout` says otherwise.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Has the collector called at most this often. Scrapes between two calls get the values of the
    /// last one at once. By default it is called for each scrape.
    #[must_use]
    pub fn every(self, every: Duration) -> Self {
        Self { every, ..self }
    }

    /// Leaves a family of the collector out if the program or another collector has one of that name.
    /// That is not a problem.
    #[cfg(feature = "process")]
    pub(crate) fn giving_way(self) -> Self {
        Self { gives_way: true, ..self }
    }

    /// Options of a collector that is registered here.
    pub(crate) fn at(location: &Location<'_>) -> Self {
        Self::new(format!("{}:{}", shortened(location.file()), location.line()))
    }
}

/// The end of an absolute path, which is the same on every machine: `pool-1.0.0/src/lib.rs`.
fn shortened(path: &str) -> &str {
    const PARTS: usize = 3;
    let is_separator = |c: char| matches!(c, '/' | '\\');
    let is_absolute = path.starts_with(is_separator) || path.get(1..2) == Some(":");
    match path.rmatch_indices(is_separator).nth(PARTS - 1) {
        Some((place, _)) if is_absolute => path.get(place + 1..).unwrap_or(path),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn a_path_of_this_workspace_stays_and_another_one_loses_its_machine() {
        assert_eq!(shortened("services/pool/src/lib.rs"), "services/pool/src/lib.rs");
        assert_eq!(
            shortened("/home/a/.cargo/registry/b/pool-1.0.0/src/lib.rs"),
            "pool-1.0.0/src/lib.rs"
        );
        assert_eq!(shortened("C:\\a\\pool-1.0.0\\src\\lib.rs"), "pool-1.0.0\\src\\lib.rs");
        assert_eq!(shortened("/lib.rs"), "/lib.rs");
    }
}
