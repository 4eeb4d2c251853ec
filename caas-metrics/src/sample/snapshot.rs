//! Families with their values at one moment, owned: what `gather` returns and what collectors make.
//!
//! Not here: how they reach a page (`registry.rs`), and what a page can hold of them (`admit.rs`).
//! Invariant: keeps all that a sink is given of a family.

use super::{FamilyHead, Labels, Number, Sink, Value};
use crate::desc::{Descriptor, MetricType};

/// The value of one child, for any metric type.
///
/// ```
/// use caas_metrics::sample::OwnedValue;
///
/// let sizes = OwnedValue::histogram(vec![2, 0, 1], 30.5);
/// let OwnedValue::Histogram { buckets, .. } = sizes else { unreachable!() };
/// assert_eq!(buckets.iter().sum::<u64>(), 3);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OwnedValue {
    /// Counter, gauge, info or unknown.
    Number(Number),
    /// A histogram: one bucket more than the family has bounds. Its count is their sum.
    #[non_exhaustive]
    Histogram {
        /// Observations per bucket, not cumulative, the last one `+Inf`.
        buckets: Vec<u64>,
        /// The sum of all observations.
        sum: f64,
    },
    /// A summary.
    #[non_exhaustive]
    Summary {
        /// Quantile and value.
        quantiles: Vec<(f64, f64)>,
        /// The sum of all observations.
        sum: f64,
        /// The number of observations.
        count: u64,
    },
}

impl OwnedValue {
    /// The value of a histogram: the observations of each bucket, not cumulative and the last one
    /// `+Inf`, and the sum of all.
    #[must_use]
    pub const fn histogram(buckets: Vec<u64>, sum: f64) -> Self {
        Self::Histogram { buckets, sum }
    }

    /// The value of a summary: quantiles with their values, and sum and number of all observations.
    #[must_use]
    pub const fn summary(quantiles: Vec<(f64, f64)>, sum: f64, count: u64) -> Self {
        Self::Summary { quantiles, sum, count }
    }

    /// The value, borrowed.
    #[must_use]
    pub(crate) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Histogram { buckets, sum } => Value::Histogram { buckets, sum: *sum },
            Self::Summary { quantiles, sum, count } => {
                Value::Summary { quantiles, sum: *sum, count: *count }
            }
        }
    }

    /// Adds the value of the same label set from an equal declaration of the same family.
    pub(crate) fn add(&mut self, other: &Self) {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => *a = a.plus(*b),
            (
                Self::Histogram { buckets, sum },
                Self::Histogram { buckets: more, sum: more_sum },
            ) => {
                for (count, more) in buckets.iter_mut().zip(more) {
                    *count = count.wrapping_add(*more);
                }
                *sum += more_sum;
            }
            // Equal declarations have equal types.
            _ => {}
        }
    }
}

impl<N: Into<Number>> From<N> for OwnedValue {
    fn from(number: N) -> Self {
        Self::Number(number.into())
    }
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Number(number) => Self::Number(number),
            Value::Histogram { buckets, sum } => Self::Histogram { buckets: buckets.to_vec(), sum },
            Value::Summary { quantiles, sum, count } => {
                Self::Summary { quantiles: quantiles.to_vec(), sum, count }
            }
        }
    }
}

/// One child in a [`FamilySnapshot`].
///
/// ```
/// use caas_metrics::sample::ChildSnapshot;
///
/// let mail = ChildSnapshot::new(&[("queue", "mail")], 12.0);
/// assert_eq!(mail.value, 12.0.into());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChildSnapshot {
    /// Label names and values, in the order of declaration.
    pub labels: Vec<(String, String)>,
    /// The value.
    pub value: OwnedValue,
}

impl ChildSnapshot {
    /// A child with these labels and this value: a number, or what a constructor of [`OwnedValue`]
    /// makes.
    #[must_use]
    pub fn new(labels: &[(&str, &str)], value: impl Into<OwnedValue>) -> Self {
        let labels = labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Self { labels, value: value.into() }
    }
}

/// A family with its values at one moment: what `gather` returns and what collectors make.
///
/// ```
/// use caas_metrics::sample::FamilySnapshot;
///
/// let queue = FamilySnapshot::gauge("jobs_queued", "Jobs that wait.")
///     .with(&[("queue", "mail")], 12.0)
///     .with(&[("queue", "push")], 3.0);
/// assert_eq!(queue.children.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FamilySnapshot {
    /// The metric's full name, as in the text format.
    pub name: String,
    /// The HELP text.
    pub help: String,
    /// The unit, if it is known.
    pub unit: Option<String>,
    /// The metric type.
    pub metric_type: MetricType,
    /// A histogram's finite, increasing upper bounds; empty for other types.
    pub buckets: Vec<f64>,
    /// The children.
    pub children: Vec<ChildSnapshot>,
}

impl FamilySnapshot {
    /// An empty family of the given type.
    #[must_use]
    pub fn new(metric_type: MetricType, name: &str, help: &str) -> Self {
        Self {
            name: name.to_owned(),
            help: help.to_owned(),
            unit: None,
            metric_type,
            buckets: Vec::new(),
            children: Vec::new(),
        }
    }

    /// An empty family as a descriptor has it, for a [`Collector`](crate::Collector) that describes its
    /// families.
    #[must_use]
    pub fn of(descriptor: &Descriptor) -> Self {
        Self {
            unit: descriptor.unit.map(str::to_owned),
            buckets: descriptor.buckets.to_vec(),
            ..Self::new(descriptor.metric_type, descriptor.name, descriptor.help)
        }
    }

    /// An empty gauge family, for a [`Collector`](crate::Collector).
    #[must_use]
    pub fn gauge(name: &str, help: &str) -> Self {
        Self::new(MetricType::Gauge, name, help)
    }

    /// An empty counter family, for a [`Collector`](crate::Collector); the name ends in `_total`.
    #[must_use]
    pub fn counter(name: &str, help: &str) -> Self {
        Self::new(MetricType::Counter, name, help)
    }

    /// An empty histogram family, for a [`Collector`](crate::Collector), with these finite and
    /// increasing upper bounds, without `+Inf`.
    ///
    /// ```
    /// use caas_metrics::sample::{FamilySnapshot, OwnedValue};
    ///
    /// let sizes = FamilySnapshot::histogram("row_bytes", "Size of rows.", &[100.0, 1000.0])
    ///     .with(&[("table", "users")], OwnedValue::histogram(vec![5, 1, 0], 720.0));
    /// assert_eq!(sizes.buckets.len(), 2);
    /// ```
    #[must_use]
    pub fn histogram(name: &str, help: &str, buckets: &[f64]) -> Self {
        Self { buckets: buckets.to_vec(), ..Self::new(MetricType::Histogram, name, help) }
    }

    /// Adds a child.
    ///
    /// ```
    /// use caas_metrics::sample::FamilySnapshot;
    ///
    /// let mut queued = FamilySnapshot::gauge("jobs_queued", "Jobs that wait.");
    /// for (queue, jobs) in [("mail", 12), ("push", 3)] {
    ///     queued.push(&[("queue", queue)], f64::from(jobs));
    /// }
    /// assert_eq!(queued.children.len(), 2);
    /// ```
    pub fn push(&mut self, labels: &[(&str, &str)], value: impl Into<OwnedValue>) {
        self.children.push(ChildSnapshot::new(labels, value));
    }

    /// The family with one more child.
    #[must_use]
    pub fn with(mut self, labels: &[(&str, &str)], value: impl Into<OwnedValue>) -> Self {
        self.push(labels, value);
        self
    }

    /// The family's head, borrowed.
    #[must_use]
    pub(crate) fn head(&self) -> FamilyHead<'_> {
        FamilyHead {
            name: &self.name,
            help: &self.help,
            unit: self.unit.as_deref(),
            metric_type: self.metric_type,
            buckets: &self.buckets,
        }
    }
}

/// The sink of `gather`: keeps everything.
#[derive(Debug, Default)]
pub(crate) struct Snapshots {
    pub(crate) families: Vec<FamilySnapshot>,
    /// The names of the current labels.
    names: Vec<String>,
}

impl Sink for Snapshots {
    fn family(&mut self, family: &FamilyHead<'_>) {
        let mut snapshot = FamilySnapshot::new(family.metric_type, family.name, family.help);
        snapshot.unit = family.unit.map(str::to_owned);
        snapshot.buckets = family.buckets.to_vec();
        self.families.push(snapshot);
        self.names.clear();
    }

    fn labels(&mut self, names: &[&str]) {
        self.names = names.iter().map(|&name| name.to_owned()).collect();
    }

    fn sample(&mut self, labels: Labels<'_>, value: &Value<'_>) {
        let Some(family) = self.families.last_mut() else { return };
        let values = labels.values.iter().map(|&value| value.to_owned());
        let labels = self.names.iter().cloned().zip(values).collect();
        family.children.push(ChildSnapshot { labels, value: OwnedValue::from(*value) });
    }
}
