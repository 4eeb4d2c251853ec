//! What this crate says about itself on the page.
//!
//! Not here: where it is counted. Invariant: whatever an update can come to, other than being counted
//! where it was meant, is on the page.

use crate::{
    desc::MetricType,
    exit::label_panics,
    family::{Family, can_refuse, count_labels},
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
}

impl Own {
    /// Those about the families of the program, and those about a registry.
    pub(crate) const PROGRAM: [Self; 4] =
        [Self::Overflow, Self::Refused, Self::Lost, Self::LabelPanics];
    pub(crate) const REGISTRY: [Self; 1] = [Self::CollectorPanics];

    pub(crate) const fn head(self) -> FamilyHead<'static> {
        let (name, help) = match self {
            Self::Overflow => (
                "caas_metrics_overflow_total",
                "Updates of label sets beyond a family's cardinality limit.",
            ),
            Self::Refused => (
                "caas_metrics_refused_total",
                "Updates refused because their value would have spoilt the number.",
            ),
            Self::Lost => {
                ("caas_metrics_lost_total", "Updates lost because there was no memory for them.")
            }
            Self::LabelPanics => (
                "caas_metrics_label_panics_total",
                "Updates lost because a label panicked while its call was panicking.",
            ),
            Self::CollectorPanics => (
                "caas_metrics_collector_panics_total",
                "Panics of collectors; each cost the collector's families of one scrape.",
            ),
        };
        FamilyHead { name, help, unit: None, metric_type: MetricType::Counter, buckets: &[] }
    }

    /// The count of a family, if it can have one.
    fn of(self, family: &Family) -> Option<u64> {
        let descriptor = family.descriptor();
        match self {
            Self::Overflow => (count_labels(descriptor).0 > 0).then(|| family.index().overflows()),
            Self::Refused => can_refuse(descriptor).then(|| family.refusals().get()),
            Self::Lost => Some(family.index().lost()),
            Self::LabelPanics | Self::CollectorPanics => None,
        }
    }

    /// Emits the family; `families` are those of the program, equal declarations together, and `panics`
    /// those of the registry's collectors, if it has any.
    pub(crate) fn emit<'f>(
        self,
        families: impl Iterator<Item = &'f [&'static Family]>,
        panics: Option<u64>,
        default: &DefaultLabels,
        sink: &mut dyn Sink,
    ) {
        let counts = families.filter_map(|same| {
            let counts = same.iter().filter_map(|family| self.of(family));
            let count = counts.reduce(u64::wrapping_add)?;
            Some((same.first()?.descriptor().name, count))
        });
        match self {
            Self::Overflow | Self::Refused => self.show(&["family"], counts, default, sink),
            Self::Lost => {
                let lost = counts.map(|(_, count)| count).sum();
                self.show(&[], std::iter::once(("", lost)), default, sink);
            }
            Self::LabelPanics => {
                self.show(&[], std::iter::once(("", label_panics())), default, sink);
            }
            Self::CollectorPanics => {
                self.show(&[], panics.into_iter().map(|count| ("", count)), default, sink);
            }
        }
    }

    /// Emits counts, each with the value of the only label, if there is one.
    fn show<'v>(
        self,
        label: &[&str],
        counts: impl Iterator<Item = (&'v str, u64)>,
        default: &DefaultLabels,
        sink: &mut dyn Sink,
    ) {
        let (mut names, mut values) = (label.to_vec(), vec![""; label.len()]);
        for (name, value) in missing(default, |name| label.contains(&name)) {
            names.push(name);
            values.push(value);
        }
        for (number, (value, count)) in counts.enumerate() {
            if number == 0 {
                sink.family(&self.head());
                sink.labels(&names);
            }
            values[..label.len()].fill(value);
            sink.sample(Labels::new(&values), &Value::Number(Number::Unsigned(count)));
        }
    }
}
