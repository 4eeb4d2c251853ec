//! Interop with the `prometheus` crate in both directions: its families on our page, ours on its.
//!
//! Not here: the conversions (`convert`). Invariant: while one side is being asked on a thread, it is
//! not asked again on that thread, so there is no recursion and no series appears twice.
//!
//! A program that moves from the `prometheus` crate to this one only needs the dependency: what is
//! registered in [`prometheus::default_registry`] is on our page. If the `prometheus` crate still
//! writes the page, register [`collector`] there.
//!
//! Their registries are asked like any [`Collector`]: on a thread of ours, with a deadline. The collector
//! of that default registry is called `prometheus` in our own metrics.

use std::cell::Cell;
use std::collections::HashMap;
use std::collections::btree_map::{BTreeMap, Entry};

use prometheus::core::Desc;

use crate::collector::Collector;
use crate::own::Own;
use crate::registry::Registry;
use crate::sample::FamilySnapshot;

mod convert;

/// Gives the families that this program declares with `metrics!` to a registry of the
/// `prometheus` crate.
///
/// It may also be registered in [`prometheus::default_registry`], the usual step of a migration. Then
/// our families are on the page that the `prometheus` crate writes. On our own page nothing appears
/// twice, because the collector returns nothing while our scrape runs on the thread.
///
/// An info family becomes a gauge, because the `prometheus` crate has no type for it.
///
/// ```
/// caas_metrics::metrics! {
///     /// Cache lookups.
///     pub counter CacheLookupsTotal;
/// }
///
/// # fn main() -> Result<(), prometheus::Error> {
/// CacheLookupsTotal.inc();
///
/// let theirs = prometheus::Registry::new();
/// theirs.register(Box::new(caas_metrics::prometheus::collector()))?;
///
/// let page = prometheus::TextEncoder::new().encode_to_string(&theirs.gather())?;
/// assert!(page.contains("cache_lookups_total 1\n"));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn collector() -> impl prometheus::core::Collector + 'static {
    let mut descs = BTreeMap::new();
    // Only the program's families: what other collectors describe is left to them, and so nothing is
    // waited for.
    let registry = Registry::with_declared();
    for descriptor in registry.descriptors() {
        // A family that is declared twice is one family, and a name may be described only once.
        let Entry::Vacant(vacant) = descs.entry(descriptor.name) else { continue };
        let labels = descriptor.labels.iter().map(|label| label.name.to_owned()).collect();
        let (name, help) = (descriptor.name.to_owned(), descriptor.help.to_owned());
        if let Ok(desc) = Desc::new(name, help, labels, HashMap::new()) {
            vacant.insert(desc);
        }
    }
    DeclaredFamilies { registry, descs: descs.into_values().collect() }
}

/// Turns a registry of the `prometheus` crate into a [`Collector`].
///
/// It is for registries that a program makes itself. Each scrape already asks
/// [`prometheus::default_registry`].
///
/// Counters and gauges with an integral value are exposed as integers. Histograms of one name with
/// different buckets are exposed with the buckets they share. Families of type `untyped` are left
/// out, counted in `caas_metrics_dropped_total` and named by `check`: nothing in the `prometheus` crate
/// makes them, and its own text encoder can't write them.
///
/// ```
/// # fn main() -> Result<(), prometheus::Error> {
/// let theirs = prometheus::Registry::new();
/// let jobs = prometheus::IntCounter::new("jobs_total", "Jobs done.")?;
/// theirs.register(Box::new(jobs.clone()))?;
/// jobs.inc();
///
/// let ours = caas_metrics::Registry::new();
/// ours.register(caas_metrics::prometheus::from_registry(theirs));
/// assert!(ours.gather().iter().any(|family| family.name == "jobs_total"));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn from_registry(registry: prometheus::Registry) -> impl Collector + 'static {
    move || gather(&registry)
}

/// The families of the `prometheus` crate's default registry, for our own scrape.
pub(crate) fn gather_default() -> Vec<FamilySnapshot> {
    gather(prometheus::default_registry())
}

/// Asks a foreign registry, unless one is being asked on this thread already.
///
/// The foreign registry holds its lock while its collectors run. If one of them takes that lock again,
/// it can deadlock with a registration that waits for it. The guard prevents that, and keeps
/// [`collector`] silent.
fn gather(registry: &prometheus::Registry) -> Vec<FamilySnapshot> {
    let Some(_scraping) = Scraping::enter() else { return Vec::new() };
    convert::snapshots(&registry.gather())
}

struct DeclaredFamilies {
    registry: Registry,
    descs: Vec<Desc>,
}

impl prometheus::core::Collector for DeclaredFamilies {
    fn desc(&self) -> Vec<&Desc> {
        self.descs.iter().collect()
    }

    fn collect(&self) -> Vec<prometheus::proto::MetricFamily> {
        let Some(_scraping) = Scraping::enter() else { return Vec::new() };
        let mut families = self.registry.gather();
        families.retain(|family| !Own::is_of_pages(&family.name));
        families.into_iter().map(convert::family).collect()
    }
}

thread_local! {
    static SCRAPING: Cell<bool> = const { Cell::new(false) };
}

/// Exists while one side asks the other on this thread.
struct Scraping;

impl Scraping {
    /// `None` if a scrape runs on this thread already, or the thread is about to end.
    fn enter() -> Option<Self> {
        match SCRAPING.try_with(|scraping| scraping.replace(true)) {
            Ok(false) => Some(Self),
            Ok(true) | Err(_) => None,
        }
    }
}

impl Drop for Scraping {
    fn drop(&mut self) {
        // Fails only when the thread ends, and then there are no more scrapes.
        let _ = SCRAPING.try_with(|scraping| scraping.set(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panicking_scrape_leaves_the_thread_usable() {
        let scrape = || {
            let _scraping = Scraping::enter().unwrap();
            assert!(Scraping::enter().is_none());
            panic!("a collector's panic");
        };
        std::panic::catch_unwind(scrape).unwrap_err();
        assert!(Scraping::enter().is_some());
    }
}
