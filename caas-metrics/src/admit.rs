//! What a page can hold of collectors and default labels, and why the rest is left out.
//!
//! The one judgement of names, labels and values that are known only at run time. Not here: which
//! families take the same names (`catalogue.rs`). Invariant: what is admitted breaks no page in any
//! format; what is left out is counted by its reason, and `check` names it.
//!
//! Cost: a few comparisons and one hash for each label of a collector's sample, and 16 bytes for each
//! sample of a family while that family is judged.

use std::{collections::hash_map::RandomState, hash::BuildHasher, ops::AddAssign};

use caas_metrics_model::{is_label_name, is_metric_name, reserved_for};

use crate::{
    desc::{Descriptor, MetricType},
    problem::Problem,
    sample::{FamilyHead, FamilySnapshot, Number, OwnedValue, Sample},
    storage::flag::Tally,
    walk::DefaultLabels,
};

/// Why something is left out: the values of the label of `caas_metrics_dropped_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A histogram's bounds are not finite and increasing.
    Bounds,
    /// Another family takes the name of one of the family's samples.
    Clash,
    /// A default label cannot be one, or the family has a label of that name itself.
    DefaultLabel,
    /// A label set occurs twice in a family.
    Duplicate,
    /// A label has a name that no label can have.
    LabelName,
    /// The family has a name that no metric can have.
    Name,
    /// The value is none that the family's type can have.
    Value,
}

impl Reason {
    /// The reasons as text, in the order of the variants.
    pub(crate) const TEXTS: [&'static str; 7] =
        ["bounds", "clash", "default_label", "duplicate", "label_name", "name", "value"];
}

/// How many samples or default labels were left out, by reason.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dropped([u64; Reason::TEXTS.len()]);

impl Dropped {
    pub(crate) fn add(&mut self, reason: Reason, count: u64) {
        if let Some(sum) = self.0.get_mut(reason as usize) {
            *sum = sum.wrapping_add(count);
        }
    }

    /// The sums so far, once these are added to them.
    pub(crate) fn added_to(&self, sums: &[Tally; Reason::TEXTS.len()]) -> Self {
        let mut dropped = *self;
        for (count, sum) in dropped.0.iter_mut().zip(sums) {
            *count = sum.add(*count);
        }
        dropped
    }

    /// The counts, in the order of [`Reason::TEXTS`].
    pub(crate) fn counts(&self) -> &[u64] {
        &self.0
    }
}

impl AddAssign for Dropped {
    fn add_assign(&mut self, other: Self) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum = sum.wrapping_add(count);
        }
    }
}

/// What was left out of a page, and the problems that this is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Findings {
    pub(crate) problems: Vec<Problem>,
    pub(crate) dropped: Dropped,
    /// Collectors that panicked.
    pub(crate) panics: u64,
}

impl Findings {
    /// A collector's family is left out as a whole.
    pub(crate) fn family(&mut self, family: &FamilySnapshot, reason: Reason, problem: Problem) {
        self.dropped.add(reason, family.samples.len().max(1) as u64);
        self.problems.push(problem);
    }

    /// A default label is left out.
    pub(crate) fn default_label(&mut self, problem: Problem) {
        self.dropped.add(Reason::DefaultLabel, 1);
        self.problems.push(problem);
    }
}

/// What is wrong, for the count and as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fault {
    reason: Reason,
    text: &'static str,
}

const fn fault(reason: Reason, text: &'static str) -> Fault {
    Fault { reason, text }
}

/// The default labels of these that can be some, by name; the first of those with one name.
pub(crate) fn default_labels(labels: Vec<(String, String)>) -> DefaultLabels {
    let mut admitted = DefaultLabels::default();
    for (label, value) in labels {
        let reason = if !is_label_name(&label) {
            Some("it is not a label name")
        } else if admitted.labels.iter().any(|(known, _)| *known == label) {
            Some("it is set twice, and the first value stays")
        } else {
            reserved_for(&label)
        };
        match reason {
            None => admitted.labels.push((label, value)),
            Some(reason) => {
                admitted.findings.default_label(Problem::BadDefaultLabel { label, reason });
            }
        }
    }
    admitted.labels.sort();
    admitted
}

/// Whether a page can have a collector's family at all, whatever its samples are.
pub(crate) fn admits(family: &FamilySnapshot, findings: &mut Findings) -> bool {
    let Some(fault) = fault_of_head(&family.head()) else { return true };
    let problem = Problem::BadFamily { name: family.name.clone(), reason: fault.text };
    findings.family(family, fault.reason, problem);
    false
}

/// What is wrong with a family that a collector describes.
pub(crate) fn fault_of_description(descriptor: &Descriptor) -> Option<Problem> {
    let names: Vec<&str> = descriptor.labels.iter().map(|label| label.name).collect();
    let fault = fault_of_head(&FamilyHead::of(descriptor)).or_else(|| fault_of_names(&names))?;
    Some(Problem::BadFamily { name: descriptor.name.to_owned(), reason: fault.text })
}

fn fault_of_head(head: &FamilyHead<'_>) -> Option<Fault> {
    let is_finite = head.buckets.iter().all(|bound| bound.is_finite());
    if !is_metric_name(head.name) {
        Some(fault(Reason::Name, "its name is not a metric name"))
    } else if !is_finite || !head.buckets.windows(2).all(|pair| pair[0] < pair[1]) {
        Some(fault(Reason::Bounds, "its bounds are not finite and increasing"))
    } else {
        None
    }
}

/// Leaves out the samples of a collector's family that would break the page.
pub(crate) fn retain(
    family: &mut FamilySnapshot,
    default: &DefaultLabels,
    findings: &mut Findings,
) {
    let mut faults = Vec::new();
    let mut sets = LabelSets::new(default, family.samples.len());
    let (mut names, mut of_names) = (None, None);
    for (place, sample) in family.samples.iter().enumerate() {
        // Mostly all samples of a family have labels of the same names.
        if !names.is_some_and(|names| have_same_names(names, sample)) {
            names = Some(sample);
            of_names =
                fault_of_names(&sample.labels.iter().map(|(name, _)| &**name).collect::<Vec<_>>());
            if of_names.is_none() {
                sets.names_are(sample, &family.name, findings);
            }
        }
        let fault = of_names.or_else(|| fault_of_value(family, &sample.value));
        match fault {
            Some(fault) => faults.push((place, fault)),
            None => sets.add(place, sample),
        }
    }
    let twice = fault(Reason::Duplicate, "another sample has the same labels");
    faults.extend(sets.repeated(&family.samples).into_iter().map(|place| (place, twice)));
    if !faults.is_empty() {
        leave_out(family, faults, findings);
    }
}

/// Leaves out the samples in these places, and says why.
fn leave_out(
    family: &mut FamilySnapshot,
    mut faults: Vec<(usize, Fault)>,
    findings: &mut Findings,
) {
    faults.sort_unstable_by_key(|(place, _)| *place);
    let mut known: Vec<(Fault, usize, u64)> = Vec::new();
    for (place, fault) in &faults {
        findings.dropped.add(fault.reason, 1);
        match known.iter_mut().find(|(known, ..)| known == fault) {
            Some((_, _, count)) => *count += 1,
            None => known.push((*fault, *place, 1)),
        }
    }
    for (fault, first, dropped) in known {
        findings.problems.push(Problem::BadSamples {
            name: family.name.clone(),
            reason: fault.text,
            first: family.samples.get(first).map(shown).unwrap_or_default(),
            dropped,
        });
    }
    let mut faults = faults.into_iter().map(|(place, _)| place).peekable();
    let mut place = 0..;
    family.samples.retain(|_| {
        let place = place.next();
        faults.next_if(|fault| Some(*fault) == place).is_none()
    });
}

/// A sample's labels, to name it in a sentence.
fn shown(sample: &Sample) -> String {
    let labels = sample.labels.iter().map(|(name, value)| format!("{name}={value:?}"));
    format!("{{{}}}", labels.collect::<Vec<_>>().join(","))
}

fn have_same_names(a: &Sample, b: &Sample) -> bool {
    a.labels.len() == b.labels.len()
        && a.labels.iter().zip(&b.labels).all(|((a, _), (b, _))| a == b)
}

/// What is wrong with the names of a sample's labels.
fn fault_of_names(names: &[&str]) -> Option<Fault> {
    let text = if !names.iter().all(|name| is_label_name(name)) {
        "a label's name is not a label name"
    } else if names.iter().any(|name| reserved_for(name).is_some()) {
        "a label's name is reserved: `le`, `quantile`, and what begins with `__`"
    } else {
        let mut sorted = names.to_vec();
        sorted.sort_unstable();
        let is_repeated = sorted.windows(2).any(|pair| pair[0] == pair[1]);
        return is_repeated.then_some(fault(Reason::LabelName, "it has a label twice"));
    };
    Some(fault(Reason::LabelName, text))
}

/// What is wrong with a sample's value. The rules are those of OpenMetrics, whose readers refuse the
/// whole page; Prometheus itself is less strict.
fn fault_of_value(family: &FamilySnapshot, value: &OwnedValue) -> Option<Fault> {
    let text = match (family.metric_type, value) {
        (MetricType::Counter, OwnedValue::Number(number)) => counter(number.as_f64())?,
        (MetricType::Info, OwnedValue::Number(number)) => info(*number)?,
        (MetricType::Gauge | MetricType::Unknown, OwnedValue::Number(_)) => return None,
        (MetricType::Histogram, OwnedValue::Histogram { buckets, sum }) => {
            histogram(family, buckets, *sum)?
        }
        (MetricType::Summary, OwnedValue::Summary { quantiles, sum, .. }) => {
            summary(quantiles, *sum)?
        }
        _ => "its value is of another type than the family",
    };
    Some(fault(Reason::Value, text))
}

fn counter(value: f64) -> Option<&'static str> {
    (value.is_nan() || value < 0.0).then_some("a counter is NaN or below zero")
}

#[allow(clippy::float_cmp, reason = "an info is 1, not nearly so")]
fn info(value: Number) -> Option<&'static str> {
    (value.as_f64() != 1.0).then_some("an info is not 1")
}

fn histogram(family: &FamilySnapshot, buckets: &[u64], sum: f64) -> Option<&'static str> {
    if buckets.len() != family.buckets.len() + 1 {
        return Some("a histogram's counts do not fit its bounds, or they decrease");
    }
    if buckets.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count)).is_none() {
        return Some("a histogram's count is above 2^64");
    }
    if sum.is_nan() || (sum < 0.0 && !family.head().sum_can_shrink()) {
        return Some("a histogram's sum is NaN, or below zero without a bound below zero");
    }
    None
}

fn summary(quantiles: &[(f64, f64)], sum: f64) -> Option<&'static str> {
    let is_quantile = |quantile: f64| (0.0..=1.0).contains(&quantile);
    if !quantiles.iter().all(|(quantile, _)| is_quantile(*quantile)) {
        return Some("a summary's quantile is not between 0 and 1");
    }
    let mut sorted: Vec<f64> = quantiles.iter().map(|(quantile, _)| *quantile).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    if sorted.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Some("a summary has a quantile twice");
    }
    if sum.is_nan() || sum < 0.0 || quantiles.iter().any(|(_, value)| *value < 0.0) {
        return Some("a summary's sum is NaN, or a value of it is below zero");
    }
    None
}

/// The label sets of a family's samples, as they are on the page: with the default labels, and
/// without empty values, which are absent labels to Prometheus.
struct LabelSets<'a> {
    default: &'a DefaultLabels,
    hasher: RandomState,
    /// What the default labels that the current sample does not have itself add to its hash.
    of_default: u64,
    /// The hash of each sample's set, and its place.
    sets: Vec<(u64, usize)>,
    /// The default labels that some sample has itself.
    own: Vec<&'a str>,
}

impl<'a> LabelSets<'a> {
    fn new(default: &'a DefaultLabels, samples: usize) -> Self {
        let sets = Vec::with_capacity(samples);
        Self { default, hasher: RandomState::new(), of_default: 0, sets, own: Vec::new() }
    }

    /// The samples that follow have labels of the same names as this one.
    fn names_are(&mut self, sample: &Sample, family: &str, findings: &mut Findings) {
        self.of_default = 0;
        for (label, value) in &self.default.labels {
            if !sample.labels.iter().any(|(own, _)| own == label) {
                self.of_default = self.of_default.wrapping_add(self.hash(label, value));
            } else if !self.own.contains(&&**label) {
                self.own.push(label);
                let (label, name) = (label.clone(), family.to_owned());
                findings.default_label(Problem::DefaultLabel { label, name });
            }
        }
    }

    /// The hash of a label. A set's is the sum, so that the order of its labels does not matter.
    fn hash(&self, name: &str, value: &str) -> u64 {
        if value.is_empty() { 0 } else { self.hasher.hash_one((name, value)) }
    }

    fn add(&mut self, place: usize, sample: &Sample) {
        let own = sample.labels.iter().map(|(name, value)| self.hash(name, value));
        self.sets.push((own.fold(self.of_default, u64::wrapping_add), place));
    }

    /// The places of samples whose set an earlier one has.
    fn repeated(mut self, samples: &[Sample]) -> Vec<usize> {
        self.sets.sort_unstable();
        let mut repeated = Vec::new();
        for same_hash in self.sets.chunk_by(|a, b| a.0 == b.0).filter(|chunk| chunk.len() > 1) {
            // Sets of one hash are nearly always one set, so this list has one entry.
            let mut known: Vec<Vec<(&str, &str)>> = Vec::new();
            for (_, place) in same_hash {
                let Some(sample) = samples.get(*place) else { continue };
                let set = self.set(sample);
                if known.contains(&set) {
                    repeated.push(*place);
                } else {
                    known.push(set);
                }
            }
        }
        repeated
    }

    /// The set itself, by name.
    fn set<'s>(&self, sample: &'s Sample) -> Vec<(&'s str, &'s str)>
    where
        'a: 's,
    {
        let default: &'a DefaultLabels = self.default;
        let missing =
            crate::walk::missing(default, |name| sample.labels.iter().any(|(own, _)| own == name));
        let own = sample.labels.iter().map(|(name, value)| (&**name, &**value));
        let mut set: Vec<_> = own.chain(missing).filter(|(_, value)| !value.is_empty()).collect();
        set.sort_unstable();
        set
    }
}
