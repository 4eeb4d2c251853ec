//! What this crate says about itself on the page.
//!
//! Not here: where it is counted. Invariant: whatever an update can come to, other than being counted
//! where it was meant, is on the page; so is whatever a scrape leaves out.

use crate::{
    admit::{Dropped, Reason},
    catalogue::Catalogue,
    desc::{Descriptor, LabelDescriptor, MetricType},
    exemplars,
    exit::label_panics,
    family::{Family, can_refuse, count_labels},
    problem::Problem,
    sample::{FamilyHead, Labels, Number, Sample, Sink, Value},
    walk::{DefaultLabels, missing},
};

/// A family about this crate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Own {
    Overflow,
    Refused,
    Lost,
    LabelPanics,
    LostExemplars,
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

static LOST_EXEMPLARS: Descriptor = counter(
    "caas_metrics_exemplars_lost_total",
    "Exemplars that were not kept; their updates counted.",
    &[LabelDescriptor::closed("reason", &exemplars::Reason::TEXTS)],
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
    pub(crate) const PROGRAM: [Self; 5] =
        [Self::Overflow, Self::Refused, Self::Lost, Self::LabelPanics, Self::LostExemplars];
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
            Self::LostExemplars => &LOST_EXEMPLARS,
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
            Self::LabelPanics
            | Self::LostExemplars
            | Self::CollectorPanics
            | Self::Dropped
            | Self::Problems => None,
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
        let numbers = match (self, numbers) {
            (Self::Overflow | Self::Refused, _) => self.by_family(catalogue),
            (Self::Lost, _) => {
                let lost = catalogue.families().filter_map(|family| self.of(family));
                vec![("", lost.fold(0, u64::wrapping_add))]
            }
            (Self::LabelPanics, _) => vec![("", label_panics())],
            (Self::LostExemplars, _) => {
                if !catalogue.families().any(|family| family.exemplars().is_some()) {
                    return;
                }
                with_values(&exemplars::Reason::TEXTS, &exemplars::Reason::counts())
            }
            (Self::CollectorPanics, Some(of)) => vec![("", of.panics)],
            (Self::Dropped, Some(of)) => with_values(&Reason::TEXTS, of.dropped.counts()),
            (Self::Problems, Some(of)) => with_values(Problem::KINDS, &of.problems),
            (_, None) => return,
        };
        self.show(&numbers, default, sink);
    }

    /// The counts of the declared families, by name; equal declarations are one family.
    fn by_family(self, catalogue: &Catalogue) -> Vec<(&'static str, u64)> {
        let mut counts = Vec::new();
        for same in catalogue.declared() {
            let count = same.iter().filter_map(|family| self.of(family)).reduce(u64::wrapping_add);
            if let (Some(count), [first, ..]) = (count, same) {
                counts.push((first.descriptor().name, count));
            }
        }
        counts
    }

    /// Emits numbers, each with the value of the only label, if there is one.
    fn show(self, numbers: &[(&str, u64)], default: &DefaultLabels, sink: &mut dyn Sink) {
        if numbers.is_empty() {
            return;
        }
        let descriptor = self.descriptor();
        let own = descriptor.labels;
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for label in own {
            names.push(label.name);
            values.push("");
        }
        for (name, value) in missing(default, |name| own.iter().any(|own| own.name == name)) {
            names.push(name);
            values.push(value);
        }
        sink.family(&FamilyHead::of(descriptor));
        sink.labels(&names);
        for &(value, number) in numbers {
            values[..own.len()].fill(value);
            let number = match descriptor.metric_type {
                MetricType::Gauge => Number::Signed(i64::try_from(number).unwrap_or(i64::MAX)),
                _ => Number::Unsigned(number),
            };
            sink.sample(&Sample::new(Labels::new(&values), Value::Number(number)));
        }
    }
}

/// Each number with the label value that it is of.
fn with_values(values: &[&'static str], numbers: &[u64]) -> Vec<(&'static str, u64)> {
    values.iter().copied().zip(numbers.iter().copied()).collect()
}
