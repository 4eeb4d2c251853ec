//! From label sets to keys: the place among the closed combinations, and the open values.
//!
//! Not here: what is found by them (`storage/`). Invariant: a label gives its text; nothing here
//! copies or keeps it.

use super::LabelSet;
use crate::{
    label::{Label, Visitor},
    storage::{
        key::{Key, Stored, Text},
        shape::BlockShape,
    },
};

/// The place of a label set among its family's closed combinations.
struct ClosedPlace(usize);

impl Visitor for ClosedPlace {
    #[inline]
    fn label<L: Label>(&mut self, label: &L) {
        if let Some(values) = L::VALUES {
            // A hand-written label may give any index; it must not reach another child's slots.
            self.0 = self.0 * values.len() + label.index().min(values.len().saturating_sub(1));
        }
    }
}

#[inline]
pub(super) fn closed_place<L: LabelSet>(set: &L) -> u32 {
    let mut place = ClosedPlace(0);
    set.visit(&mut place);
    place.0 as u32
}

/// The open labels of a label set.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct OpenKey<'a, L>(pub(super) &'a L);

impl<L> Clone for OpenKey<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L> Copy for OpenKey<'_, L> {}

/// Hashes one open label after the other.
struct Hash(u64);

impl Visitor for Hash {
    #[inline(always)]
    fn label<L: Label>(&mut self, label: &L) {
        if L::VALUES.is_none() {
            self.0 = label.text().0.hash(self.0);
        }
    }
}

/// Compares one open label after the other.
struct Match<S> {
    stored: S,
    same: bool,
}

impl<S: Stored> Visitor for Match<S> {
    #[inline(always)]
    fn label<L: Label>(&mut self, label: &L) {
        if L::VALUES.is_none() {
            self.same = self.same && self.stored.next_is(&label.text().0);
        }
    }
}

/// Shows one open label after the other.
struct Show<'a> {
    accept: &'a mut dyn FnMut(&Text<'_>) -> bool,
    accepted: bool,
}

impl Visitor for Show<'_> {
    fn label<L: Label>(&mut self, label: &L) {
        if L::VALUES.is_none() {
            self.accepted = self.accepted && (self.accept)(&label.text().0);
        }
    }
}

impl<L: LabelSet> Key for OpenKey<'_, L> {
    const BLOCK: Option<BlockShape> = Some(L::PLAN.block);

    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        let mut hash = Hash(seed);
        self.0.visit(&mut hash);
        hash.0
    }

    #[inline]
    fn matches(&self, stored: impl Stored) -> bool {
        let mut matches = Match { stored, same: true };
        self.0.visit(&mut matches);
        matches.same
    }

    fn all(&self, accept: &mut dyn FnMut(&Text<'_>) -> bool) -> bool {
        let mut show = Show { accept, accepted: true };
        self.0.visit(&mut show);
        show.accepted
    }
}
