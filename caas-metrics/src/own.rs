//! What this crate says about itself on the page.
//!
//! Not here: where it is counted. Invariant: whatever an update can come to, other than being counted
//! where it was meant, is on the page; so is whatever a scrape leaves out.

use crate::{
    __private::{DEFAULTS, here},
    admit::{Dropped, Reason},
    desc::{Descriptor, LabelDescriptor, MetricType},
    exit::label_panics,
    family::{Family, can_refuse, count_labels},
    sample::{FamilyHead, Labels, Number, Sink, Value},
    storage::texts::MOST_BYTES,
    walk::{DefaultLabels, missing},
};

/// A family about this crate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Own {
    Overflow,
    Refused,
    Lost,
    LabelPanics,
    CollectorPanics,
    Dropped,
}

/// What a registry knows of itself when a scrape begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    /// Panics of its collectors so far.
    pub(crate) panics: u64,
    /// What its scrapes have left out so far.
    pub(crate) dropped: Dropped,
}

const fn label(name: &'static str) -> LabelDescriptor {
    LabelDescriptor { name, values: None, max_bytes: MOST_BYTES, zeroed: false }
}

const fn closed(name: &'static str, values: &'static [&'static str]) -> LabelDescriptor {
    LabelDescriptor { values: Some(values), ..label(name) }
}

#[track_caller]
const fn counter(
    name: &'static str,
    help: &'static str,
    labels: &'static [LabelDescriptor],
) -> Descriptor {
    let metric_type = MetricType::Counter;
    Descriptor { name, help, metric_type, labels, limit: u32::MAX, location: here(), ..DEFAULTS }
}

const FAMILY: &[LabelDescriptor] = &[label("family")];

static OVERFLOW: Descriptor = counter(
    "caas_metrics_overflow_total",
    "Updates of label sets beyond a family's cardinality limit.",
    FAMILY,
);

static REFUSED: Descriptor = counter(
    "caas_metrics_refused_total",
    "Updates refused because their value would have spoilt the number.",
    FAMILY,
);

static LOST: Descriptor =
    counter("caas_metrics_lost_total", "Updates lost because there was no memory for them.", &[]);

static LABEL_PANICS: Descriptor = counter(
    "caas_metrics_label_panics_total",
    "Updates lost because a label panicked while its call was panicking.",
    &[],
);

static COLLECTOR_PANICS: Descriptor = counter(
    "caas_metrics_collector_panics_total",
    "Panics of collectors; each cost the collector's families of one scrape.",
    &[],
);

static DROPPED: Descriptor = counter(
    "caas_metrics_dropped_total",
    "Samples of collectors and default labels that scrapes left out, since they would have broken \
     the page.",
    &[closed("reason", &Reason::TEXTS)],
);

impl Own {
    /// Those about the families of the program, and those about a registry.
    pub(crate) const PROGRAM: [Self; 4] =
        [Self::Overflow, Self::Refused, Self::Lost, Self::LabelPanics];
    pub(crate) const REGISTRY: [Self; 2] = [Self::CollectorPanics, Self::Dropped];

    pub(crate) fn descriptor(self) -> &'static Descriptor {
        match self {
            Self::Overflow => &OVERFLOW,
            Self::Refused => &REFUSED,
            Self::Lost => &LOST,
            Self::LabelPanics => &LABEL_PANICS,
            Self::CollectorPanics => &COLLECTOR_PANICS,
            Self::Dropped => &DROPPED,
        }
    }

    /// The count of a family, if it can have one.
    fn of(self, family: &Family) -> Option<u64> {
        let descriptor = family.descriptor();
        match self {
            Self::Overflow => (count_labels(descriptor).0 > 0).then(|| family.index().overflows()),
            Self::Refused => can_refuse(descriptor).then(|| family.refusals().get()),
            Self::Lost => Some(family.index().lost()),
            Self::LabelPanics | Self::CollectorPanics | Self::Dropped => None,
        }
    }

    /// Emits the family. `families` are those of the program, equal declarations together; `numbers`
    /// are the registry's, unless it is empty.
    pub(crate) fn emit<'f>(
        self,
        families: impl Iterator<Item = &'f [&'static Family]>,
        numbers: Option<&Numbers>,
        default: &DefaultLabels,
        sink: &mut dyn Sink,
    ) {
        let counts = families.filter_map(|same| {
            let counts = same.iter().filter_map(|family| self.of(family));
            let count = counts.reduce(u64::wrapping_add)?;
            Some((same.first()?.descriptor().name, count))
        });
        let one = |count: u64| std::iter::once(("", count));
        match self {
            Self::Overflow | Self::Refused => self.show(counts, default, sink),
            Self::Lost => self.show(one(counts.map(|(_, count)| count).sum()), default, sink),
            Self::LabelPanics => self.show(one(label_panics()), default, sink),
            Self::CollectorPanics => {
                self.show(numbers.into_iter().map(|of| ("", of.panics)), default, sink);
            }
            Self::Dropped => {
                let dropped = numbers.into_iter().flat_map(|of| of.dropped.counts());
                self.show(Reason::TEXTS.into_iter().zip(dropped.copied()), default, sink);
            }
        }
    }

    /// Emits numbers, each with the value of the only label, if there is one.
    fn show<'v>(
        self,
        numbers: impl Iterator<Item = (&'v str, u64)>,
        default: &DefaultLabels,
        sink: &mut dyn Sink,
    ) {
        let descriptor = self.descriptor();
        let own = descriptor.labels;
        let missing = missing(default, |name| own.iter().any(|own| own.name == name));
        let labels = own.iter().map(|label| (label.name, "")).chain(missing);
        let (names, mut values): (Vec<&str>, Vec<&str>) = labels.unzip();
        for (place, (value, number)) in numbers.enumerate() {
            if place == 0 {
                sink.family(&FamilyHead::of(descriptor));
                sink.labels(&names);
            }
            values[..own.len()].fill(value);
            sink.sample(Labels::new(&values), &Value::Number(Number::Unsigned(number)));
        }
    }
}
