//! The walk over one family's children that a scrape makes, in bounded steps.
//!
//! Not here: which families there are (`registry.rs`), what is read of their storage (`storage/scan.rs`)
//! and how samples are written (`encode/`). Invariant: holds no lock, and what it emits for a child
//! belongs to one life of it.

use std::time::{Duration, SystemTime};

use crate::{
    admit::Findings,
    desc::Descriptor,
    exemplars::labels_of,
    family::{Family, Source},
    metric,
    sample::{Exemplar, FamilyHead, Labels, Sample, Sink, is_special},
    storage::{
        exemplars::Exemplars,
        index::Index,
        scan::{Extent, Scan},
        update::At,
    },
};

/// Labels that every sample of a registry has.
#[derive(Debug, Default)]
pub(crate) struct DefaultLabels {
    pub(crate) labels: Vec<(String, String)>,
    /// Those that cannot be default labels and are left out.
    pub(crate) findings: Findings,
}

impl DefaultLabels {
    /// Whether none was set.
    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.findings.problems.is_empty()
    }

    /// These labels and one more, which can be one. It takes the place of one of the same name.
    pub(crate) fn and(&self, (name, value): &(String, String)) -> Self {
        let mut labels = self.labels.clone();
        match labels.binary_search_by(|(known, _)| known.cmp(name)) {
            Ok(place) => labels[place].1.clone_from(value),
            Err(place) => labels.insert(place, (name.clone(), value.clone())),
        }
        Self { labels, findings: self.findings.clone() }
    }
}

/// The place of a scrape in a family.
#[derive(Debug)]
pub(crate) struct Walk {
    family: &'static Family,
    extent: Extent,
    /// Where the values of its labels are; found when there is a first series.
    sources: Option<Vec<Source>>,
    /// How many series it has shown.
    series: u64,
}

/// What a scrape reads into; kept for its memory.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    scan: Scan,
    /// The label values of the current series.
    values: Vec<&'static str>,
}

impl Walk {
    /// Begins a scrape of a family.
    pub(crate) fn begin(family: &'static Family) -> Self {
        Self { family, extent: family.index().extent(), sources: None, series: 0 }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.family.descriptor().name
    }

    /// How many series it has shown so far.
    pub(crate) fn series(&self) -> u64 {
        self.series
    }

    /// Emits the next samples, after the family's head if they are the first ones; `false` at the end.
    pub(crate) fn step(
        &mut self,
        buffers: &mut Buffers,
        default: &DefaultLabels,
        sink: &mut dyn Sink,
    ) -> bool {
        let descriptor = self.family.descriptor();
        let Buffers { scan, values: memory } = buffers;
        if !scan.read(self.family.index(), &mut self.extent) {
            return false;
        }
        if scan.rows().is_empty() {
            return true;
        }
        self.series += scan.rows().len() as u64;
        let mut values = recycle(core::mem::take(memory));
        let sources = self.sources.get_or_insert_with(|| {
            sink.family(&FamilyHead::of(descriptor));
            values.extend(descriptor.labels.iter().map(|label| label.name));
            values.extend(missing_in(descriptor, default).map(|(name, _)| name));
            sink.labels(&values);
            Source::of(descriptor)
        });
        values.clear();
        values.resize(sources.len(), "");
        values.extend(missing_in(descriptor, default).map(|(_, value)| value));
        let mut defaults = values[sources.len()..].iter();
        let are_defaults_plain = defaults.all(|value| !value.bytes().any(is_special));
        let shows_start = metric::has_start(descriptor);
        let mut exemplars = Vec::new();
        for row in scan.rows() {
            // The values before the first new one are those of the sample before.
            let kept = Source::kept(sources, scan, row);
            let mut are_plain = are_defaults_plain;
            let new = sources.get(kept..).unwrap_or_default();
            for (value, source) in values[kept..].iter_mut().zip(new) {
                let part = source.value(scan, row);
                *value = part.text;
                are_plain &= part.is_plain;
            }
            let labels = Labels { values: &values, kept, are_plain };
            let value = metric::value(descriptor, scan.values(row));
            let start = shows_start.then(|| scan.start(row));
            if let Some(all) = self.family.exemplars() {
                read_exemplars(all, self.family.index(), scan.at(row), &mut exemplars);
            }
            sink.sample(&Sample { labels, value, start, exemplars: &exemplars });
        }
        *memory = recycle(values);
        true
    }
}

/// Reads the exemplars of a series, in the life in which its value was read.
#[cold]
#[inline(never)]
fn read_exemplars(all: &Exemplars, index: &Index, at: At, exemplars: &mut Vec<Exemplar>) {
    exemplars.clear();
    all.read(index, at, |held| {
        let timestamp = SystemTime::UNIX_EPOCH + Duration::from_millis(held.time);
        let labels = labels_of(&held.text);
        exemplars.push(Exemplar { labels, value: held.value, timestamp });
    });
}

/// The default labels that a sample does not have itself: its own label wins.
pub(crate) fn missing(
    default: &DefaultLabels,
    has: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&str, &str)> {
    let missing = default.labels.iter().filter(move |(name, _)| !has(name));
    missing.map(|(name, value)| (&**name, &**value))
}

/// The default labels that a family does not declare.
fn missing_in<'a>(
    descriptor: &'static Descriptor,
    default: &'a DefaultLabels,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    missing(default, |name| descriptor.labels.iter().any(|label| label.name == name))
}

/// An empty vector with another lifetime. The standard library collects in place, so the memory
/// stays; a test counts allocations.
fn recycle<'b>(mut values: Vec<&str>) -> Vec<&'b str> {
    values.clear();
    values.into_iter().map(|_| "").collect()
}
