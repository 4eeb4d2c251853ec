//! What a scrape sees: families and their children, as they stream from the registry to an encoder.
//!
//! The one place where values and formats meet: `registry` drives a `Sink`, the encoders are
//! sinks. Nothing here knows atomics, and nothing formats exposition text. Not here: families that are
//! kept (`sample/snapshot.rs`).
//! Invariant: every sample of a family comes between its `family` call and the next one.

mod exemplar;
mod snapshot;

use core::time::Duration;

pub use self::exemplar::Exemplar;
pub(crate) use self::snapshot::Snapshots;
pub use self::snapshot::{ChildSnapshot, FamilySnapshot, NativeCounts, OwnedValue};
use crate::desc::{Descriptor, MetricType, Native};

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

    /// The sum; of two integers an integer.
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unsigned(a), Self::Unsigned(b)) => Self::Unsigned(a.wrapping_add(b)),
            (Self::Signed(a), Self::Signed(b)) => Self::Signed(a.wrapping_add(b)),
            (a, b) => Self::Float(a.as_f64() + b.as_f64()),
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
    /// The buckets of a native histogram.
    pub native: Option<Native>,
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
            native: descriptor.native,
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
        /// The same observations in native buckets, if the family has them. They may be a few more or
        /// less while others are observed.
        native: Option<Counts<'a>>,
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

/// Observations in native buckets, each by itself, from the first bucket of the range on. What is
/// missing at the end is zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Counts<'a> {
    pub(crate) zero: u64,
    pub(crate) positive: &'a [u64],
    pub(crate) negative: &'a [u64],
}

impl Counts<'_> {
    /// The number of observations.
    pub(crate) fn sum(&self) -> u64 {
        let counts = self.positive.iter().chain(self.negative);
        counts.fold(self.zero, |sum, count| sum.wrapping_add(*count))
    }
}

/// One child of a family at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample<'a> {
    pub(crate) labels: Labels<'a>,
    pub(crate) value: Value<'a>,
    /// When it was at zero, as Unix time, if that is known.
    pub(crate) start: Option<Duration>,
    /// Of a counter at most one, of a histogram at most one a bucket and native bucket.
    pub(crate) exemplars: &'a [Exemplar],
}

impl<'a> Sample<'a> {
    /// A sample of which nothing else is known.
    pub(crate) fn new(labels: Labels<'a>, value: Value<'a>) -> Self {
        Self { labels, value, start: None, exemplars: &[] }
    }
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
    fn sample(&mut self, sample: &Sample<'_>);
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
