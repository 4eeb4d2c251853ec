//! The registry: which families a scrape has, in which order, with which default labels.
//!
//! Not here: how children are walked (`walk.rs`), which families contradict each other
//! (`problem.rs`), and formats, which only `exposition.rs` joins to this.
//! Invariant: a page is valid and in the same order on every scrape, whatever was declared.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use crate::{
    collector::{Collector, collect_isolated},
    desc::{Descriptor, MetricType},
    family::{Family, can_refuse, count_labels, declared},
    name::is_label_name,
    problem::{Catalogue, Problem},
    sample::{FamilySnapshot, OwnedValue, Sample, Sink, Snapshots},
    storage::flag::Tally,
    walk::{DefaultLabels, Walk, missing},
};

/// A set of families and collectors that are scraped together.
///
/// [`registry()`] is the process's: it has every family that `metrics!` declared, anywhere in the
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
    /// Whether the program's declared families are part of it.
    program: bool,
    default_labels: RwLock<Arc<Vec<(String, String)>>>,
    collectors: RwLock<Vec<Arc<dyn Collector>>>,
    panics: PanicCount,
}

/// Panics of a registry's collectors.
struct PanicCount(Tally);

impl Default for PanicCount {
    fn default() -> Self {
        Self(Tally::new())
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("program", &self.program).finish_non_exhaustive()
    }
}

/// The process's registry.
///
/// ```
/// caas_metrics::metrics! {
///     /// Pages served.
///     pub counter PagesServedTotal;
/// }
///
/// let families = caas_metrics::registry().gather();
/// assert!(families.iter().any(|family| family.name == "pages_served_total"));
/// ```
#[must_use]
pub fn registry() -> &'static Registry {
    static PROCESS: LazyLock<Registry> = LazyLock::new(|| {
        crate::clock::calibrate();
        let registry = Registry { program: true, ..Registry::default() };
        #[cfg(feature = "prometheus")]
        registry.register(crate::interop::prometheus::gather_default);
        registry
    });
    &PROCESS
}

impl Registry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A registry with the program's declared families, beside [`registry()`].
    #[must_use]
    pub fn with_declared() -> Self {
        Self { program: true, ..Self::default() }
    }

    /// Adds a collector for values that are only known at scrape time.
    pub fn register(&self, collector: impl Collector + 'static) {
        self.collectors.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(collector));
    }

    /// Sets labels that every sample gets which has no label of that name itself.
    ///
    /// A name that is no label name is left out; [`check`](Self::check) cannot see it, so a debug
    /// build panics. Prometheus adds `job` and `instance` by itself: these are for what only the
    /// process knows.
    pub fn set_default_labels<N: Into<String>, V: Into<String>>(
        &self,
        labels: impl IntoIterator<Item = (N, V)>,
    ) {
        let labels = labels.into_iter().map(|(name, value)| (name.into(), value.into()));
        let mut labels: Vec<(String, String)> = labels.filter(|(n, _)| is_label_name(n)).collect();
        labels.sort();
        labels.dedup_by(|a, b| a.0 == b.0);
        *self.default_labels.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(labels);
    }

    /// The descriptors of the declared families, by name; two declarations of one family are two.
    pub fn descriptors(&self) -> impl Iterator<Item = &'static Descriptor> {
        let families =
            if self.program { Catalogue::of_program().families } else { BTreeMap::new() };
        families.into_values().flatten().map(Family::descriptor)
    }

    /// All families with their values now, by name.
    #[must_use]
    pub fn gather(&self) -> Vec<FamilySnapshot> {
        let mut snapshots = Snapshots::default();
        let mut scrape = self.scrape();
        while scrape.step(&mut snapshots) {}
        let mut families = snapshots.families;
        families.retain(|family| !family.samples.is_empty());
        families
    }

    /// The families that `metrics!` declared, without those of collectors.
    #[cfg(feature = "prometheus")]
    pub(crate) fn gather_declared(&self) -> Vec<FamilySnapshot> {
        Self { program: self.program, ..Self::default() }.gather()
    }

    /// Begins a scrape.
    pub(crate) fn scrape(&self) -> Scrape {
        let (catalogue, foreign) = self.assemble();
        let default =
            Arc::clone(&self.default_labels.read().unwrap_or_else(PoisonError::into_inner));
        let mut entries = BTreeMap::new();
        for (name, families) in catalogue.families {
            entries.insert(name.to_owned(), Entry::Declared(families));
        }
        for family in foreign {
            entries.insert(family.name.clone(), Entry::Snapshot(family));
        }
        Scrape { entries: entries.into_values(), walk: None, default }
    }

    /// The declared families, the families of collectors that can stand beside them, and every
    /// problem met on the way.
    fn assemble(&self) -> (Catalogue, Vec<FamilySnapshot>) {
        let mut catalogue =
            if self.program { Catalogue::of_program() } else { Catalogue::default() };
        let mut collected = if self.program { own_metrics() } else { Vec::new() };
        let collectors = self.collectors.read().unwrap_or_else(PoisonError::into_inner).clone();
        for collector in &collectors {
            if let Some(families) = collect_isolated(&**collector) {
                collected.extend(families);
            } else {
                self.panics.0.add_one();
                catalogue.problems.push(Problem::CollectorPanicked);
            }
        }
        if !collectors.is_empty() {
            collected.push(panics_family(self.panics.0.get()));
        }
        let merged = merge_collected(collected, &mut catalogue.problems);
        let foreign = merged.into_values().filter(|family| catalogue.admit(family)).collect();
        (catalogue, foreign)
    }

    /// Everything that is wrong with the families of this registry and only shows after linking;
    /// put it in a test. Asks the collectors, like a scrape.
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
        let (catalogue, _) = self.assemble();
        let mut problems = catalogue.problems;
        if self.program && catalogue.families.is_empty() {
            problems.push(Problem::NothingDeclared);
        }
        let default =
            Arc::clone(&self.default_labels.read().unwrap_or_else(PoisonError::into_inner));
        for family in catalogue.families.into_values().flatten() {
            let descriptor = family.descriptor();
            for (label, _) in default.iter() {
                if descriptor.labels.iter().any(|own| own.name == label) {
                    let (label, name) = (label.clone(), descriptor.name.to_owned());
                    problems.push(Problem::DefaultLabel { label, name });
                }
            }
            if !family.index().has_room() {
                let (name, location) = (descriptor.name.to_owned(), descriptor.location);
                problems.push(Problem::NoRoom { name, location });
            }
        }
        problems.sort();
        problems.dedup();
        problems
    }
}

/// The families of all collectors, those with one head together.
fn merge_collected(
    collected: Vec<FamilySnapshot>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, FamilySnapshot> {
    let mut merged: BTreeMap<String, FamilySnapshot> = BTreeMap::new();
    for family in collected {
        match merged.get_mut(&family.name) {
            Some(first) if first.head() == family.head() => first.samples.extend(family.samples),
            Some(first) => problems.push(Problem::Clash {
                sample: family.name.clone(),
                kept: format!("{} `{}` of a collector", first.metric_type.as_str(), first.name),
                dropped: format!("{} of another one", family.metric_type.as_str()),
            }),
            None => {
                merged.insert(family.name.clone(), family);
            }
        }
    }
    merged
}

/// What this crate says about itself.
fn own_metrics() -> Vec<FamilySnapshot> {
    let family = |name, help| FamilySnapshot::new(MetricType::Counter, name, help);
    let mut overflows = family(
        "caas_metrics_overflow_total",
        "Updates of label sets beyond a family's cardinality limit.",
    );
    let mut refusals = family(
        "caas_metrics_refused_total",
        "Updates refused because their value would have spoilt the number.",
    );
    let mut counts: BTreeMap<&str, [Option<u64>; 2]> = BTreeMap::new();
    for family in declared() {
        let descriptor = family.descriptor();
        let [overflow, refused] = counts.entry(descriptor.name).or_default();
        if count_labels(descriptor).0 > 0 {
            *overflow.get_or_insert(0) += family.overflows().get();
        }
        if can_refuse(descriptor) {
            *refused.get_or_insert(0) += family.refusals().get();
        }
    }
    for (name, counts) in counts {
        for (family, count) in [&mut overflows, &mut refusals].into_iter().zip(counts) {
            if let Some(count) = count {
                family.samples.push(Sample {
                    labels: vec![("family".to_owned(), name.to_owned())],
                    value: OwnedValue::Number(count.into()),
                });
            }
        }
    }
    let mut families = vec![overflows, refusals];
    families.extend(crate::sites::families());
    families
}

fn panics_family(panics: u64) -> FamilySnapshot {
    FamilySnapshot::counter(
        "caas_metrics_collector_panics_total",
        "Panics of collectors; each cost the collector's families of one scrape.",
    )
    .with(&[], panics)
}

/// One family of a scrape.
#[derive(Debug)]
enum Entry {
    /// One declared family, or several equal declarations of it.
    Declared(Vec<&'static Family>),
    /// A collector's family.
    Snapshot(FamilySnapshot),
}

/// A scrape in progress: emits its families in bounded steps, so that a page can be streamed.
#[derive(Debug)]
pub(crate) struct Scrape {
    entries: std::collections::btree_map::IntoValues<String, Entry>,
    walk: Option<Walk>,
    default: Arc<Vec<(String, String)>>,
}

impl Scrape {
    /// Emits the next samples; `false` when nothing is left.
    pub(crate) fn step(&mut self, sink: &mut dyn Sink) -> bool {
        if let Some(walk) = &mut self.walk {
            if !walk.step(&self.default, sink) {
                self.walk = None;
            }
            return true;
        }
        match self.entries.next() {
            Some(Entry::Declared(families)) => {
                if let [family] = families[..] {
                    self.walk = Some(Walk::begin(family, &self.default, sink));
                } else {
                    emit(&merge(&families), &self.default, sink);
                }
            }
            Some(Entry::Snapshot(family)) => emit(&family, &self.default, sink),
            None => return false,
        }
        true
    }
}

/// Emits a family that is held as a whole.
fn emit(family: &FamilySnapshot, default: &DefaultLabels, sink: &mut dyn Sink) {
    sink.family(&family.head());
    let mut known = Vec::new();
    for sample in &family.samples {
        let own = sample.labels.iter().map(|(name, value)| (&**name, &**value));
        let missing = missing(default, |name| sample.labels.iter().any(|(own, _)| own == name));
        let (names, values): (Vec<&str>, Vec<&str>) = own.chain(missing).unzip();
        if names != known {
            sink.labels(&names);
            known = names;
        }
        sink.sample(&values, 0, &sample.value.as_value());
    }
}

/// Equal declarations of one family as one family; equal label sets are summed.
fn merge(families: &[&'static Family]) -> FamilySnapshot {
    let mut snapshots = Snapshots::default();
    for family in families {
        let mut walk = Walk::begin(family, &[], &mut snapshots);
        while walk.step(&[], &mut snapshots) {}
    }
    let mut parts = snapshots.families.into_iter();
    let Some(mut merged) = parts.next() else {
        return FamilySnapshot::new(MetricType::Unknown, "", "");
    };
    for sample in parts.flat_map(|part| part.samples) {
        match merged.samples.iter_mut().find(|known| known.labels == sample.labels) {
            Some(known) => known.value.add(&sample.value),
            None => merged.samples.push(sample),
        }
    }
    merged
}
