//! What a page can hold of the exemplars of collectors. A sample stays without those that it cannot.
//!
//! Not here: in which bucket an exemplar is shown (`encode/exemplars.rs`). Invariant: an exemplar that is
//! admitted can be written in every format that has exemplars.

use std::time::UNIX_EPOCH;

use caas_metrics_model::is_label_name;

use super::{Findings, Reason};
use crate::{
    desc::MetricType,
    problem::Problem,
    sample::{Exemplar, FamilySnapshot},
};

/// Leaves out the exemplars that a reader would refuse.
pub(super) fn retain(family: &mut FamilySnapshot, findings: &mut Findings) {
    let mut known: Vec<(&'static str, u64)> = Vec::new();
    for sample in &mut family.children {
        sample.exemplars.retain(|exemplar| {
            let Some(fault) = fault(family.metric_type, exemplar) else { return true };
            match known.iter_mut().find(|(known, _)| *known == fault) {
                Some((_, count)) => *count += 1,
                None => known.push((fault, 1)),
            }
            false
        });
    }
    for (reason, dropped) in known {
        findings.dropped.add(Reason::Exemplar, dropped);
        let name = family.name.clone();
        findings.problems.push(Problem::BadExemplars { name, reason, dropped });
    }
}

/// What is wrong with an exemplar.
fn fault(metric_type: MetricType, exemplar: &Exemplar) -> Option<&'static str> {
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
