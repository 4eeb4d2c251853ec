//! From a stored series back to its label values.
//!
//! The way there is in `family.rs`. Invariant: what a look-up took for a label's value is what is
//! shown of it.

use super::shape;
use crate::{
    desc::{Descriptor, LabelDescriptor},
    label::LabelPart,
    storage::scan::{Row, Scan},
};

/// Where the value of a label is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    label: &'static LabelDescriptor,
    place: Place,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the place that a series has in its block: its quotient by so much, without what the labels
    /// before it are.
    InBlock(u32),
    /// In the block's key.
    InKey(usize),
}

impl Source {
    /// Those of a family's labels, in the order of declaration.
    pub(crate) fn of(descriptor: &'static Descriptor) -> Vec<Self> {
        let shape = shape(descriptor);
        let (mut left, mut key) = (shape.block, 0);
        let labels = descriptor.labels.iter().enumerate();
        let sources = labels.map(|(i, label)| {
            let place = if shape.in_block >> i & 1 == 1 {
                left /= label.values.map_or(1, <[_]>::len).max(1) as u32;
                Place::InBlock(left.max(1))
            } else {
                key += 1;
                Place::InKey(key - 1)
            };
            Self { label, place }
        });
        sources.collect()
    }

    /// The value of a series.
    #[inline]
    pub(crate) fn value<'s>(&self, scan: &'s Scan, row: &Row) -> LabelPart<'s> {
        let index = match (self.place, self.label.values) {
            (Place::InBlock(part), Some(values)) => (row.place / part) as usize % values.len(),
            (Place::InKey(label), Some(_)) => scan.number(row.block, label),
            (Place::InKey(label), None) => {
                return LabelPart { text: scan.text(row.block, label), index: 0 };
            }
            (Place::InBlock(_), None) => 0,
        };
        let text = self.label.values.and_then(|values| values.get(index));
        LabelPart { text: text.copied().unwrap_or_default(), index }
    }

    /// Whether two series have the same value.
    #[inline]
    pub(crate) fn is_same(&self, scan: &Scan, row: &Row, other: &Row) -> bool {
        match self.place {
            Place::InBlock(part) => {
                let values = self.label.values.map_or(1, <[_]>::len).max(1) as u32;
                row.place / part % values == other.place / part % values
            }
            Place::InKey(label) => {
                row.block == other.block || scan.is_same(row.block, other.block, label)
            }
        }
    }
}
