//! Collectors: what gives its values only when a scrape asks.
//!
//! Not here: the declared families, which need no collector. Invariant: a collector that panics
//! loses its own families of that scrape, and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{desc::Descriptor, sample::FamilySnapshot};

/// A source of values that is asked at scrape time, such as a connection pool.
///
/// [`collect`](Self::collect) is called once a scrape, on the thread that scrapes, possibly by
/// several scrapes at the same time. It should return soon: the scrape waits for it. If it panics,
/// its families are missing from that scrape and `caas_metrics_collector_panics_total` grows.
///
/// What would break the page is left out: names that are not names, the labels `le`, `quantile` and
/// `__…`, a label set that occurs twice, and values that the family's type cannot have. Each scrape
/// counts it in `caas_metrics_dropped_total{reason}`, and [`check`](crate::Registry::check) names it.
/// The judgement costs a hash for each label, about as much as writing the sample does.
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
    fn collect(&self) -> Vec<FamilySnapshot>;

    /// The families that [`collect`](Self::collect) can return, as far as they are known in advance;
    /// none by default. Called once, when the collector is registered.
    ///
    /// They are in [`Registry::descriptors`](crate::Registry::descriptors), and
    /// [`check`](crate::Registry::check) finds what they clash with before the first scrape does.
    fn describe(&self) -> &'static [Descriptor] {
        &[]
    }
}

impl<F: Fn() -> Vec<FamilySnapshot> + Send + Sync> Collector for F {
    fn collect(&self) -> Vec<FamilySnapshot> {
        self()
    }
}

/// What a collector returns, or `None` if it panicked.
pub(crate) fn collect_isolated(collector: &dyn Collector) -> Option<Vec<FamilySnapshot>> {
    // The collector is not used again in this scrape; keeping its own state sound is up to it.
    catch_unwind(AssertUnwindSafe(|| collector.collect())).ok()
}
