//! What a registry shares with its threads and with the scrapes under way: settings, counts, runs.
//!
//! Not here: the methods that users call. Invariant: no lock of these is held while code of a user runs.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    time::Instant,
};

use super::scrape::Scrape;
use crate::{
    admit::{Findings, Reason},
    catalogue::{Catalogue, Collected},
    collector::{Collector, CollectorOptions},
    desc::Descriptor,
    filter::Filter,
    own::Numbers,
    pages::Pages,
    problem::{self, Problem},
    runs::{Plan, Request, Runs, Snapshot, Source},
    storage::flag::Tally,
    walk::DefaultLabels,
};

/// What a registry is.
#[derive(Default)]
pub(crate) struct Shared {
    /// Whether the program's declared families are part of it.
    pub(super) program: bool,
    pub(super) settings: RwLock<Arc<Settings>>,
    found: Mutex<Option<Found>>,
    /// What its scrapes have left out, by reason.
    dropped: DroppedSums,
    pub(crate) pages: Pages,
    runs: Runs,
}

/// What was set on a registry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) default: Arc<DefaultLabels>,
    pub(crate) sources: Vec<Arc<Source>>,
    /// The families that they describe, but for those that give way.
    pub(super) described: Vec<&'static Descriptor>,
    /// Whether OpenMetrics has lines with starts.
    pub(super) created_lines: bool,
}

impl Settings {
    /// Adds a collector.
    pub(super) fn add(
        &mut self,
        options: CollectorOptions,
        collector: Box<dyn Collector>,
        described: &'static [Descriptor],
    ) {
        let options = CollectorOptions { name: unused(&options.name, &self.sources), ..options };
        if !options.gives_way {
            self.described.extend(described);
        }
        self.sources.push(Arc::new(Source::new(options, collector, described)));
    }

    /// The families that are left out where others have their names.
    pub(super) fn giving_way(&self) -> impl Iterator<Item = &'static Descriptor> {
        let sources = self.sources.iter().filter(|source| source.gives_way());
        sources.flat_map(|source| source.described)
    }
}

/// The name, or the first of `name#2`, `name#3`, … that no collector has.
fn unused(name: &str, sources: &[Arc<Source>]) -> String {
    let (mut unused, mut number) = (name.to_owned(), 1);
    while sources.iter().any(|source| source.name() == unused) {
        number += 1;
        unused = format!("{name}#{number}");
    }
    unused
}

/// What was found of a registry before any value was known, and for which families and settings.
struct Found {
    catalogue: Arc<Catalogue>,
    settings: Arc<Settings>,
    findings: Arc<Findings>,
}

struct DroppedSums([Tally; Reason::TEXTS.len()]);

impl Default for DroppedSums {
    fn default() -> Self {
        Self([const { Tally::new() }; Reason::TEXTS.len()])
    }
}

impl Shared {
    pub(super) fn with_declared() -> Self {
        Self { program: true, ..Self::default() }
    }

    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        if self.program { Catalogue::of_program() } else { Catalogue::of_nothing() }
    }

    pub(super) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn has_created_lines(&self) -> bool {
        self.settings().created_lines
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

    /// Asks for what the collectors say now. Nothing is waited for if no collector can have a wanted
    /// family, or if all of them were asked as lately as their cadences allow.
    pub(crate) fn request(self: &Arc<Self>, filter: &Filter) -> Request {
        let (catalogue, settings) = (self.catalogue(), self.settings());
        let now = Instant::now();
        let wanted = || settings.sources.iter().filter(|it| filter.wants_one(it.described));
        if !wanted().any(|source| source.has_news(now)) {
            let last = self.runs.last().filter(|last| last.is_of(&catalogue, &settings));
            if let Some(last) = last {
                return Request::ready(self, last);
            }
            if wanted().next().is_none() {
                let nothing = self.plan(&Filter::Named(Vec::new()));
                return Request::ready(self, Arc::new(self.found(nothing, None)));
            }
        }
        Request::new(self, filter.clone())
    }

    /// Begins a scrape with what the collectors said.
    pub(crate) fn scrape(&self, snapshot: Arc<Snapshot>, filter: Filter) -> Scrape {
        let problems = snapshot.known.problems.iter().chain(&snapshot.found.problems);
        let mut problems = Problem::count(problems);
        // Whether one is lost is a number of each family, and is read for each page.
        let lost = snapshot.catalogue.families().iter().filter(|it| it.index().lost() > 0);
        Problem::count_lost(&mut problems, lost.count());
        let dropped = snapshot.dropped.get_or_init(|| {
            let mut dropped = snapshot.known.dropped;
            dropped += snapshot.found.dropped;
            dropped.added_to(&self.dropped.0)
        });
        let settings = &snapshot.settings;
        let is_empty = settings.sources.is_empty() && settings.default.is_empty();
        let numbers = (self.program || !is_empty).then(|| Numbers {
            dropped: *dropped,
            problems,
            now: Instant::now(),
            pages: self.pages.numbers(),
        });
        Scrape::new(snapshot, filter, numbers)
    }

    /// The same snapshot for a page whose samples get this label too, unless their family has one of that
    /// name. What cannot be on that page is left out as always.
    pub(crate) fn labelled(&self, snapshot: &Snapshot, label: &(String, String)) -> Snapshot {
        let mut settings = (*snapshot.settings).clone();
        settings.default = Arc::new(settings.default.and(label));
        let plan = Plan {
            catalogue: Arc::clone(&snapshot.catalogue),
            settings: Arc::new(settings),
            begun: snapshot.begun,
            is_whole: true,
            left: VecDeque::new(),
        };
        self.found(plan, None)
    }

    /// The registry is gone. Scrapes under way go on.
    pub(super) fn close(&self) {
        self.runs.close();
    }

    /// Which collectors a run asks that begins now.
    pub(crate) fn plan(&self, wanted: &Filter) -> Plan {
        let (catalogue, settings) = (self.catalogue(), self.settings());
        let begun = Instant::now();
        let asked = || settings.sources.iter().filter(|it| wanted.wants_one(it.described));
        let is_whole = asked().count() == settings.sources.len();
        let left = asked().filter(|source| source.is_due(begun)).cloned().collect();
        Plan { catalogue, settings, begun, is_whole, left }
    }

    /// What the collectors have said, those that were asked and the others, and how much of it a page
    /// can have.
    pub(crate) fn found(&self, plan: Plan, before: Option<&Snapshot>) -> Snapshot {
        let Plan { catalogue, settings, begun, is_whole, .. } = plan;
        let before = before.filter(|_| !is_whole);
        let begun = before.map_or(begun, |before| before.begun);
        let known = self.findings(&catalogue, &settings);
        let (mut collected, mut giving_way) = (Vec::new(), Vec::new());
        let (mut reports, mut found) = (Vec::new(), Findings::default());
        let now = Instant::now();
        for source in &settings.sources {
            let (families, report) = source.report(now);
            if source.gives_way() { &mut giving_way } else { &mut collected }.extend(families);
            found.problems.extend(report.problem.clone());
            reports.push(report);
        }
        let Settings { default, described, .. } = &*settings;
        let collected = Collected { families: collected, giving_way };
        let families = catalogue.admit(collected, default, described, &mut found);
        problem::put_in_order(&mut found.problems);
        let dropped = OnceLock::new();
        Snapshot { begun, catalogue, settings, known, families, found, reports, dropped }
    }

    pub(crate) fn is_current(&self, snapshot: &Snapshot) -> bool {
        snapshot.is_of(&self.catalogue(), &self.settings())
    }

    /// The threads of this process call no collectors, whatever those of another one did.
    pub(crate) fn forget_calls(&self) {
        self.settings().sources.iter().for_each(|source| source.forget());
    }

    pub(crate) fn runs(&self) -> &Runs {
        &self.runs
    }
}

/// Everything that is wrong now, if this is what the collectors said.
pub(super) fn problems(snapshot: &Snapshot) -> Vec<Problem> {
    let mut problems = snapshot.known.problems.clone();
    problems.extend_from_slice(&snapshot.found.problems);
    problems.extend(lost_updates(&snapshot.catalogue));
    problem::put_in_order(&mut problems);
    problems
}

/// The families that have lost updates.
fn lost_updates(catalogue: &Catalogue) -> impl Iterator<Item = Problem> {
    catalogue.families().iter().filter_map(|family| {
        let (lost, descriptor) = (family.index().lost(), family.descriptor());
        let name = || descriptor.name.to_owned();
        let location = descriptor.location;
        (lost > 0).then(|| Problem::NoMemory { name: name(), location, lost })
    })
}
