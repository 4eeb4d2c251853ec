//! What a page can hold of the exemplars of collectors. A sample stays without those that it cannot.
//!
//! Not here: in which bucket an exemplar is shown (`encode/exemplars.rs`). Invariant: an exemplar that is
//! admitted can be written in every format that has exemplars.

use std::time::UNIX_EPOCH;

use caas_metrics_model::is_label_name;

use super::{Admitted, Findings, Reason};
use crate::{desc::MetricType, problem::Problem, sample::Exemplar};

/// Leaves out the exemplars that a reader would refuse.
pub(super) fn retain(family: &mut Admitted, findings: &mut Findings) {
    let metric_type = family.head().metric_type;
    let mut known: Vec<(&'static str, u64)> = Vec::new();
    let samples = family.admitted_from(0).map(|(_, sample)| sample);
    for exemplar in samples.flat_map(|sample| &sample.exemplars) {
        let Some(fault) = fault(metric_type, exemplar) else { continue };
        match known.iter_mut().find(|(known, _)| *known == fault) {
            Some((_, count)) => *count += 1,
            None => known.push((fault, 1)),
        }
    }
    for (reason, dropped) in known {
        family.leave_out_bad_exemplars();
        findings.dropped.add(Reason::Exemplar, dropped);
        let name = family.name().to_owned();
        findings.problems.push(Problem::BadExemplars { name, reason, dropped });
    }
}

/// What is wrong with an exemplar.
pub(super) fn fault(metric_type: MetricType, exemplar: &Exemplar) -> Option<&'static str> {
    let Exemplar { labels, value, timestamp } = exemplar;
    let characters = |text: &str| text.chars().count();
    let all = labels.iter().map(|(name, value)| characters(name) + characters(value));
    let is_twice =
        |place: usize, name: &String| labels.iter().skip(place + 1).any(|l| l.0 == *name);
    if !matches!(metric_type, MetricType::Counter | MetricType::Histogram) {
        Some("only counters and histograms have exemplars")
    } else if all.sum::<usize>() > Exemplar::MOST_CHARACTERS {
        Some("its labels have more than 128 characters")
    } else if !labels.iter().all(|(name, _)| is_label_name(name)) {
        Some("a label's name is not a label name")
    } else if labels.iter().enumerate().any(|(place, (name, _))| is_twice(place, name)) {
        Some("it has a label twice")
    } else if value.is_nan() {
        Some("its value is NaN, which is in no bucket")
    } else if *timestamp < UNIX_EPOCH {
        Some("its time is before 1970")
    } else {
        None
    }
}
