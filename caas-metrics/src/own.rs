//! What this crate says about itself on the page.
//!
//! Not here: where it is counted. Invariant: whatever an update can come to, other than being counted
//! where it was meant, is on the page; so is whatever a scrape leaves out.

use crate::{
    admit::{Dropped, Reason},
    catalogue::Catalogue,
    desc::{Descriptor, LabelDescriptor, MetricType},
    exit::label_panics,
    family::{Family, can_refuse, count_labels},
    problem::Problem,
    sample::{FamilyHead, Labels, Number, Sink, Value},
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
    Problems,
}

/// What a registry knows of itself when a scrape begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    /// Panics of its collectors so far.
    pub(crate) panics: u64,
    /// What its scrapes have left out so far.
    pub(crate) dropped: Dropped,
    /// The problems that there are now, of each kind.
    pub(crate) problems: [u64; Problem::KINDS.len()],
}

#[track_caller]
const fn counter(
    name: &'static str,
    help: &'static str,
    labels: &'static [LabelDescriptor],
) -> Descriptor {
    Descriptor::new(MetricType::Counter, name, help).with_labels(labels).without_limit()
}

const FAMILY: &[LabelDescriptor] = &[LabelDescriptor::open("family")];

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
    &[LabelDescriptor::closed("reason", &Reason::TEXTS)],
);

static PROBLEMS: Descriptor = Descriptor::new(
    MetricType::Gauge,
    "caas_metrics_problems",
    "Problems that `check` would report now.",
)
.with_labels(&[LabelDescriptor::closed("kind", Problem::KINDS)])
.without_limit();

impl Own {
    /// Those about the families of the program, and those about a registry.
    pub(crate) const PROGRAM: [Self; 4] =
        [Self::Overflow, Self::Refused, Self::Lost, Self::LabelPanics];
    pub(crate) const REGISTRY: [Self; 3] = [Self::CollectorPanics, Self::Dropped, Self::Problems];

    /// Those that say nothing of a registry without collectors.
    #[cfg(feature = "prometheus")]
    pub(crate) const COLLECTORS: [Self; 2] = [Self::CollectorPanics, Self::Dropped];

    pub(crate) fn descriptor(self) -> &'static Descriptor {
        match self {
            Self::Overflow => &OVERFLOW,
            Self::Refused => &REFUSED,
            Self::Lost => &LOST,
            Self::LabelPanics => &LABEL_PANICS,
            Self::CollectorPanics => &COLLECTOR_PANICS,
            Self::Dropped => &DROPPED,
            Self::Problems => &PROBLEMS,
        }
    }

    /// The count of a family, if it can have one.
    fn of(self, family: &Family) -> Option<u64> {
        let descriptor = family.descriptor();
        match self {
            Self::Overflow => (count_labels(descriptor).0 > 0).then(|| family.index().overflows()),
            Self::Refused => can_refuse(descriptor).then(|| family.refusals().get()),
            Self::Lost => Some(family.index().lost()),
            Self::LabelPanics | Self::CollectorPanics | Self::Dropped | Self::Problems => None,
        }
    }

    /// Emits the family; `numbers` are the registry's, unless it is empty.
    pub(crate) fn emit(
        self,
        catalogue: &Catalogue,
        numbers: Option<&Numbers>,
        default: &DefaultLabels,
        sink: &mut dyn Sink,
    ) {
        // Equal declarations are one family.
        let counts = catalogue.declared().filter_map(|same| {
            let counts = same.iter().filter_map(|family| self.of(family));
            let count = counts.reduce(u64::wrapping_add)?;
            Some((same.first()?.descriptor().name, count))
        });
        let one = |count: u64| std::iter::once(("", count));
        match self {
            Self::Overflow | Self::Refused => self.show(counts, default, sink),
            Self::Lost => {
                let lost = catalogue.families().filter_map(|family| self.of(family));
                self.show(one(lost.fold(0, u64::wrapping_add)), default, sink);
            }
            Self::LabelPanics => self.show(one(label_panics()), default, sink),
            Self::CollectorPanics => {
                self.show(numbers.into_iter().map(|of| ("", of.panics)), default, sink);
            }
            Self::Dropped => {
                let dropped = numbers.into_iter().flat_map(|of| of.dropped.counts());
                self.show(Reason::TEXTS.into_iter().zip(dropped.copied()), default, sink);
            }
            Self::Problems => {
                let problems = numbers.into_iter().flat_map(|of| of.problems);
                self.show(Problem::KINDS.iter().copied().zip(problems), default, sink);
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
            let number = match descriptor.metric_type {
                MetricType::Gauge => Number::Signed(i64::try_from(number).unwrap_or(i64::MAX)),
                _ => Number::Unsigned(number),
            };
            sink.sample(Labels::new(&values), &Value::Number(number));
        }
    }
}
