//! Histograms: observations counted in buckets, and their sum.
//!
//! Cells: one integer for each classic bucket, with +Inf last; one for the zero bucket of a native
//! histogram, whose other buckets are counters in leaves; in seconds, one more for the nanoseconds of
//! observed durations; and two floats for the sums of observed numbers. A native histogram without bounds
//! has no classic buckets. The count is the sum of the buckets.
//! Invariants: every observation that is not refused is in exactly one bucket of each kind and one
//! sum; no sum goes back.

use core::time::Duration;

use super::{Metric, NotCounted, Slots, bounds, native};
use crate::{
    desc::Descriptor,
    sample::{Counts, NativeCounts, Value},
    storage::{leaves::LEAF, shape::Layout},
    unit::TimeUnit,
};

/// The metric type `histogram`.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Histogram;

/// What a histogram's child held at one moment.
///
/// ```
/// caas_metrics::metrics! {
///     /// Size of messages in bytes.
///     #[buckets(100, 1000)]
///     pub histogram MessageSizeBytes;
/// }
///
/// MessageSizeBytes.observe(100);
/// MessageSizeBytes.observe(5_000);
/// let reading = MessageSizeBytes.get().unwrap();
/// assert_eq!(reading.buckets, [1, 0, 1]);
/// assert_eq!((reading.count(), reading.sum), (2, 5_100.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HistogramReading {
    /// Observations per bucket, not cumulative; the last bucket is `+Inf`.
    pub buckets: Vec<u64>,
    /// The sum of all observations. They are not added in the order in which they came, so the last
    /// digits may differ from those of a plain sum.
    pub sum: f64,
    /// The same observations in native buckets, if the family has them.
    pub native: Option<NativeCounts>,
}

impl HistogramReading {
    /// The number of observations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// Two sums, because the addition of a float is slow: with one, each would wait for the one before.
const SUMS: u32 = 2;

/// The cells of a histogram.
pub(super) const fn layout(descriptor: &Descriptor) -> Layout {
    let (is_native, leaves) = match &descriptor.native {
        Some(native) => (1, native.len().div_ceil(LEAF)),
        None => (0, 0),
    };
    let integers = classic(descriptor) + is_native + has_durations(descriptor) as u32;
    Layout { integers, floats: SUMS, paired: false, leaves }
}

/// How many classic buckets have a cell.
const fn classic(descriptor: &Descriptor) -> u32 {
    match descriptor.buckets.len() {
        0 if descriptor.native.is_some() => 0,
        bounds => bounds as u32 + 1,
    }
}

/// Whether a duration can be observed.
const fn has_durations(descriptor: &Descriptor) -> bool {
    match descriptor.unit {
        Some(unit) => matches!(unit.as_bytes(), b"seconds"),
        None => false,
    }
}

/// The most nanoseconds that an integer sum holds: 52 days, so that even the sum over thousands of
/// threads fits. What comes later is added as a float.
const MOST_NANOSECONDS: u64 = 1 << 52;

impl Histogram {
    /// Counts a number in the first bucket whose upper bound is not below it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn observe(
        slots: &impl Slots,
        descriptor: &Descriptor,
        number: f64,
    ) -> Result<(), NotCounted> {
        if !number.is_finite() {
            return Err(NotCounted::Refused);
        }
        let bucket = || bounds::below(descriptor.buckets, number);
        let turn = Self::count(slots, descriptor, || number, bucket)?;
        slots.add_f64(layout(descriptor).integers + turn, number);
        Ok(())
    }

    /// Counts a duration; `ends` are the family's bounds in nanoseconds.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn observe_time(
        slots: &impl Slots,
        descriptor: &Descriptor,
        ends: &[u64],
        nanoseconds: u64,
    ) -> Result<(), NotCounted> {
        let number = || bounds::seconds(nanoseconds);
        let bucket = || bounds::below_nanoseconds(ends, nanoseconds);
        let turn = Self::count(slots, descriptor, number, bucket)?;
        let floats = layout(descriptor).integers;
        let sum = slots.get(floats - 1);
        if nanoseconds < MOST_NANOSECONDS && sum < MOST_NANOSECONDS {
            slots.put(floats - 1, sum + nanoseconds);
        } else {
            slots.add_f64(floats + turn, bounds::seconds(nanoseconds));
        }
        Ok(())
    }

    /// Adds one to a bucket of each kind, and returns which of the two sums to use. They take turns by
    /// the lowest bit of a bucket's count, which is at hand. The one step that can fail is the first.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count(
        slots: &impl Slots,
        descriptor: &Descriptor,
        number: impl FnOnce() -> f64,
        bucket: impl FnOnce() -> u32,
    ) -> Result<u32, NotCounted> {
        let classic = classic(descriptor);
        let mut before = 0;
        if let Some(native) = &descriptor.native {
            let below = layout(descriptor).counters();
            before = match native::counter(native, below, number()) {
                Some(counter) => slots.count(counter)?,
                None => add_one(slots, classic),
            };
        }
        if classic > 0 {
            before = add_one(slots, bucket());
        }
        Ok((before & 1) as u32)
    }
}

/// Adds one to a cell, and returns what it held before.
#[cfg_attr(not(debug_assertions), inline(always))]
fn add_one(slots: &impl Slots, cell: u32) -> u64 {
    let before = slots.get(cell);
    slots.put(cell, before.wrapping_add(1));
    before
}

impl super::Observe for Histogram {}

impl Metric for Histogram {
    type Reading = HistogramReading;

    fn reading(descriptor: &Descriptor, cells: &[u64]) -> HistogramReading {
        let Parts { buckets, sum, native } = split(descriptor, cells);
        let all = native.map(|native| native.sum()).unwrap_or_default();
        let buckets = if buckets.is_empty() { vec![all] } else { buckets.to_vec() };
        HistogramReading { buckets, sum, native: native.map(NativeCounts::from) }
    }
}

/// What a child's cells hold.
struct Parts<'c> {
    /// None if there are no classic buckets.
    buckets: &'c [u64],
    sum: f64,
    native: Option<Counts<'c>>,
}

/// The value of a child with these cells.
pub(super) fn value<'c>(descriptor: &Descriptor, cells: &'c [u64]) -> Value<'c> {
    let Parts { buckets, sum, native } = split(descriptor, cells);
    Value::Histogram { buckets, sum, native }
}

fn split<'c>(descriptor: &Descriptor, cells: &'c [u64]) -> Parts<'c> {
    let layout = layout(descriptor);
    let (numbers, counters) = cells.split_at_checked(layout.numbers() as usize).unwrap_or_default();
    let (integers, sums) = numbers.split_at_checked(layout.integers as usize).unwrap_or_default();
    let (buckets, rest) =
        integers.split_at_checked(classic(descriptor) as usize).unwrap_or_default();
    let nanoseconds = match rest.last() {
        Some(nanoseconds) if has_durations(descriptor) => *nanoseconds,
        _ => 0,
    };
    // Nanoseconds below 2^53 (104 days) are exact, and the quotient is the nearest float.
    let numbers = sums.iter().copied().map(f64::from_bits).sum::<f64>();
    let sum = bounds::seconds(nanoseconds) + numbers;
    let native = descriptor.native.map(|native| {
        let side =
            |first: usize| counters.get(first..first + native.len() as usize).unwrap_or_default();
        Counts {
            zero: rest.first().copied().unwrap_or_default(),
            positive: side(0),
            negative: side(layout.counters() as usize),
        }
    });
    Parts { buckets, sum, native }
}

/// Something that a histogram in the unit `U` can observe: any number, and a [`Duration`] if the
/// unit is seconds.
///
/// NaN and infinities are refused: they would spoil the sum for good. Refused observations change
/// nothing and are counted in `caas_metrics_refused_total{family}`.
///
/// ```
/// use std::time::Duration;
///
/// caas_metrics::metrics! {
///     /// Time to deliver a message in seconds.
///     #[buckets(0.01, 0.1)]
///     pub histogram DeliverySeconds;
/// }
///
/// DeliverySeconds.observe(Duration::from_millis(10)); // in le="0.01": bounds are inclusive
/// DeliverySeconds.observe(0.042);
/// assert_eq!(DeliverySeconds.get().unwrap().buckets, [1, 1, 0]);
/// ```
#[diagnostic::on_unimplemented(
    message = "a histogram in `{U}` cannot observe a `{Self}`",
    label = "not a number that this histogram can observe",
    note = "any number can be observed; a `Duration` only by a histogram in seconds, whose name ends in `_seconds` or that has `#[unit = \"seconds\"]`"
)]
pub trait Observation<U> {
    /// The observation in the histogram's unit.
    #[doc(hidden)]
    fn as_f64(&self) -> f64;

    /// The observation in nanoseconds, if it is a duration. Then its sum needs no float.
    #[doc(hidden)]
    #[inline]
    fn as_nanoseconds(&self) -> Option<u64> {
        None
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl<U> Observation<U> for $type {
            #[inline]
            #[allow(clippy::cast_lossless, reason = "one macro for all numbers")]
            fn as_f64(&self) -> f64 {
                *self as f64
            }
        }
    )*};
}

numbers!(f64, f32, u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

impl<U: TimeUnit> Observation<U> for Duration {
    #[inline]
    fn as_f64(&self) -> f64 {
        self.as_secs_f64()
    }

    /// 584 years for anything longer.
    #[inline]
    fn as_nanoseconds(&self) -> Option<u64> {
        Some(u64::try_from(self.as_nanos()).unwrap_or(u64::MAX))
    }
}
