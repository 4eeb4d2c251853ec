//! What is left out of a page: counted by its reason, and named by problems.

use std::ops::AddAssign;

use crate::{problem::Problem, storage::flag::Tally};

/// Why something is left out: the values of the label of `caas_metrics_dropped_total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A histogram's bounds are not finite and increasing, or its native buckets cannot be.
    Bounds,
    /// Another family takes the name of one of the family's samples.
    Clash,
    /// A default label cannot be one, or the family has a label of that name itself.
    DefaultLabel,
    /// A label set occurs twice in a family.
    Duplicate,
    /// An exemplar is too long, or cannot be one; its sample stays.
    Exemplar,
    /// A label has a name that no label can have.
    LabelName,
    /// The family has a name that no metric can have.
    Name,
    /// The value is none that the family's type can have.
    Value,
}

impl Reason {
    /// The reasons as text, in the order of the variants.
    pub(crate) const TEXTS: [&'static str; 8] = [
        "bounds",
        "clash",
        "default_label",
        "duplicate",
        "exemplar",
        "label_name",
        "name",
        "value",
    ];
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
}

impl Findings {
    /// A collector's family of this many samples is left out as a whole.
    pub(crate) fn family(&mut self, samples: usize, reason: Reason, problem: Problem) {
        self.dropped.add(reason, samples.max(1) as u64);
        self.problems.push(problem);
    }

    /// A default label is left out.
    pub(crate) fn default_label(&mut self, problem: Problem) {
        self.dropped.add(Reason::DefaultLabel, 1);
        self.problems.push(problem);
    }
}
