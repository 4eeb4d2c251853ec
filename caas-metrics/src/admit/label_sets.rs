//! Which label sets a family's samples have, and whether one has occurred before.
//!
//! Invariant: a set is compared as it is on the page: with the default labels, and without empty values,
//! which are absent labels to Prometheus.

use std::{collections::hash_map::RandomState, hash::BuildHasher};

use super::Findings;
use crate::{
    problem::Problem,
    sample::ChildSnapshot,
    walk::{DefaultLabels, missing},
};

/// The label sets of a family's samples so far.
pub(super) struct LabelSets<'a> {
    default: &'a DefaultLabels,
    hasher: RandomState,
    /// What the default labels that the current sample does not have itself add to its hash.
    of_default: u64,
    /// A hash table: each sample, with the hash of its set, is at the first free place from its hash on.
    table: Vec<Option<(u64, &'a ChildSnapshot)>>,
    /// The default labels that some sample has itself.
    own: Vec<&'a str>,
}

impl<'a> LabelSets<'a> {
    /// None yet, with room for those of this many samples.
    pub(super) fn new(default: &'a DefaultLabels, samples: usize) -> Self {
        let table = vec![None; (2 * samples).next_power_of_two()];
        Self { default, hasher: RandomState::new(), of_default: 0, table, own: Vec::new() }
    }

    /// The samples that follow have labels of the same names as this one.
    pub(super) fn names_are(
        &mut self,
        sample: &ChildSnapshot,
        family: &str,
        findings: &mut Findings,
    ) {
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

    /// Adds the set of a sample; `false` if an earlier one has it.
    pub(super) fn insert(&mut self, sample: &'a ChildSnapshot) -> bool {
        let own = sample.labels.iter().map(|(name, value)| self.hash(name, value));
        let hash = own.fold(self.of_default, u64::wrapping_add);
        // The length is a power of two, and there are always free places.
        let last = self.table.len() - 1;
        let mut place = hash as usize & last;
        while let Some(Some((known, other))) = self.table.get(place) {
            if *known == hash && self.are_same(other, sample) {
                return false;
            }
            place = (place + 1) & last;
        }
        if let Some(free) = self.table.get_mut(place) {
            *free = Some((hash, sample));
        }
        true
    }

    /// Whether two samples have the same set. No sample has a label twice.
    fn are_same(&self, a: &ChildSnapshot, b: &ChildSnapshot) -> bool {
        let (a, b) = (self.set(a), self.set(b));
        a.len() == b.len() && a.iter().all(|label| b.contains(label))
    }

    /// The labels of a sample on the page.
    fn set<'s>(&'s self, sample: &'s ChildSnapshot) -> Vec<(&'s str, &'s str)> {
        let mut set = Vec::with_capacity(sample.labels.len() + self.default.labels.len());
        for (name, value) in &sample.labels {
            set.push((&**name, &**value));
        }
        let missing =
            missing(self.default, |name| sample.labels.iter().any(|(own, _)| own == name));
        for label in missing {
            set.push(label);
        }
        set.retain(|(_, value)| !value.is_empty());
        set
    }
}
