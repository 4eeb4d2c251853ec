//! What this crate says about itself on the page.
//!
//! Not here: where it is counted. Invariant: whatever an update can come to, other than being counted
//! where it was meant, is on the page; so is whatever a scrape leaves out.

use std::time::{Duration, Instant};

use crate::{
    admit::{Dropped, Reason},
    catalogue::Catalogue,
    clock,
    desc::{Descriptor, LabelDescriptor, MetricType},
    encode::Format,
    exemplars,
    exit::label_panics,
    family::{Family, can_refuse, count_labels},
    pages::PageNumbers,
    problem::Problem,
    runs::{Failure, Snapshot},
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
    CollectorAge,
    CollectorFailures,
    Dropped,
    PageBytes,
    Problems,
    ScrapeDuration,
    Scrapes,
    Series,
}

/// What a registry knows of itself when a scrape begins.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// What its scrapes have left out so far.
    pub(crate) dropped: Dropped,
    /// The problems that there are now, of each kind.
    pub(crate) problems: [u64; Problem::KINDS.len()],
    /// The moment to which ages are.
    pub(crate) now: Instant,
    pub(crate) pages: PageNumbers,
}

/// A number, and the values of the family's labels, as many as it has.
type Line<'a> = ([&'a str; 2], Number);

#[track_caller]
const fn counter(
    name: &'static str,
    help: &'static str,
    labels: &'static [LabelDescriptor],
) -> Descriptor {
    Descriptor::new(MetricType::Counter, name, help).with_labels(labels).without_limit()
}

#[track_caller]
const fn gauge(
    name: &'static str,
    help: &'static str,
    labels: &'static [LabelDescriptor],
) -> Descriptor {
    Descriptor::new(MetricType::Gauge, name, help).with_labels(labels).without_limit()
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

static COLLECTOR_AGE: Descriptor = gauge(
    "caas_metrics_collector_age_seconds",
    "Age of a collector's values on this page in seconds.",
    &[LabelDescriptor::open("collector")],
);

static COLLECTOR_FAILURES: Descriptor = counter(
    "caas_metrics_collector_failures_total",
    "Times that a collector should have given new values and did not.",
    &[LabelDescriptor::open("collector"), LabelDescriptor::closed("reason", &Failure::TEXTS)],
);

static DROPPED: Descriptor = counter(
    "caas_metrics_dropped_total",
    "Samples of collectors and default labels that scrapes left out, since they would have broken \
     the page.",
    &[LabelDescriptor::closed("reason", &Reason::TEXTS)],
);

static PAGE_BYTES: Descriptor = gauge(
    "caas_metrics_page_bytes",
    "Size of the last whole page in bytes, before compression.",
    &[],
);

static PROBLEMS: Descriptor = gauge(
    "caas_metrics_problems",
    "Problems that `check` would report now.",
    &[LabelDescriptor::closed("kind", Problem::KINDS)],
);

static SCRAPE_DURATION: Descriptor = gauge(
    "caas_metrics_scrape_duration_seconds",
    "Time to ask collectors and to encode the last whole page in seconds.",
    &[],
);

static SCRAPES: Descriptor = counter(
    "caas_metrics_scrapes_total",
    "Pages that were encoded to their end.",
    &[LabelDescriptor::closed("format", &Format::NAMES)],
);

static SERIES: Descriptor = gauge(
    "caas_metrics_series",
    "Series of each family on the last whole page, counted as a cardinality limit counts them.",
    FAMILY,
);

impl Own {
    /// Those about the families of the program, and those about a registry.
    pub(crate) const PROGRAM: [Self; 6] = [
        Self::Overflow,
        Self::Refused,
        Self::Lost,
        Self::LabelPanics,
        Self::LostExemplars,
        Self::Series,
    ];
    pub(crate) const REGISTRY: [Self; 7] = [
        Self::CollectorAge,
        Self::CollectorFailures,
        Self::Dropped,
        Self::PageBytes,
        Self::Problems,
        Self::ScrapeDuration,
        Self::Scrapes,
    ];

    /// Whether a family is about collectors or pages, of which a registry may have none.
    #[cfg(feature = "prometheus")]
    pub(crate) fn is_of_pages(name: &str) -> bool {
        let mut others = Self::REGISTRY.iter().filter(|own| !matches!(own, Self::Problems));
        others.any(|own| own.descriptor().name == name)
    }

    pub(crate) fn descriptor(self) -> &'static Descriptor {
        match self {
            Self::Overflow => &OVERFLOW,
            Self::Refused => &REFUSED,
            Self::Lost => &LOST,
            Self::LabelPanics => &LABEL_PANICS,
            Self::LostExemplars => &LOST_EXEMPLARS,
            Self::CollectorAge => &COLLECTOR_AGE,
            Self::CollectorFailures => &COLLECTOR_FAILURES,
            Self::Dropped => &DROPPED,
            Self::PageBytes => &PAGE_BYTES,
            Self::Problems => &PROBLEMS,
            Self::ScrapeDuration => &SCRAPE_DURATION,
            Self::Scrapes => &SCRAPES,
            Self::Series => &SERIES,
        }
    }

    /// The count of a family, if it can have one.
    fn of(self, family: &'static Family) -> Option<u64> {
        let descriptor = family.descriptor();
        match self {
            Self::Overflow => (count_labels(descriptor).0 > 0).then(|| family.index().overflows()),
            Self::Refused => can_refuse(descriptor).then(|| family.refusals().get()),
            Self::Lost => Some(family.index().lost()),
            _ => None,
        }
    }

    /// Emits the family; `numbers` are the registry's, unless it is empty.
    pub(crate) fn emit(self, snapshot: &Snapshot, numbers: Option<&Numbers>, sink: &mut dyn Sink) {
        let catalogue = &*snapshot.catalogue;
        let reports = snapshot.reports.iter();
        let pages = numbers.map(|numbers| &numbers.pages);
        let last = pages.and_then(|pages| pages.last.as_ref());
        let lines = match (self, numbers) {
            (Self::Overflow | Self::Refused, _) => self.by_family(catalogue),
            (Self::Lost, _) => {
                let counts = catalogue.families().iter().filter_map(|family| self.of(family));
                vec![alone(counts.fold(0, u64::wrapping_add))]
            }
            (Self::LostExemplars, _) => {
                let mut families = catalogue.families().iter();
                if !families.any(|family| family.exemplars().is_some()) {
                    return;
                }
                with_values(&exemplars::Reason::TEXTS, &exemplars::Reason::counts())
            }
            (Self::LabelPanics, _) => vec![alone(label_panics())],
            (Self::CollectorAge, Some(of)) => reports
                .filter_map(|report| Some((report, report.as_of?)))
                .map(|(report, as_of)| {
                    let age = of.now.saturating_duration_since(as_of).as_secs_f64();
                    ([&*report.name, ""], Number::Float(age))
                })
                .collect(),
            (Self::CollectorFailures, Some(_)) => reports
                .flat_map(|report| {
                    let counts = Failure::TEXTS.into_iter().zip(report.failures);
                    counts.map(|(reason, count)| ([&*report.name, reason], count.into()))
                })
                .collect(),
            (Self::Dropped, Some(of)) => with_values(&Reason::TEXTS, of.dropped.counts()),
            (Self::PageBytes, _) => last.map(|last| alone(last.bytes)).into_iter().collect(),
            (Self::Problems, Some(of)) => with_values(Problem::KINDS, &of.problems),
            (Self::ScrapeDuration, _) => {
                last.map(|last| (["", ""], last.took.as_secs_f64().into())).into_iter().collect()
            }
            (Self::Scrapes, Some(of)) => with_values(&Format::NAMES, &of.pages.written),
            (Self::Series, _) => last.map_or_else(Vec::new, |last| {
                last.series.iter().map(|(family, count)| ([*family, ""], (*count).into())).collect()
            }),
            (_, None) => return,
        };
        self.show(&lines, &snapshot.settings.default, sink);
    }

    /// The counts of the declared families, by name; equal declarations are one family.
    fn by_family(self, catalogue: &Catalogue) -> Vec<Line<'static>> {
        let mut counts = Vec::new();
        for same in catalogue.declared() {
            let count = same.iter().filter_map(|family| self.of(family)).reduce(u64::wrapping_add);
            if let (Some(count), [first, ..]) = (count, same) {
                counts.push(([first.descriptor().name, ""], count.into()));
            }
        }
        counts
    }

    /// Emits numbers, each with the values of the labels.
    fn show(self, lines: &[Line<'_>], default: &DefaultLabels, sink: &mut dyn Sink) {
        if lines.is_empty() {
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
        // What is counted here was zero when the program began.
        let is_counter = descriptor.metric_type == MetricType::Counter;
        let start = is_counter.then(|| Duration::from_secs(clock::begun().into()));
        for (of_line, number) in lines {
            for (value, of_line) in values.iter_mut().zip(of_line).take(own.len()) {
                *value = of_line;
            }
            let number = match (descriptor.metric_type, *number) {
                (MetricType::Gauge, Number::Unsigned(number)) => {
                    Number::Signed(i64::try_from(number).unwrap_or(i64::MAX))
                }
                (_, number) => number,
            };
            let sample = Sample::new(Labels::new(&values), Value::Number(number));
            sink.sample(&Sample { start, ..sample });
        }
    }
}

/// The number of a family without labels.
fn alone(number: u64) -> Line<'static> {
    (["", ""], number.into())
}

/// Each number with the label value that it is of.
fn with_values(values: &[&'static str], numbers: &[u64]) -> Vec<Line<'static>> {
    values.iter().zip(numbers).map(|(value, number)| ([*value, ""], (*number).into())).collect()
}
