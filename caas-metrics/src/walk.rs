//! The walk over one family's children that a scrape makes, in bounded steps.
//!
//! Not here: which families there are (`registry.rs`) and how samples are written (`encode/`).
//! Invariant: holds no lock, and what it emits for a child belongs to one life of it.

use std::ops::Range;

use crate::{
    desc::Descriptor,
    family::Family,
    metric,
    sample::{FamilyHead, Sink},
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
    closed: ClosedLabels,
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
    /// The label values of the current child.
    values: Vec<&'static str>,
}

/// The closed labels of a family, at the values of one child.
#[derive(Debug)]
struct ClosedLabels {
    /// From the last label on, whose value changes from child to child.
    labels: Vec<ClosedLabel>,
}

#[derive(Debug)]
struct ClosedLabel {
    /// Its place in the label set.
    place: usize,
    values: &'static [&'static str],
    /// Which of the values the child has.
    at: usize,
}

impl ClosedLabel {
    /// Puts its first value among the label values.
    fn begin(&mut self, values: &mut [&str]) {
        self.at = 0;
        values[self.place] = self.values.first().copied().unwrap_or_default();
    }
}

impl ClosedLabels {
    fn of(descriptor: &'static Descriptor) -> Self {
        let labels = descriptor.labels.iter().enumerate().rev();
        let closed =
            labels.filter_map(|(place, l)| Some(ClosedLabel { place, values: l.values?, at: 0 }));
        Self { labels: closed.collect() }
    }

    /// Puts the values of a block's first child among the label values; returns the place of the
    /// first one that may be another than before.
    fn begin(&mut self, values: &mut [&str]) -> usize {
        for label in &mut self.labels {
            label.begin(values);
        }
        self.labels.last().map_or(usize::MAX, |first| first.place)
    }

    /// Goes on to the block's next child; returns the place of the first value that changed.
    fn advance(&mut self, values: &mut [&str]) -> usize {
        for label in &mut self.labels {
            label.at += 1;
            if let Some(value) = label.values.get(label.at) {
                values[label.place] = value;
                return label.place;
            }
            label.begin(values);
        }
        0
    }
}

/// Children after which a step pauses.
const STEP: usize = 256;

impl Walk {
    /// Begins a scrape of a family and tells its head and its labels.
    pub(crate) fn begin(
        family: &'static Family,
        default: &DefaultLabels,
        sink: &mut dyn Sink,
    ) -> Self {
        let descriptor = family.descriptor();
        sink.family(&head(descriptor));
        let own = descriptor.labels.iter().map(|label| label.name);
        let missing = missing_in(descriptor, default).map(|(name, _)| name);
        sink.labels(&own.chain(missing).collect::<Vec<_>>());
        let (blocks, until) = family.index().begin_scrape();
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
        let closed = ClosedLabels::of(descriptor);
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
        let Scratch { texts, read, slots, values } = &mut self.scratch;
        let mut labels = recycle(core::mem::take(values));
        labels.resize(descriptor.labels.len(), "");
        labels.extend(missing_in(descriptor, default).map(|(_, value)| value));
        slots.resize(metric::layout(descriptor).slots() as usize, 0);
        // How many label values are those of the last sample, and the block whose texts they are.
        let (mut kept, mut shown) = (0, None);
        for (number, &(block, version)) in read.iter().enumerate() {
            if !is_before(version, self.until) {
                continue;
            }
            let Some(block) = index.block(block) else { continue };
            let open = self.open.len();
            for (&place, text) in self.open.iter().zip(0..) {
                let before = shown.map(|shown: usize| shown * open + text);
                let text = number * open + text;
                if before.is_none_or(|before| !texts.is_known(before, text)) {
                    labels[place] = texts.get(text);
                    kept = kept.min(place);
                }
            }
            shown = Some(number);
            kept = kept.min(self.closed.begin(&mut labels));
            let mut at = 0;
            for (closed, child) in block.living() {
                for _ in at..closed {
                    kept = kept.min(self.closed.advance(&mut labels));
                }
                at = closed;
                index.cells().read(child.slot, slots);
                // A block that got another life meanwhile is a new one: the next scrape's.
                if !block.is_still(version) || !block.has(closed, child) {
                    continue;
                }
                sink.sample(&labels, kept, &metric::value(descriptor, slots));
                kept = labels.len();
            }
        }
        *values = recycle(labels);
    }
}

/// The default labels that a sample does not have itself: its own label wins.
pub(crate) fn missing(
    default: &DefaultLabels,
    has: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&str, &str)> {
    let missing = default.iter().filter(move |(name, _)| !has(name));
    missing.map(|(name, value)| (&**name, &**value))
}

/// The default labels that a family does not declare.
fn missing_in<'a>(
    descriptor: &'static Descriptor,
    default: &'a DefaultLabels,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    missing(default, |name| descriptor.labels.iter().any(|label| label.name == name))
}

/// An empty vector with another lifetime. The standard library collects in place, so the memory
/// stays; a test counts allocations.
fn recycle<'b>(mut values: Vec<&str>) -> Vec<&'b str> {
    values.clear();
    values.into_iter().map(|_| "").collect()
}

/// A family's head.
fn head(descriptor: &'static Descriptor) -> FamilyHead<'static> {
    FamilyHead {
        name: descriptor.name,
        help: descriptor.help,
        unit: descriptor.unit,
        metric_type: descriptor.metric_type,
        buckets: descriptor.buckets,
    }
}
