//! The registry: which families a scrape has, in which order, with which default labels.
//!
//! Here is what users call. In `registry/`: `shared.rs`, what a registry is; `scrape.rs`, a scrape in
//! progress. Not here: how children are walked (`walk.rs`), which families contradict each other
//! (`catalogue.rs`), who calls collectors (`runs/`), what the process's own registry has (`program.rs`),
//! and formats, which only `exposition.rs` joins to this.
//! Invariant: a page is valid and in the same order on every scrape, whatever was declared.

mod scrape;
mod shared;

use std::{
    panic::Location,
    sync::{Arc, PoisonError},
};

pub(crate) use self::{
    scrape::Scrape,
    shared::{Settings, Shared},
};
use crate::{
    admit,
    collector::{Collector, CollectorOptions},
    desc::Descriptor,
    filter::Filter,
    problem::Problem,
    sample::{FamilySnapshot, Snapshots},
};

/// A set of families and collectors that are scraped together.
///
/// [`registry()`](crate::registry()) is the process's: it has every family that `metrics!` declared, anywhere in the
/// program, and with the feature `prometheus` also what is in that crate's default registry. A
/// registry of your own starts empty: for tests, and to expose a part on another port.
///
/// ```
/// use caas_metrics::{Format, Registry, sample::FamilySnapshot};
///
/// let registry = Registry::new();
/// registry.set_default_labels([("service", "billing")]);
/// registry.register(|| vec![FamilySnapshot::gauge("queue_length", "Waiting jobs.").with(&[], 3.0)]);
///
/// let mut page = Vec::new();
/// registry.encode(Format::Text, &mut page).unwrap();
/// assert!(String::from_utf8(page).unwrap().contains("queue_length{service=\"billing\"} 3"));
/// ```
#[derive(Default)]
pub struct Registry {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("program", &self.shared.program).finish_non_exhaustive()
    }
}

impl Registry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A registry with the program's declared families, beside [`registry()`](crate::registry()).
    #[must_use]
    pub fn with_declared() -> Self {
        Self { shared: Arc::new(Shared::with_declared()) }
    }

    /// Adds a collector for values that are only known at scrape time. Our own metrics call it after
    /// the line of this call.
    ///
    /// A run of collectors that is under way does not ask it; the next one does.
    #[track_caller]
    pub fn register(&self, collector: impl Collector + 'static) {
        self.register_with(CollectorOptions::at(Location::caller()), collector);
    }

    /// [`register`](Self::register), with a name, a deadline and a cadence.
    ///
    /// ```
    /// use caas_metrics::{CollectorOptions, Registry, sample::FamilySnapshot};
    ///
    /// let registry = Registry::new();
    /// registry.register_with(CollectorOptions::new("pool"), || {
    ///     vec![FamilySnapshot::gauge("pool_connections", "Connections.").with(&[], 7.0)]
    /// });
    /// let families = registry.gather();
    /// let age = families.iter().find(|it| it.name == "caas_metrics_collector_age_seconds");
    /// assert_eq!(age.unwrap().children[0].labels[0].1, "pool");
    /// ```
    pub fn register_with(&self, options: CollectorOptions, collector: impl Collector + 'static) {
        // Not under the lock: it is code of a user.
        let described = collector.describe();
        self.change(|settings| settings.add(options, Box::new(collector), described));
    }

    /// [`register_with`](Self::register_with), unless a collector that describes the same families is
    /// there.
    #[cfg(any(feature = "process", feature = "tokio"))]
    pub(crate) fn register_once(
        &self,
        options: CollectorOptions,
        collector: impl Collector + 'static,
    ) {
        let described = collector.describe();
        self.change(|settings| {
            let mut sources = settings.sources.iter();
            if !sources.any(|known| std::ptr::eq(known.described, described)) {
                settings.add(options, Box::new(collector), described);
            }
        });
    }

    /// Sets labels that every sample gets which has no label of that name itself.
    ///
    /// What cannot be a default label is left out: a name that is not a label name, `le` and
    /// `quantile`, what begins with `__`, and the second of two labels of one name.
    /// [`check`](Self::check) says so, and each scrape counts it in
    /// `caas_metrics_dropped_total{reason="default_label"}`; so it does for a family that has a label of
    /// that name itself. Prometheus adds `job` and `instance` by itself: default labels are for what
    /// only the process knows.
    pub fn set_default_labels<N: Into<String>, V: Into<String>>(
        &self,
        labels: impl IntoIterator<Item = (N, V)>,
    ) {
        let labels = labels.into_iter().map(|(name, value)| (name.into(), value.into()));
        let default = Arc::new(admit::default_labels(labels.collect()));
        self.change(|settings| settings.default = default);
    }

    /// From now on, pages in OpenMetrics have a line `…_created` for each counter, histogram and summary
    /// whose start is known: the Unix time at which it was at zero.
    ///
    /// It is for servers that read start times but no protobuf, in which they always are. A server that
    /// does not know these lines stores each as a series of its own, so a page has up to twice as many.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    /// use caas_metrics::{Format, Registry, sample::{ChildSnapshot, FamilySnapshot}};
    ///
    /// let registry = Registry::new();
    /// registry.show_created_lines();
    /// registry.register(|| {
    ///     let started = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    ///     let mut jobs = FamilySnapshot::counter("jobs_total", "Jobs.");
    ///     jobs.children.push(ChildSnapshot::new(&[], 3_u64).with_started(started));
    ///     vec![jobs]
    /// });
    ///
    /// let mut page = Vec::new();
    /// registry.encode(Format::OpenMetrics, &mut page).unwrap();
    /// let page = String::from_utf8(page).unwrap();
    /// assert!(page.contains("\njobs_total 3\njobs_created 1700000000\n"));
    /// ```
    pub fn show_created_lines(&self) {
        self.change(|settings| settings.created_lines = true);
    }

    fn change(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.shared.settings.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut settings));
    }

    /// The descriptors of all families that are known before their values, by name: the declared ones,
    /// those that this crate always has (`function_…`, `caas_metrics_…`), and those that collectors
    /// describe. Two declarations of one family are two.
    pub fn descriptors(&self) -> impl Iterator<Item = &'static Descriptor> {
        let (catalogue, settings) = (self.shared.catalogue(), self.shared.settings());
        let mut descriptors: Vec<&'static Descriptor> = catalogue.descriptors().collect();
        // Those of the program are in order.
        let order = |descriptor: &Descriptor| (descriptor.name, descriptor.location);
        for descriptor in &settings.described {
            let place = descriptors.partition_point(|before| order(before) <= order(descriptor));
            descriptors.insert(place, descriptor);
        }
        for descriptor in settings.giving_way() {
            let place = descriptors.partition_point(|before| before.name < descriptor.name);
            if descriptors.get(place).is_none_or(|other| other.name != descriptor.name) {
                descriptors.insert(place, descriptor);
            }
        }
        descriptors.into_iter()
    }

    /// All families with their values now, by name. Waits for the collectors, at most until their
    /// deadlines.
    #[must_use]
    pub fn gather(&self) -> Vec<FamilySnapshot> {
        let mut snapshots = Snapshots::default();
        let snapshot = self.shared.request(&Filter::All).wait();
        let mut scrape = self.shared.scrape(snapshot, Filter::All);
        while scrape.step(&mut snapshots) {}
        let mut families = snapshots.families;
        families.retain(|family| !family.children.is_empty());
        families
    }

    /// What others need to write a page.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Everything that is wrong with the families of this registry and only shows after linking;
    /// put it in a test. Asks the collectors, like a scrape.
    ///
    /// Each page has the number of problems too, in `caas_metrics_problems{kind}`. That costs a scrape
    /// little: what descriptors and settings say is found once for each change of the registry, and what
    /// collectors return is judged once for all scrapes that share it.
    ///
    /// ```standalone_crate
    /// # caas_metrics::metrics! {
    /// #     /// So that something is declared.
    /// #     pub counter ChecksTotal;
    /// # }
    /// assert_eq!(caas_metrics::registry().check(), []);
    /// ```
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        shared::problems(&self.shared.request(&Filter::All).wait())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shared.close();
    }
}
