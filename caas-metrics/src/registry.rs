//! The registry: which families a scrape has, in which order, with which default labels.
//!
//! Not here: how children are walked (`walk.rs`), which families contradict each other
//! (`catalogue.rs`), what the process's own registry has (`program.rs`), and formats, which only
//! `exposition.rs` joins to this.
//! Invariant: a page is valid and in the same order on every scrape, whatever was declared.

use std::{
    collections::HashMap,
    iter::Peekable,
    sync::{Arc, Mutex, PoisonError, RwLock},
    vec::IntoIter,
};

use crate::{
    admit::{self, Findings, Reason},
    catalogue::{Catalogue, Entry},
    collector::{Collector, collect_isolated},
    desc::Descriptor,
    family::Family,
    own::Numbers,
    problem::{self, Problem},
    sample::{FamilySnapshot, Labels, Sink, Snapshots},
    storage::flag::Tally,
    walk::{Buffers, DefaultLabels, Walk, missing},
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
    /// Whether the program's declared families are part of it.
    program: bool,
    settings: RwLock<Arc<Settings>>,
    found: Mutex<Option<Found>>,
    counts: Counts,
}

/// What was set on a registry.
#[derive(Clone, Default)]
struct Settings {
    default: Arc<DefaultLabels>,
    collectors: Vec<Arc<dyn Collector>>,
    /// The families that they describe.
    described: Vec<&'static Descriptor>,
    /// Whether OpenMetrics has lines with starts.
    created_lines: bool,
}

/// What was found of a registry before any value was known, and for which families and settings.
struct Found {
    catalogue: Arc<Catalogue>,
    settings: Arc<Settings>,
    findings: Arc<Findings>,
}

/// What a registry counts.
struct Counts {
    /// Panics of its collectors.
    panics: Tally,
    /// What its scrapes have left out, by reason.
    dropped: [Tally; Reason::TEXTS.len()],
}

impl Default for Counts {
    fn default() -> Self {
        Self { panics: Tally::new(), dropped: [const { Tally::new() }; Reason::TEXTS.len()] }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("program", &self.program).finish_non_exhaustive()
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
        Self { program: true, ..Self::default() }
    }

    /// Adds a collector for values that are only known at scrape time.
    pub fn register(&self, collector: impl Collector + 'static) {
        let collector: Arc<dyn Collector> = Arc::new(collector);
        // Not under the lock: it is code of a user.
        let described = collector.describe();
        self.change(|settings| {
            settings.collectors.push(collector);
            settings.described.extend(described);
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

    pub(crate) fn has_created_lines(&self) -> bool {
        self.settings().created_lines
    }

    fn change(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut settings));
    }

    /// The descriptors of all families that are known before their values, by name: the declared ones,
    /// those that this crate always has (`function_…`, `caas_metrics_…`), and those that collectors
    /// describe. Two declarations of one family are two.
    pub fn descriptors(&self) -> impl Iterator<Item = &'static Descriptor> {
        let (catalogue, settings) = (self.catalogue(), self.settings());
        let mut descriptors: Vec<&'static Descriptor> = catalogue.descriptors().collect();
        // Those of the program are in order.
        let order = |descriptor: &Descriptor| (descriptor.name, descriptor.location);
        for descriptor in &settings.described {
            let place = descriptors.partition_point(|before| order(before) <= order(descriptor));
            descriptors.insert(place, descriptor);
        }
        descriptors.into_iter()
    }

    /// All families with their values now, by name.
    #[must_use]
    pub fn gather(&self) -> Vec<FamilySnapshot> {
        let mut snapshots = Snapshots::default();
        let mut scrape = self.scrape();
        while scrape.step(&mut snapshots) {}
        let mut families = snapshots.families;
        families.retain(|family| !family.children.is_empty());
        families
    }

    /// The families that `metrics!` declared, without those of collectors.
    #[cfg(feature = "prometheus")]
    pub(crate) fn gather_declared(&self) -> Vec<FamilySnapshot> {
        let mut families = self.gather();
        let about_collectors = crate::own::Own::COLLECTORS.map(|own| own.descriptor().name);
        families.retain(|family| !about_collectors.contains(&&*family.name));
        families
    }

    /// Begins a scrape.
    pub(crate) fn scrape(&self) -> Scrape {
        let (catalogue, settings) = (self.catalogue(), self.settings());
        let known = self.findings(&catalogue, &settings);
        let (collected, mut found) = collect(&catalogue, &settings);
        found.problems.extend(lost_updates(&catalogue));
        problem::put_in_order(&mut found.problems);
        let mut dropped = known.dropped;
        dropped += found.dropped;
        let numbers = Numbers {
            panics: self.counts.panics.add(found.panics),
            dropped: dropped.added_to(&self.counts.dropped),
            problems: Problem::count(known.problems.iter().chain(&found.problems)),
        };
        let is_empty = settings.collectors.is_empty() && settings.default.is_empty();
        Scrape {
            catalogue,
            next: 0,
            collected: collected.into_iter().peekable(),
            numbers: (self.program || !is_empty).then_some(numbers),
            walk: None,
            buffers: Buffers::default(),
            default: Arc::clone(&settings.default),
        }
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        if self.program { Catalogue::of_program() } else { Catalogue::of_nothing() }
    }

    fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is wrong before any value is known. Found once for each change of the registry, and of the
    /// program where a library is loaded later.
    fn findings(&self, catalogue: &Arc<Catalogue>, settings: &Arc<Settings>) -> Arc<Findings> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match &*found {
            Some(found)
                if Arc::ptr_eq(&found.catalogue, catalogue)
                    && Arc::ptr_eq(&found.settings, settings) =>
            {
                Arc::clone(&found.findings)
            }
            _ => {
                let findings = Arc::new(catalogue.findings(&settings.default, &settings.described));
                let (catalogue, settings) = (Arc::clone(catalogue), Arc::clone(settings));
                *found = Some(Found { catalogue, settings, findings: Arc::clone(&findings) });
                findings
            }
        }
    }

    /// Everything that is wrong with the families of this registry and only shows after linking;
    /// put it in a test. Asks the collectors, like a scrape.
    ///
    /// Each page has the number of problems too, in `caas_metrics_problems{kind}`. That costs a scrape
    /// little: what descriptors and settings tell is found once for each change of the registry, and what
    /// samples of collectors tell is found anyway, while they are admitted.
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
        let (catalogue, settings) = (self.catalogue(), self.settings());
        let mut problems = self.findings(&catalogue, &settings).problems.clone();
        problems.append(&mut collect(&catalogue, &settings).1.problems);
        problems.extend(lost_updates(&catalogue));
        problem::put_in_order(&mut problems);
        problems
    }
}

/// The families of collectors that can stand beside those of the program, by name, and what is wrong
/// with the others.
fn collect(catalogue: &Catalogue, settings: &Settings) -> (Vec<FamilySnapshot>, Findings) {
    let (mut collected, mut findings) = (Vec::new(), Findings::default());
    for collector in &settings.collectors {
        if let Some(families) = collect_isolated(&**collector) {
            collected.extend(families);
        } else {
            findings.panics += 1;
            findings.problems.push(Problem::CollectorPanicked);
        }
    }
    let Settings { default, described, .. } = settings;
    (catalogue.admit(collected, default, described, &mut findings), findings)
}

/// The families that have lost updates.
fn lost_updates(catalogue: &Catalogue) -> impl Iterator<Item = Problem> {
    catalogue.families().filter_map(|family| {
        let (lost, descriptor) = (family.index().lost(), family.descriptor());
        let name = || descriptor.name.to_owned();
        let location = descriptor.location;
        (lost > 0).then(|| Problem::NoMemory { name: name(), location, lost })
    })
}

/// A scrape in progress: emits its families in bounded steps, so that a page can be streamed.
#[derive(Debug)]
pub(crate) struct Scrape {
    catalogue: Arc<Catalogue>,
    /// The next family of the catalogue, and the next ones of collectors, which are also by name.
    next: usize,
    collected: Peekable<IntoIter<FamilySnapshot>>,
    /// What the registry says about itself, unless there is nothing in it.
    numbers: Option<Numbers>,
    walk: Option<Walk>,
    buffers: Buffers,
    default: Arc<DefaultLabels>,
}

impl Scrape {
    /// Emits the next samples; `false` when nothing is left.
    pub(crate) fn step(&mut self, sink: &mut dyn Sink) -> bool {
        if let Some(walk) = &mut self.walk {
            if !walk.step(&mut self.buffers, &self.default, sink) {
                self.walk = None;
            }
            return true;
        }
        let entry = self.catalogue.entries.get(self.next);
        let is_first = |family: &FamilySnapshot| entry.is_none_or(|e| *family.name < *e.name());
        if let Some(family) = self.collected.next_if(is_first) {
            emit(&family, &self.default, sink);
            return true;
        }
        self.next += 1;
        match entry {
            Some(Entry::Declared(families)) => match families[..] {
                [family] => self.walk = Some(Walk::begin(family)),
                _ => merge(families).iter().for_each(|family| emit(family, &self.default, sink)),
            },
            Some(Entry::BuiltIn(family)) => self.walk = Some(Walk::begin(family)),
            Some(Entry::Own(own)) => {
                let numbers = self.numbers.as_ref();
                own.emit(&self.catalogue, numbers, &self.default, sink);
            }
            None => return false,
        }
        true
    }
}

/// Emits a family that is held as a whole.
fn emit(family: &FamilySnapshot, default: &DefaultLabels, sink: &mut dyn Sink) {
    sink.family(&family.head());
    let mut known = Vec::new();
    for sample in &family.children {
        let own = sample.labels.iter().map(|(name, value)| (&**name, &**value));
        let missing = missing(default, |name| sample.labels.iter().any(|(own, _)| own == name));
        let (names, values): (Vec<&str>, Vec<&str>) = own.chain(missing).unzip();
        if names != known {
            sink.labels(&names);
            known = names;
        }
        sink.sample(&sample.as_sample(Labels::new(&values)));
    }
}

/// Equal declarations of one family as one family, if it has samples; equal label sets are summed.
fn merge(families: &[&'static Family]) -> Option<FamilySnapshot> {
    let (mut snapshots, mut buffers) = (Snapshots::default(), Buffers::default());
    for family in families {
        let mut walk = Walk::begin(family);
        while walk.step(&mut buffers, &DefaultLabels::default(), &mut snapshots) {}
    }
    let mut parts = snapshots.families.into_iter();
    let mut merged = parts.next()?;
    let known = merged.children.iter().enumerate();
    let mut known: HashMap<_, usize> =
        known.map(|(place, sample)| (sample.labels.clone(), place)).collect();
    for sample in parts.flat_map(|part| part.children) {
        let same = known.get(&sample.labels).and_then(|place| merged.children.get_mut(*place));
        if let Some(same) = same {
            same.add(sample);
        } else {
            known.insert(sample.labels.clone(), merged.children.len());
            merged.children.push(sample);
        }
    }
    Some(merged)
}
