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
    /// Blocks that a step reads.
    at_a_time: usize,
    /// Blocks of this version and later ones are left to the next scrape.
    until: Version,
    /// The places of the open labels in the label set.
    open: Vec<usize>,
    closed: Vec<ClosedLabel>,
    /// Re-used from block to block: a scrape does not allocate per series.
    scratch: Scratch,
}

/// The buffers of a walk.
#[derive(Debug, Default)]
struct Scratch {
    /// Blocks that are emitted next, with the versions of their lives, and their texts.
    read: Vec<(u32, Version)>,
    texts: Texts,
    slots: Vec<u64>,
    pairs: Vec<LabelPair<'static>>,
}

/// A closed label of a family.
#[derive(Debug)]
struct ClosedLabel {
    /// Its place in the label set.
    place: usize,
    values: &'static [&'static str],
}

impl ClosedLabel {
    /// The closed labels from the last one on, whose values change from child to child.
    fn all(descriptor: &'static Descriptor) -> Vec<Self> {
        let labels = descriptor.labels.iter().enumerate().rev();
        let closed = labels.filter_map(|(place, l)| Some(Self { place, values: l.values? }));
        closed.collect()
    }

    /// The value at a place among the combinations of this label and those before it; leaves the
    /// place among those before it.
    fn take(&self, combination: &mut u32) -> &'static str {
        let values = (self.values.len() as u32).max(1);
        let value = *combination % values;
        *combination /= values;
        self.values.get(value as usize).copied().unwrap_or_default()
    }
}

/// Children after which a step pauses.
const STEP: usize = 256;

impl Walk {
    /// Begins a scrape of a family and writes its head.
    pub(crate) fn begin(family: &'static Family, sink: &mut dyn Sink) -> Self {
        sink.family(&head(family));
        let (blocks, until) = family.index().begin_scrape();
        let descriptor = family.descriptor();
        let labels = descriptor.labels.iter().enumerate();
        let open = labels.filter(|(_, label)| label.values.is_none()).map(|(place, _)| place);
        let open: Vec<usize> = open.collect();
        let children = family.index().closed() as usize;
        let at_a_time = STEP.div_ceil(children.max(1)).min(blocks.len());
        let scratch = Scratch {
            read: Vec::with_capacity(at_a_time),
            texts: Texts::with_room(at_a_time * open.len()),
            ..Scratch::default()
        };
        let closed = ClosedLabel::all(descriptor);
        Self { family, blocks, at_a_time, until, open, closed, scratch }
    }

    /// Emits the next samples; `false` at the end.
    pub(crate) fn step(&mut self, default: &DefaultLabels, sink: &mut dyn Sink) -> bool {
        let index = self.family.index();
        self.read_blocks(index);
        self.emit(index, default, sink);
        !self.blocks.is_empty()
    }

    /// Reads the texts of the next blocks.
    fn read_blocks(&mut self, index: &Index) {
        let Scratch { texts, read, .. } = &mut self.scratch;
        texts.clear();
        read.clear();
        for block in self.blocks.by_ref().take(self.at_a_time) {
            if let Some(version) = index.read_texts(block, texts) {
                read.push((block, version));
            }
        }
    }

    /// Emits the living children of the blocks that were read.
    fn emit(&mut self, index: &Index, default: &DefaultLabels, sink: &mut dyn Sink) {
        let descriptor = self.family.descriptor();
        let Scratch { texts, read, slots, pairs } = &mut self.scratch;
        let mut labels = recycle(core::mem::take(pairs));
        labels.extend(descriptor.labels.iter().map(|l| LabelPair { name: l.name, value: "" }));
        add_default(&mut labels, default);
        slots.resize(metric::layout(descriptor).slots() as usize, 0);
        for (place, &(block, version)) in read.iter().enumerate() {
            if !is_before(version, self.until) {
                continue;
            }
            let values = place * self.open.len()..;
            for (&label, value) in self.open.iter().zip(values) {
                labels[label].value = texts.get(value);
            }
            for (mut combination, child) in index.living(block) {
                index.cells().read(child.slot, slots);
                // A block that got another life meanwhile is a new one: the next scrape's.
                if !index.is_still(block, version) || !index.is(child) {
                    continue;
                }
                for label in &self.closed {
                    labels[label.place].value = label.take(&mut combination);
                }
                sink.sample(&labels, &metric::value(descriptor, slots));
            }
        }
        *pairs = recycle(labels);
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
