//! A scrape in progress: the families of a page in order, in bounded steps.
//!
//! Not here: how children are walked (`walk.rs`), and what collectors said (`runs/`). Invariant: a step
//! emits a few hundred samples at most, unless equal declarations of one family are merged.

use std::{borrow::Cow, cmp::Reverse, collections::HashMap, sync::Arc};

use crate::{
    admit::Admitted,
    catalogue::Entry,
    desc::{Descriptor, MetricType},
    family::Family,
    filter::Filter,
    isolation::Isolation,
    metric,
    own::Numbers,
    runs::Snapshot,
    sample::{ChildSnapshot, Exemplar, FamilySnapshot, Labels, Sample, Sink, Snapshots},
    walk::{Buffers, DefaultLabels, Walk, missing},
};

/// How many samples of a collector a step emits.
const STEP: usize = 256;

/// A scrape in progress: emits its families in bounded steps, so that a page can be streamed.
#[derive(Debug)]
pub(crate) struct Scrape {
    snapshot: Arc<Snapshot>,
    filter: Filter,
    /// The next family of the catalogue, and the next one of collectors, which are also by name.
    next: usize,
    next_collected: usize,
    /// The place of the next sample in the family of collectors that is being emitted.
    place: Option<usize>,
    /// What the registry says about itself, unless there is nothing in it.
    numbers: Option<Numbers>,
    walk: Option<Walk>,
    buffers: Buffers,
    /// How many series each family of the program had so far.
    series: Vec<(&'static str, u64)>,
    /// Whose values it shows.
    isolation: Isolation,
}

impl Scrape {
    pub(super) fn new(snapshot: Arc<Snapshot>, filter: Filter, numbers: Option<Numbers>) -> Self {
        let series = Vec::with_capacity(snapshot.catalogue.entries.len());
        Self {
            snapshot,
            filter,
            next: 0,
            next_collected: 0,
            place: None,
            numbers,
            walk: None,
            buffers: Buffers::default(),
            series,
            isolation: Isolation::current(),
        }
    }

    /// How many series each family of the program had, if it has come to the end of a whole page.
    pub(crate) fn series(&self) -> Option<&[(&'static str, u64)]> {
        (self.filter == Filter::All).then_some(&self.series)
    }

    /// Emits the next samples; `false` when nothing is left.
    pub(crate) fn step(&mut self, sink: &mut dyn Sink) -> bool {
        let _inside = self.isolation.enter();
        let Snapshot { catalogue, settings, families, .. } = &*self.snapshot;
        if let Some(walk) = &mut self.walk {
            if !walk.step(&mut self.buffers, &settings.default, sink) {
                // One of attributes says nothing of a program that has none.
                let entry = self.next.checked_sub(1).and_then(|place| catalogue.entries.get(place));
                if walk.series() > 0 || matches!(entry, Some(Entry::Declared(_))) {
                    self.series.push((walk.name(), walk.series()));
                }
                self.walk = None;
            }
            return true;
        }
        let entry = catalogue.entries.get(self.next);
        let collected = families.get(self.next_collected);
        let is_first =
            |family: &&Admitted| entry.is_none_or(|entry| *family.name() < *entry.name());
        if let Some(family) = collected.filter(is_first) {
            let is_wanted = self.filter.wants(family.head().metric_type, family.name());
            let place = self.place.filter(|_| is_wanted);
            self.place =
                if is_wanted { emit_from(family, place, &settings.default, sink) } else { None };
            if self.place.is_none() {
                self.next_collected += 1;
            }
            return true;
        }
        self.next += 1;
        let Some(entry) = entry else { return false };
        let descriptor = entry.descriptor();
        if descriptor.is_some_and(|it| !self.filter.wants(it.metric_type, it.name)) {
            return true;
        }
        match entry {
            Entry::Declared(families) => {
                if let [family] = families[..] {
                    self.walk = Some(Walk::begin(family));
                } else if let Some(merged) = merge(families) {
                    emit(&merged, &settings.default, sink);
                    self.series.push((entry.name(), merged.children.len() as u64));
                } else {
                    self.series.push((entry.name(), 0));
                }
            }
            Entry::BuiltIn(family) => self.walk = Some(Walk::begin(family)),
            Entry::Own(own) => own.emit(&self.snapshot, self.numbers.as_ref(), sink),
        }
        true
    }
}

/// Emits the next samples of a collector's family, and its head before the first ones; returns the place
/// from where to go on.
fn emit_from(
    family: &Admitted,
    place: Option<usize>,
    default: &DefaultLabels,
    sink: &mut dyn Sink,
) -> Option<usize> {
    if place.is_none() {
        sink.family(&family.head());
    }
    let mut samples = family.admitted_from(place.unwrap_or(0));
    let step = samples.by_ref().take(STEP);
    let step = step.map(|(_, sample)| (sample, family.exemplars_of(sample)));
    emit_samples(step, default, sink);
    samples.next().map(|(place, _)| place)
}

/// Emits a family that is held as a whole.
fn emit(family: &FamilySnapshot, default: &DefaultLabels, sink: &mut dyn Sink) {
    sink.family(&family.head());
    let samples = family.children.iter().map(|sample| (sample, Cow::from(&sample.exemplars)));
    emit_samples(samples, default, sink);
}

fn emit_samples<'s>(
    samples: impl Iterator<Item = (&'s ChildSnapshot, Cow<'s, [Exemplar]>)>,
    default: &DefaultLabels,
    sink: &mut dyn Sink,
) {
    let mut known = None;
    for (sample, exemplars) in samples {
        let own = sample.labels.iter().map(|(name, value)| (&**name, &**value));
        let missing = missing(default, |name| sample.labels.iter().any(|(own, _)| own == name));
        let (names, values): (Vec<&str>, Vec<&str>) = own.chain(missing).unzip();
        if known.as_ref() != Some(&names) {
            sink.labels(&names);
            known = Some(names);
        }
        sink.sample(&Sample { exemplars: &exemplars, ..sample.as_sample(Labels::new(&values)) });
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
            // Two infos are still one fact.
            if merged.metric_type != MetricType::Info {
                same.value.add(&sample.value);
            }
            // The sum was at zero before the first of them counted.
            same.started = same.started.min(sample.started).or(same.started);
            merge_exemplars(families[0].descriptor(), &mut same.exemplars, sample.exemplars);
        } else {
            known.insert(sample.labels.clone(), merged.children.len());
            merged.children.push(sample);
        }
    }
    Some(merged)
}

/// Of two exemplars of a bucket the newer one.
fn merge_exemplars(of: &Descriptor, exemplars: &mut Vec<Exemplar>, others: Vec<Exemplar>) {
    let bucket = |exemplar: &Exemplar| metric::exemplar(of, exemplar.value);
    exemplars.extend(others);
    exemplars.sort_by_key(|exemplar| (bucket(exemplar), Reverse(exemplar.timestamp)));
    exemplars.dedup_by_key(|exemplar| bucket(exemplar));
}
