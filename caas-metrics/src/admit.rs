//! What a page can hold of collectors and default labels, and why the rest is left out.
//!
//! The one judgement of names, labels and values that are known only at run time. Not here: which
//! families take the same names (`catalogue.rs`). Invariant: what is admitted breaks no page in any
//! format; what is left out is counted by its reason, and `check` names it.
//!
//! Cost: a few comparisons and one hash for each label of a collector's sample, and up to 64 bytes for
//! each sample of a family while that family is judged.

mod admitted;
mod exemplars;
mod findings;
mod label_sets;

use std::fmt::Write as _;

use caas_metrics_model::{is_label_name, is_metric_name, reserved_for};

use self::label_sets::LabelSets;
pub(crate) use self::{
    admitted::Admitted,
    findings::{Dropped, Findings, Reason},
};
use crate::{
    desc::{Descriptor, MetricType, Native},
    problem::Problem,
    sample::{ChildSnapshot, FamilyHead, NativeCounts, Number, OwnedValue},
    walk::DefaultLabels,
};

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
        let place = admitted.labels.binary_search_by(|(known, _)| known.cmp(&label));
        let reason = if !is_label_name(&label) {
            Some("it is not a label name")
        } else if place.is_ok() {
            Some("it is set twice, and the first value stays")
        } else {
            reserved_for(&label)
        };
        if let Some(reason) = reason {
            admitted.findings.default_label(Problem::BadDefaultLabel { label, reason });
        } else {
            let (Ok(place) | Err(place)) = place;
            admitted.labels.insert(place, (label, value));
        }
    }
    admitted
}

/// Whether a page can have a collector's family at all, whatever its samples are.
pub(crate) fn admits(family: &Admitted, findings: &mut Findings) -> bool {
    let Some(fault) = fault_of_head(&family.head()) else { return true };
    let problem = Problem::BadFamily { name: family.name().to_owned(), reason: fault.text };
    findings.family(family.samples().count(), fault.reason, problem);
    false
}

/// What is wrong with a family that a collector describes.
pub(crate) fn fault_of_description(descriptor: &Descriptor) -> Option<Problem> {
    let names = descriptor.labels.iter().map(|label| label.name);
    let fault = fault_of_head(&FamilyHead::of(descriptor)).or_else(|| fault_of_names(names))?;
    Some(Problem::BadFamily { name: descriptor.name.to_owned(), reason: fault.text })
}

fn fault_of_head(head: &FamilyHead<'_>) -> Option<Fault> {
    let is_finite = head.buckets.iter().all(|bound| bound.is_finite());
    if !is_metric_name(head.name) {
        Some(fault(Reason::Name, "its name is not a metric name"))
    } else if !is_finite || !head.buckets.windows(2).all(|pair| pair[0] < pair[1]) {
        Some(fault(Reason::Bounds, "its bounds are not finite and increasing"))
    } else {
        head.native.and_then(|native| native.fault()).map(|text| fault(Reason::Bounds, text))
    }
}

/// Leaves out the samples of a collector's family that would break the page.
pub(crate) fn retain(family: &mut Admitted, default: &DefaultLabels, findings: &mut Findings) {
    let mut faults = Vec::new();
    let mut sets = LabelSets::new(default, family.samples().count());
    let (mut names, mut of_names) = (None, None);
    for (place, sample) in family.samples().enumerate() {
        // Mostly all samples of a family have labels of the same names.
        if !names.is_some_and(|names| have_same_names(names, sample)) {
            names = Some(sample);
            of_names = fault_of_names(sample.labels.iter().map(|(name, _)| &**name));
            if of_names.is_none() {
                sets.names_are(sample, family.name(), findings);
            }
        }
        let fault = of_names.or_else(|| fault_of_value(&family.head(), &sample.value));
        if fault.is_some() || !sets.insert(sample) {
            faults.push((place, fault.unwrap_or(TWICE)));
        }
    }
    if !faults.is_empty() {
        leave_out(family, &faults, findings);
    }
    exemplars::retain(family, findings);
}

const TWICE: Fault = fault(Reason::Duplicate, "another sample has the same labels");

/// Leaves out the samples in these places, and says why.
fn leave_out(family: &mut Admitted, faults: &[(usize, Fault)], findings: &mut Findings) {
    let mut known: Vec<(Fault, usize, u64)> = Vec::new();
    for (place, fault) in faults {
        findings.dropped.add(fault.reason, 1);
        match known.iter_mut().find(|(known, ..)| known == fault) {
            Some((_, _, count)) => *count += 1,
            None => known.push((*fault, *place, 1)),
        }
    }
    for (fault, first, dropped) in known {
        findings.problems.push(Problem::BadSamples {
            name: family.name().to_owned(),
            reason: fault.text,
            first: family.samples().nth(first).map(shown).unwrap_or_default(),
            dropped,
        });
    }
    family.leave_out(faults.iter().map(|(place, _)| *place).collect());
}

/// A sample's labels, to name it in a sentence.
fn shown(sample: &ChildSnapshot) -> String {
    let mut text = String::from("{");
    for (place, (name, value)) in sample.labels.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        // A string takes everything.
        let _ = write!(text, "{comma}{name}={value:?}");
    }
    text.push('}');
    text
}

fn have_same_names(a: &ChildSnapshot, b: &ChildSnapshot) -> bool {
    a.labels.len() == b.labels.len()
        && a.labels.iter().zip(&b.labels).all(|((a, _), (b, _))| a == b)
}

/// What is wrong with the names of a sample's labels.
fn fault_of_names<'n>(names: impl Iterator<Item = &'n str>) -> Option<Fault> {
    let mut known = Vec::new();
    for name in names {
        let text = if !is_label_name(name) {
            "a label's name is not a label name"
        } else if reserved_for(name).is_some() {
            "a label's name is reserved: `le`, `quantile`, and what begins with `__`"
        } else if known.contains(&name) {
            "it has a label twice"
        } else {
            known.push(name);
            continue;
        };
        return Some(fault(Reason::LabelName, text));
    }
    None
}

/// What is wrong with a sample's value. The rules are those of OpenMetrics, whose readers refuse the
/// whole page; Prometheus itself is less strict.
fn fault_of_value(family: &FamilyHead<'_>, value: &OwnedValue) -> Option<Fault> {
    let text = match (family.metric_type, value) {
        (MetricType::Counter, OwnedValue::Number(number)) => counter(number.as_f64())?,
        (MetricType::Info, OwnedValue::Number(number)) => info(*number)?,
        (MetricType::Gauge | MetricType::Unknown, OwnedValue::Number(_)) => return None,
        (MetricType::Histogram, OwnedValue::Histogram { buckets, sum, native: counts }) => {
            let of_native = family.native.zip(counts.as_ref());
            // Without classic buckets the native ones are enough.
            let is_alone = of_native.is_some() && family.buckets.is_empty() && buckets.is_empty();
            let buckets = if is_alone { &[0][..] } else { buckets };
            let fault = of_native.and_then(|(shape, counts)| native(shape, counts));
            histogram(family, buckets, *sum).or(fault)?
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

fn histogram(family: &FamilyHead<'_>, buckets: &[u64], sum: f64) -> Option<&'static str> {
    if buckets.len() != family.buckets.len() + 1 {
        return Some("a histogram's counts do not fit its bounds, or they decrease");
    }
    if buckets.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count)).is_none() {
        return Some("a histogram's count is above 2^64");
    }
    if sum.is_nan() || (sum < 0.0 && !family.sum_can_shrink()) {
        return Some("a histogram's sum is NaN, or below zero without a bound below zero");
    }
    None
}

fn native(shape: Native, counts: &NativeCounts) -> Option<&'static str> {
    let NativeCounts { zero, positive, negative } = counts;
    if positive.len().max(negative.len()) > shape.len() as usize {
        return Some("a native histogram's counts are more than the buckets of its range");
    }
    let all = positive.iter().chain(negative);
    let sum = all.into_iter().try_fold(*zero, |sum, count| sum.checked_add(*count));
    sum.is_none().then_some("a native histogram's count is above 2^64")
}

#[allow(clippy::float_cmp, reason = "nearly equal quantiles are two")]
fn summary(quantiles: &[(f64, f64)], sum: f64) -> Option<&'static str> {
    for (place, (quantile, _)) in quantiles.iter().enumerate() {
        if !(0.0..=1.0).contains(quantile) {
            return Some("a summary's quantile is not between 0 and 1");
        }
        // A summary has a handful of quantiles.
        if quantiles.iter().take(place).any(|(before, _)| before == quantile) {
            return Some("a summary has a quantile twice");
        }
    }
    if sum.is_nan() || sum < 0.0 || quantiles.iter().any(|(_, value)| *value < 0.0) {
        return Some("a summary's sum is NaN, or a value of it is below zero");
    }
    None
}
