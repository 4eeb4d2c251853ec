//! The labels of a metric, which are mostly in part those of the metric before.
//!
//! Not here: the other fields of a metric. Invariant: what is kept from the sample before stays as it
//! was written, also if the page's buffer was taken meanwhile.

use std::ops::Range;

use super::wire::{message_key, text, varint, width};
use crate::sample::Labels;

/// Fields of a metric and of a label.
const LABEL: u8 = 1;
const NAME: u8 = 1;
const VALUE: u8 = 2;

/// The labels of the present sample, as fields of a metric. They have the order in which they were
/// declared, as in the text format: no reader needs another, and sorting would break what is kept.
#[derive(Default)]
pub(super) struct LabelPairs {
    pairs: Vec<u8>,
    /// What is before each value, with its key: the name.
    names: Vec<u8>,
    labels: Vec<Label>,
}

struct Label {
    /// Where its name is in `names`.
    name: Range<usize>,
    /// Where it begins in `pairs`.
    place: usize,
}

impl LabelPairs {
    /// Sets the label names of the samples that follow.
    pub(super) fn names_are(&mut self, names: &[&str]) {
        self.pairs.clear();
        self.names.clear();
        self.labels.clear();
        for name in names {
            let begin = self.names.len();
            text(&mut self.names, NAME, name);
            varint(&mut self.names, u64::from(message_key(VALUE)));
            self.labels.push(Label { name: begin..self.names.len(), place: 0 });
        }
    }

    /// Sets the values, of which the first may be those of the sample before.
    #[inline]
    pub(super) fn values_are(&mut self, labels: Labels<'_>) {
        let Labels { values, kept, .. } = labels;
        if let Some(first) = self.labels.get(kept) {
            self.pairs.truncate(first.place);
        }
        let new = self.labels.get_mut(kept..).unwrap_or_default();
        for (label, value) in new.iter_mut().zip(values.get(kept..).unwrap_or_default()) {
            label.place = self.pairs.len();
            let name = self.names.get(label.name.clone()).unwrap_or_default();
            let length = value.len() as u64;
            self.pairs.push(message_key(LABEL) as u8);
            varint(&mut self.pairs, (name.len() + width(length)) as u64 + length);
            self.pairs.extend_from_slice(name);
            varint(&mut self.pairs, length);
            self.pairs.extend_from_slice(value.as_bytes());
        }
    }

    /// The fields.
    pub(super) fn fields(&self) -> &[u8] {
        &self.pairs
    }
}
