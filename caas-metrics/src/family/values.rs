//! From a stored series back to its label values.
//!
//! The way there is in `lookup.rs`. Invariant: what a look-up took for a label's value is what is
//! shown of it.

use super::shape;
use crate::{
    desc::{Descriptor, LabelDescriptor},
    label::StoredLabel,
    sample::is_special,
    storage::scan::Scan,
};

/// Where the value of a label is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// Those of a closed label, and whether none has a character that a format escapes.
    values: Option<&'static [&'static str]>,
    are_plain: bool,
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
            let mut values = label.values.unwrap_or_default().iter();
            let are_plain = values.all(|value| !value.bytes().any(is_special));
            Self { values: label.values, are_plain, place }
        });
        sources.collect()
    }

    /// The value of a series.
    #[inline]
    pub(crate) fn value<'s>(&self, scan: &'s Scan, row: usize) -> StoredLabel<'s> {
        let index = match (self.place, self.values) {
            (Place::InBlock(part), Some(values)) => {
                (scan.place(row) / part) as usize % values.len()
            }
            (Place::InKey(label), Some(_)) => scan.number(row, label),
            (Place::InKey(label), None) => {
                let (text, is_plain) = scan.text(row, label);
                return StoredLabel { text, index: 0, is_plain };
            }
            (Place::InBlock(_), None) => 0,
        };
        let text = self.values.and_then(|values| values.get(index));
        StoredLabel { text: text.copied().unwrap_or_default(), index, is_plain: self.are_plain }
    }

    /// How many of the first values are those of the row before.
    #[inline]
    pub(crate) fn kept(sources: &[Self], scan: &Scan, row: usize) -> usize {
        let same = scan.same(row);
        let is_first_new =
            |source: &Self| matches!(source.place, Place::InKey(label) if label == same);
        // Mostly all labels are in the key, at least the first ones.
        if row == 0 || sources.get(same).is_some_and(is_first_new) {
            return same;
        }
        sources.iter().position(|source| !source.is_same(scan, row)).unwrap_or(sources.len())
    }

    /// Whether a series has the same value as the row before, if it has that of all labels before.
    fn is_same(&self, scan: &Scan, row: usize) -> bool {
        match self.place {
            Place::InBlock(part) => {
                let values = self.values.map_or(1, <[_]>::len).max(1) as u32;
                let [own, before] = [row, row - 1].map(|row| scan.place(row) / part % values);
                own == before
            }
            Place::InKey(label) => label < scan.same(row),
        }
    }
}

/// The places in the key of those labels of a family that are meant, as bits.
pub(crate) fn places_in_key(
    descriptor: &'static Descriptor,
    is_meant: impl Fn(&LabelDescriptor) -> bool,
) -> u64 {
    let sources = Source::of(descriptor);
    let meant = descriptor.labels.iter().zip(sources).filter(|(label, _)| is_meant(label));
    meant.fold(0, |places, (_, source)| match source.place {
        Place::InKey(place) => places | 1 << place,
        Place::InBlock(_) => places,
    })
}
