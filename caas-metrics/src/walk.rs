//! The walk over one family's children that a scrape makes, in bounded steps.
//!
//! Not here: which families there are (`registry.rs`) and how samples are written (`encode/`).
//! Invariant: holds no lock, and what it emits for a child belongs to one life of it.

use std::ops::Range;

use crate::{
    desc::Descriptor,
    family::Family,
    metric,
    sample::{FamilyHead, LabelPair, Sink},
    storage::{
        index::Index,
        records::{Version, is_before},
        texts::Texts,
    },
};

/// Labels that every sample of a registry has.
pub(crate) type DefaultLabels = [(String, String)];

/// The place of a scrape in a family.
#[derive(Debug)]
pub(crate) struct Walk {
    family: &'static Family,
    blocks: Range<u32>,
    /// Blocks of this version and later ones are left to the next scrape.
    until: Version,
    closed: Vec<ClosedLabel>,
    /// Re-used from block to block: a scrape does not allocate per series.
    scratch: Scratch,
}

/// The buffers of a walk.
#[derive(Debug, Default)]
struct Scratch {
    texts: Texts,
    slots: Vec<u64>,
    pairs: Vec<LabelPair<'static>>,
}

/// A closed label, and how its value follows from a child's place among the closed combinations.
#[derive(Debug)]
struct ClosedLabel {
    /// Its place in the label set.
    place: usize,
    values: &'static [&'static str],
    /// How many places on its next value is.
    stride: u32,
}

impl ClosedLabel {
    fn all(descriptor: &'static Descriptor) -> Vec<Self> {
        let mut stride = 1;
        let labels = descriptor.labels.iter().enumerate().rev().filter_map(|(place, label)| {
            let label = Self { place, values: label.values?, stride };
            stride *= label.values.len() as u32;
            Some(label)
        });
        labels.collect()
    }

    fn value(&self, closed: u32) -> &'static str {
        let value = closed / self.stride % self.values.len() as u32;
        self.values.get(value as usize).copied().unwrap_or_default()
    }
}

/// The labels of a block with the values of the open ones; the closed ones differ from child to
/// child.
fn with_open_values<'a>(
    descriptor: &'static Descriptor,
    texts: &'a Texts,
) -> impl Iterator<Item = LabelPair<'a>> {
    let mut open = 0..;
    descriptor.labels.iter().map(move |label| {
        let value = if label.values.is_none() { open.next().map(|n| texts.get(n)) } else { None };
        LabelPair { name: label.name, value: value.unwrap_or_default() }
    })
}

/// Samples after which a step pauses.
const STEP: usize = 256;

impl Walk {
    /// Begins a scrape of a family and writes its head.
    pub(crate) fn begin(family: &'static Family, sink: &mut dyn Sink) -> Self {
        sink.family(&head(family));
        let blocks = family.index().filter(|index| index.has_room()).map(Index::begin_scrape);
        let (blocks, until) = blocks.unwrap_or_default();
        let closed = ClosedLabel::all(family.descriptor());
        Self { family, blocks, until, closed, scratch: Scratch::default() }
    }

    /// Emits the next samples; `false` at the end.
    pub(crate) fn step(&mut self, default: &DefaultLabels, sink: &mut dyn Sink) -> bool {
        let Some(index) = self.family.index() else { return false };
        let mut emitted = 0;
        while emitted < STEP {
            let Some(block) = self.blocks.next() else { return false };
            emitted += self.block(index, block, default, sink);
        }
        true
    }

    /// Emits the living children of a block and returns how many it looked at.
    fn block(
        &mut self,
        index: &Index,
        block: u32,
        default: &DefaultLabels,
        sink: &mut dyn Sink,
    ) -> usize {
        let descriptor = self.family.descriptor();
        let Scratch { texts, slots, pairs } = &mut self.scratch;
        let version = index.read_texts(block, texts);
        let Some(version) = version.filter(|&version| is_before(version, self.until)) else {
            return 1;
        };
        slots.resize(metric::layout(descriptor).slots() as usize, 0);
        let mut borrowed = recycle(core::mem::take(pairs));
        borrowed.extend(with_open_values(descriptor, texts));
        add_default(&mut borrowed, default);
        for (child, generation) in index.living(block) {
            index.cells().read(child, slots);
            // A block that got another life meanwhile is a new one: it is left to the next scrape.
            if !index.is_still(block, version) || !index.children().is(child, generation) {
                continue;
            }
            for label in &self.closed {
                borrowed[label.place].value = label.value(child % index.closed());
            }
            sink.sample(&borrowed, &metric::value(descriptor, slots));
        }
        *pairs = recycle(borrowed);
        index.closed() as usize
    }
}

/// The default labels that a sample does not have itself: its own label wins.
pub(crate) fn add_default<'a>(pairs: &mut Vec<LabelPair<'a>>, default: &'a DefaultLabels) {
    for (name, value) in default {
        if !pairs.iter().any(|pair| pair.name == name) {
            pairs.push(LabelPair { name, value });
        }
    }
}

/// An empty vector with another lifetime. The standard library collects in place, so the memory
/// stays; a test counts allocations.
fn recycle<'b>(mut pairs: Vec<LabelPair<'_>>) -> Vec<LabelPair<'b>> {
    pairs.clear();
    pairs.into_iter().map(|_| LabelPair { name: "", value: "" }).collect()
}

/// A family's head.
pub(crate) fn head(family: &Family) -> FamilyHead<'static> {
    let descriptor = family.descriptor();
    FamilyHead {
        name: descriptor.name,
        help: descriptor.help,
        unit: descriptor.unit,
        metric_type: descriptor.metric_type,
        buckets: descriptor.buckets,
    }
}
