//! Families with their values at one moment, owned: what `gather` returns and what collectors make.
//!
//! Not here: how they reach a page (`registry.rs`), and what a page can hold of them (`admit.rs`).
//! Invariant: keeps all that a sink is given of a family.

use std::time::SystemTime;

use super::{Counts, Exemplar, FamilyHead, Labels, Number, Sample, Sink, Value};
use crate::desc::{Descriptor, MetricType, Native};

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
        /// The same observations in native buckets, if the family has them.
        native: Option<NativeCounts>,
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
        Self::Histogram { buckets, sum, native: None }
    }

    /// The same with the observations in native buckets, for a family that has them.
    ///
    /// ```
    /// use caas_metrics::{desc::Native, sample::{FamilySnapshot, NativeCounts, OwnedValue}};
    ///
    /// // Four observations up to 1, of which native buckets show more: schema 0 has one a doubling.
    /// let mut waits = FamilySnapshot::histogram("wait_seconds", "Waits.", &[1.0]);
    /// waits.native = Some(Native::new().with_schema(0).with_range(0.25, 4.0));
    /// let counts = NativeCounts::new(1, vec![0, 3], vec![]);
    /// waits.push(&[], OwnedValue::histogram(vec![4, 0], 2.5).with_native(counts));
    /// ```
    #[must_use]
    pub fn with_native(mut self, counts: NativeCounts) -> Self {
        if let Self::Histogram { native, .. } = &mut self {
            *native = Some(counts);
        }
        self
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
            Self::Histogram { buckets, sum, native } => {
                let native = native.as_ref().map(NativeCounts::as_counts);
                Value::Histogram { buckets, sum: *sum, native }
            }
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
                Self::Histogram { buckets, sum, native },
                Self::Histogram { buckets: more, sum: more_sum, native: more_native },
            ) => {
                add(buckets, more);
                *sum += more_sum;
                if let (Some(native), Some(more)) = (native, more_native) {
                    native.add(more);
                }
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
            Value::Histogram { buckets, sum, native } => Self::Histogram {
                buckets: match native {
                    Some(native) if buckets.is_empty() => vec![native.sum()],
                    _ => buckets.to_vec(),
                },
                sum,
                native: native.map(NativeCounts::from),
            },
            Value::Summary { quantiles, sum, count } => {
                Self::Summary { quantiles: quantiles.to_vec(), sum, count }
            }
        }
    }
}

/// Observations in native buckets, each by itself: see [`Native`] for which bucket counts what.
///
/// ```
/// use caas_metrics::sample::NativeCounts;
///
/// // Two in the zero bucket, and one in the second bucket of the range.
/// let counts = NativeCounts::new(2, vec![0, 1], vec![]);
/// assert_eq!(counts.count(), 3);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NativeCounts {
    /// Observations at most as far from zero as [`Native::zero_threshold`].
    pub zero: u64,
    /// Observations above zero, from the first bucket of the range on; what is missing is zero.
    pub positive: Vec<u64>,
    /// Observations below zero, from the first bucket of the range on, away from zero.
    pub negative: Vec<u64>,
}

impl NativeCounts {
    /// Counts of these observations.
    #[must_use]
    pub const fn new(zero: u64, positive: Vec<u64>, negative: Vec<u64>) -> Self {
        Self { zero, positive, negative }
    }

    /// The number of observations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.as_counts().sum()
    }

    fn as_counts(&self) -> Counts<'_> {
        Counts { zero: self.zero, positive: &self.positive, negative: &self.negative }
    }

    fn add(&mut self, more: &Self) {
        self.zero = self.zero.wrapping_add(more.zero);
        for (counts, more) in
            [(&mut self.positive, &more.positive), (&mut self.negative, &more.negative)]
        {
            counts.resize(counts.len().max(more.len()), 0);
            add(counts, more);
        }
    }
}

impl From<Counts<'_>> for NativeCounts {
    fn from(counts: Counts<'_>) -> Self {
        Self::new(counts.zero, counts.positive.to_vec(), counts.negative.to_vec())
    }
}

/// Adds each count to its own.
fn add(counts: &mut [u64], more: &[u64]) {
    for (count, more) in counts.iter_mut().zip(more) {
        *count = count.wrapping_add(*more);
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
    /// When a counter, histogram or summary was at zero, if that is known: when it was created or reset.
    pub started: Option<SystemTime>,
    /// The exemplars of a counter or histogram.
    pub exemplars: Vec<Exemplar>,
}

impl ChildSnapshot {
    /// A child with these labels and this value: a number, or what a constructor of [`OwnedValue`]
    /// makes.
    #[must_use]
    pub fn new(labels: &[(&str, &str)], value: impl Into<OwnedValue>) -> Self {
        let labels = labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Self::owned(labels, value.into())
    }

    pub(crate) const fn owned(labels: Vec<(String, String)>, value: OwnedValue) -> Self {
        Self { labels, value, started: None, exemplars: Vec::new() }
    }

    /// The same, and when it was at zero.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use caas_metrics::sample::{ChildSnapshot, FamilySnapshot};
    ///
    /// let opened = SystemTime::now();
    /// let mut bytes = FamilySnapshot::counter("pool_bytes_total", "Bytes read.");
    /// bytes.children.push(ChildSnapshot::new(&[], 512.0).with_started(opened));
    /// # assert_eq!(bytes.children[0].started, Some(opened));
    /// ```
    #[must_use]
    pub fn with_started(self, started: SystemTime) -> Self {
        Self { started: Some(started), ..self }
    }

    /// The same with one more exemplar.
    #[must_use]
    pub fn with_exemplar(mut self, exemplar: Exemplar) -> Self {
        self.exemplars.push(exemplar);
        self
    }

    /// The child with labels that may be more than its own.
    pub(crate) fn as_sample<'a>(&'a self, labels: Labels<'a>) -> Sample<'a> {
        let since = |started: SystemTime| started.duration_since(SystemTime::UNIX_EPOCH).ok();
        let start = self.started.and_then(since);
        Sample { labels, value: self.value.as_value(), start, exemplars: &self.exemplars }
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
    /// The buckets of a native histogram.
    pub native: Option<Native>,
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
            native: None,
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
            native: descriptor.native,
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
            native: self.native,
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
        snapshot.native = family.native;
        self.families.push(snapshot);
        self.names.clear();
    }

    fn labels(&mut self, names: &[&str]) {
        self.names = names.iter().map(|&name| name.to_owned()).collect();
    }

    fn sample(&mut self, sample: &Sample<'_>) {
        let Some(family) = self.families.last_mut() else { return };
        let values = sample.labels.values.iter().map(|&value| value.to_owned());
        family.children.push(ChildSnapshot {
            labels: self.names.iter().cloned().zip(values).collect(),
            value: OwnedValue::from(sample.value),
            started: sample.start.map(|start| SystemTime::UNIX_EPOCH + start),
            exemplars: sample.exemplars.to_vec(),
        });
    }
}
