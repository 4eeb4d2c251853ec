//! What a scrape sees: families and their samples, borrowed while they stream, owned in snapshots.
//!
//! The one place where values and formats meet: `registry` drives a `Sink`, the encoders are
//! sinks. Nothing here knows atomics, and nothing formats exposition text.
//! Invariant: every sample of a family comes between its `family` call and the next one.

use crate::desc::{Descriptor, MetricType};

/// A sample's number; integers stay integers so that they are written exactly.
///
/// ```
/// use caas_metrics::sample::Number;
///
/// assert_eq!(Number::from(3_u64).as_f64(), 3.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Number {
    /// An unsigned integer: counters.
    Unsigned(u64),
    /// A signed integer: gauges.
    Signed(i64),
    /// A float.
    Float(f64),
}

impl Number {
    /// The number as Prometheus stores it.
    #[must_use]
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::Unsigned(n) => n as f64,
            Self::Signed(n) => n as f64,
            Self::Float(n) => n,
        }
    }
}

impl From<u64> for Number {
    fn from(n: u64) -> Self {
        Self::Unsigned(n)
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Self::Signed(n)
    }
}

impl From<f64> for Number {
    fn from(n: f64) -> Self {
        Self::Float(n)
    }
}

/// The head of a family: what HELP, TYPE and UNIT say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FamilyHead<'a> {
    /// The metric's full name, as in the text format: `caas_http_requests_total`.
    pub name: &'a str,
    /// The HELP text, not escaped.
    pub help: &'a str,
    /// The unit; written only where it is the name's suffix.
    pub unit: Option<&'a str>,
    /// The metric type.
    pub metric_type: MetricType,
    /// A histogram's finite, increasing upper bounds, without `+Inf`; empty for other types.
    pub buckets: &'a [f64],
}

impl<'a> FamilyHead<'a> {
    /// The head of a family that a descriptor is of.
    pub(crate) fn of(descriptor: &'a Descriptor) -> Self {
        Self {
            name: descriptor.name,
            help: descriptor.help,
            unit: descriptor.unit,
            metric_type: descriptor.metric_type,
            buckets: descriptor.buckets,
        }
    }

    /// Whether the sum of a histogram can shrink, since it counts observations below zero. OpenMetrics
    /// then forbids `_sum`, and with it `_count`.
    pub(crate) fn sum_can_shrink(&self) -> bool {
        self.buckets.iter().any(|bound| *bound < 0.0)
    }
}

/// The value of one child, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    /// Counter, gauge, info or unknown.
    Number(Number),
    /// A histogram's buckets, each by itself (not cumulative); the last one is `+Inf`, so there is
    /// one more than the family has bounds. `_count` is their sum.
    Histogram {
        /// Observations per bucket.
        buckets: &'a [u64],
        /// The sum of all observations.
        sum: f64,
    },
    /// A summary.
    Summary {
        /// Quantile and value.
        quantiles: &'a [(f64, f64)],
        /// The sum of all observations.
        sum: f64,
        /// The number of observations.
        count: u64,
    },
}

/// Something that takes the samples of a scrape as they stream by: an encoder, or a snapshot.
///
/// Mostly the samples of a family have labels of the same names, and few values change from one to
/// the next; so a sink gets the names once, and with the values the number of those that it has already.
pub(crate) trait Sink {
    /// A new family begins; the samples that follow belong to it, and until `labels` is called they
    /// have no labels.
    fn family(&mut self, family: &FamilyHead<'_>);
    /// The samples that follow, in this family, have labels of these names.
    fn labels(&mut self, names: &[&str]);
    /// One child of the current family.
    fn sample(&mut self, labels: Labels<'_>, value: &Value<'_>);
}

/// The label values of a sample, one for each name and not escaped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labels<'a> {
    pub(crate) values: &'a [&'a str],
    /// How many of the first ones are those of the sample before; none if the names are new.
    pub(crate) kept: usize,
    /// Whether the others are known to have no character that a format escapes.
    pub(crate) are_plain: bool,
}

impl<'a> Labels<'a> {
    /// Values of which nothing is known.
    pub(crate) fn new(values: &'a [&'a str]) -> Self {
        Self { values, kept: 0, are_plain: false }
    }
}

/// Whether a byte is a character that some format escapes in a label value.
#[inline]
pub(crate) const fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | b'"' | b'\n')
}

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
}

impl Number {
    /// The sum; of two integers an integer.
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unsigned(a), Self::Unsigned(b)) => Self::Unsigned(a.wrapping_add(b)),
            (Self::Signed(a), Self::Signed(b)) => Self::Signed(a.wrapping_add(b)),
            (a, b) => Self::Float(a.as_f64() + b.as_f64()),
        }
    }
}

impl OwnedValue {
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
