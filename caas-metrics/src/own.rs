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
}

impl Own {
    pub(crate) const ALL: [Self; 4] =
        [Self::Overflow, Self::Refused, Self::Lost, Self::LabelPanics];

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
            Self::LabelPanics => None,
        }
    }

    /// Emits the family; `families` are those of the program, equal declarations together.
    pub(crate) fn emit<'f>(
        self,
        families: impl Iterator<Item = &'f [&'static Family]>,
        default: &DefaultLabels,
        sink: &mut dyn Sink,
    ) {
        sink.family(&self.head());
        let each: &[&str] = match self {
            Self::Overflow | Self::Refused => &["family"],
            Self::Lost | Self::LabelPanics => &[],
        };
        let (names, values): (Vec<&str>, Vec<&str>) =
            missing(default, |name| each.contains(&name)).unzip();
        sink.labels(&[each, &names].concat());
        let mut emit = |own: &[&str], count: u64| {
            let value = Value::Number(Number::Unsigned(count));
            sink.sample(Labels::new(&[own, &values].concat()), &value);
        };
        let counts = families.filter_map(|same| {
            let counts = same.iter().filter_map(|family| self.of(family));
            let count = counts.reduce(u64::wrapping_add)?;
            Some((same.first()?.descriptor().name, count))
        });
        match self {
            Self::Overflow | Self::Refused => counts.for_each(|(name, n)| emit(&[name], n)),
            Self::Lost => emit(&[], counts.map(|(_, count)| count).sum()),
            Self::LabelPanics => emit(&[], label_panics()),
        }
    }
}
