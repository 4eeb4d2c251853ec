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
    /// What is before a short value, if that is not much: the key and length of the label, its name, and
    /// the key and length of the value.
    before: [u8; BEFORE],
    /// Where it begins in `pairs`.
    place: usize,
}

/// The most bytes before a short value.
const BEFORE: usize = 24;

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
            self.labels.push(Label::new(begin..self.names.len(), &self.names));
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
            label.write(&mut self.pairs, &self.names, value);
        }
    }

    /// The fields.
    pub(super) fn fields(&self) -> &[u8] {
        &self.pairs
    }
}

impl Label {
    fn new(name: Range<usize>, names: &[u8]) -> Self {
        let mut before = [0; BEFORE];
        before[0] = message_key(LABEL) as u8;
        let text = names.get(name.clone()).unwrap_or_default();
        before[2..].iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
        Self { name, before, place: 0 }
    }

    /// Writes the label with this value.
    #[inline]
    fn write(&self, pairs: &mut Vec<u8>, names: &[u8], value: &str) {
        let (name, length) = (self.name.len(), value.len());
        // The lengths are one byte each, and the name is copied without a call.
        if name <= BEFORE - 3 && length < 0x80 - BEFORE {
            let mut before = self.before;
            before[1] = (name + 1 + length) as u8;
            before[2 + name] = length as u8;
            let begin = pairs.len();
            pairs.extend_from_slice(&before);
            pairs.truncate(begin + 3 + name);
            pairs.extend_from_slice(value.as_bytes());
            return;
        }
        pairs.push(message_key(LABEL) as u8);
        varint(pairs, (name + width(length as u64) + length) as u64);
        pairs.extend_from_slice(names.get(self.name.clone()).unwrap_or_default());
        varint(pairs, length as u64);
        pairs.extend_from_slice(value.as_bytes());
    }
}
