//! A collector's family as a page has it: shared with whoever keeps its values, less what is left out.
//!
//! Invariant: nothing of a family is copied or changed.

use std::{borrow::Cow, iter, sync::Arc};

use super::exemplars::fault;
use crate::sample::{ChildSnapshot, Exemplar, FamilyHead, FamilySnapshot};

/// A family, whose samples may be of several collectors.
#[derive(Debug)]
pub(crate) struct Admitted {
    first: Arc<FamilySnapshot>,
    /// Those of other collectors, with the same head.
    others: Vec<Arc<FamilySnapshot>>,
    /// The places of the samples that are left out, in order.
    left_out: Vec<usize>,
    /// Whether it has exemplars that are left out.
    has_bad_exemplars: bool,
}

impl Admitted {
    pub(crate) fn new(family: Arc<FamilySnapshot>) -> Self {
        Self { first: family, others: Vec::new(), left_out: Vec::new(), has_bad_exemplars: false }
    }

    /// Adds the samples of another family with the same head.
    pub(crate) fn join(&mut self, other: Arc<FamilySnapshot>) {
        self.others.push(other);
    }

    pub(super) fn leave_out(&mut self, places: Vec<usize>) {
        self.left_out = places;
    }

    pub(super) fn leave_out_bad_exemplars(&mut self) {
        self.has_bad_exemplars = true;
    }

    /// The exemplars of a sample that are not left out.
    pub(crate) fn exemplars_of<'s>(&self, sample: &'s ChildSnapshot) -> Cow<'s, [Exemplar]> {
        if !self.has_bad_exemplars {
            return Cow::from(&sample.exemplars);
        }
        let is_good = |exemplar: &&Exemplar| fault(self.head().metric_type, exemplar).is_none();
        sample.exemplars.iter().filter(is_good).cloned().collect()
    }

    pub(crate) fn name(&self) -> &str {
        &self.first.name
    }

    pub(crate) fn head(&self) -> FamilyHead<'_> {
        self.first.head()
    }

    /// What each collector returned of it.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &FamilySnapshot> {
        iter::once(&self.first).chain(&self.others).map(|part| &**part)
    }

    /// All samples.
    pub(crate) fn samples(&self) -> impl Iterator<Item = &ChildSnapshot> {
        self.parts().flat_map(|part| &part.children)
    }

    /// The samples that are not left out, from a place on, each with its place.
    pub(crate) fn admitted_from(
        &self,
        place: usize,
    ) -> impl Iterator<Item = (usize, &ChildSnapshot)> {
        let next = self.left_out.partition_point(|left_out| *left_out < place);
        let mut left_out = self.left_out.iter().skip(next).peekable();
        let mut begin = 0;
        let samples = self.parts().flat_map(move |part| {
            let skipped = place.saturating_sub(begin).min(part.children.len());
            let first = begin + skipped;
            begin += part.children.len();
            (first..).zip(part.children.iter().skip(skipped))
        });
        samples.filter(move |(place, _)| left_out.next_if(|left_out| *left_out == place).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_goes_on_at_any_place() {
        let part = |samples: &[u32]| {
            let family = FamilySnapshot::gauge("g", "G.");
            Arc::new(samples.iter().fold(family, |family, n| family.with(&[], f64::from(*n))))
        };
        let mut family = Admitted::new(part(&[0, 1, 2]));
        family.join(part(&[]));
        family.join(part(&[3, 4, 5, 6]));
        family.leave_out(vec![1, 3, 6]);
        for from in 0..9 {
            let places: Vec<_> = family.admitted_from(from).map(|(place, _)| place).collect();
            let expected: Vec<_> =
                [0, 2, 4, 5].into_iter().filter(|place| *place >= from).collect();
            assert_eq!(places, expected, "from {from}");
            for (place, sample) in family.admitted_from(from) {
                assert_eq!(sample.value, (place as f64).into());
            }
        }
    }
}
