//! What is wrong with the families of a registry before any value is known.
//!
//! Not here: what collectors return (`collected.rs`). Invariant: found from descriptors and settings
//! only, so it is found once for each change of a registry.

use caas_metrics_model::TARGET_LABELS;

use super::{Catalogue, Entry, difference::conflict, taken::Taken, title};
use crate::{
    admit::{self, Findings},
    desc::Descriptor,
    problem::{self, Problem},
    sample::FamilyHead,
    walk::DefaultLabels,
};

impl Catalogue {
    /// What is wrong with these families, those that collectors describe, and the default labels.
    pub(crate) fn findings(
        &self,
        default: &DefaultLabels,
        described: &[&'static Descriptor],
    ) -> Findings {
        let mut findings = default.findings.clone();
        let own: Vec<_> = self.entries.iter().filter_map(Entry::descriptor).collect();
        for (label, _) in &default.labels {
            judge_label(label, "the default labels", &mut findings.problems);
            // What a described family gives to its samples is seen when they come.
            for family in own.iter().filter(|family| has_label(family, label)) {
                let (label, name) = (label.clone(), family.name.to_owned());
                findings.default_label(Problem::DefaultLabel { label, name });
            }
        }
        let problems = &mut findings.problems;
        problems.extend_from_slice(&self.problems);
        self.judge_described(described, problems);
        for descriptor in own.iter().chain(described) {
            judge(descriptor, problems);
        }
        problem::put_in_order(problems);
        findings
    }

    /// What is wrong with the families that collectors describe.
    fn judge_described(&self, described: &[&'static Descriptor], problems: &mut Vec<Problem>) {
        let mut taken = Taken::beside(&self.taken);
        let mut known: Vec<&Descriptor> = Vec::new();
        for &descriptor in described {
            if let Some(problem) = admit::fault_of_description(descriptor) {
                problems.push(problem);
            } else if let Some(first) = known.iter().find(|it| it.name == descriptor.name) {
                problems.extend(conflict(first, descriptor));
            } else {
                let title = format!("{} of a collector", title(descriptor));
                match taken.take(descriptor.metric_type, descriptor.name, &title) {
                    Ok(()) => known.push(descriptor),
                    Err(clash) => problems.push(clash),
                }
            }
        }
    }
}

fn has_label(descriptor: &Descriptor, name: &str) -> bool {
    descriptor.labels.iter().any(|label| label.name == name)
}

/// What is wrong with a family by itself.
fn judge(descriptor: &Descriptor, problems: &mut Vec<Problem>) {
    if descriptor.legacy.is_some() {
        // Its author knows what follows and has written down why it must be so.
        return;
    }
    let whose = title(descriptor);
    for label in descriptor.labels {
        judge_label(label.name, &whose, problems);
    }
    if FamilyHead::of(descriptor).sum_can_shrink() {
        let (name, location) = (descriptor.name.to_owned(), descriptor.location);
        problems.push(Problem::NoSum { name, location });
    }
}

/// Adds a problem if Prometheus itself gives this label to every target.
fn judge_label(label: &str, whose: &str, problems: &mut Vec<Problem>) {
    if TARGET_LABELS.contains(&label) {
        let (label, whose) = (label.to_owned(), whose.to_owned());
        problems.push(Problem::TargetLabel { label, whose });
    }
}
