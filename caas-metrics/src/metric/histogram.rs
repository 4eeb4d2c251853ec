//! Histograms: observations counted in buckets, and their sum.
//!
//! Cells: one integer per bucket with +Inf last, in seconds one more with the nanoseconds of observed
//! durations, and two floats with the sums of observed numbers. The count is the sum of the buckets.
//! Invariants: every observation that is not refused is in exactly one bucket and one sum; no sum
//! goes back.

use core::time::Duration;

use super::{Metric, Refused, Slots, bounds};
use crate::{desc::Descriptor, unit::TimeUnit};

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
pub struct HistogramReading {
    /// Observations per bucket, not cumulative; the last bucket is `+Inf`.
    pub buckets: Vec<u64>,
    /// The sum of all observations. Numbers are added in another order than they were observed in,
    /// so the last digits may differ from those of a plain sum.
    pub sum: f64,
}

impl HistogramReading {
    /// The number of observations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// Two sums: the addition of a float takes so long that the next one would wait for it.
const SUMS: u32 = 2;

/// The integer and float cells of a histogram.
pub(super) const fn cells(descriptor: &Descriptor) -> (u32, u32) {
    (descriptor.buckets.len() as u32 + 1 + has_durations(descriptor) as u32, SUMS)
}

/// Whether a duration can be observed.
const fn has_durations(descriptor: &Descriptor) -> bool {
    match descriptor.unit {
        Some(unit) => matches!(unit.as_bytes(), b"seconds"),
        None => false,
    }
}

/// So many nanoseconds are a sum of integers at most: 52 days, so that even the sum over thousands of
/// threads fits. What comes later is added as a float.
const MOST_NANOSECONDS: u64 = 1 << 52;

impl Histogram {
    /// Counts a number in the first bucket whose upper bound is not below it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn observe(
        slots: &impl Slots,
        descriptor: &Descriptor,
        number: f64,
    ) -> Result<(), Refused> {
        if !number.is_finite() {
            return Err(Refused);
        }
        let turn = Self::count(slots, bounds::below(descriptor.buckets, number));
        slots.add_f64(cells(descriptor).0 + turn, number);
        Ok(())
    }

    /// Counts a duration; `ends` are the family's bounds in nanoseconds.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn observe_time(
        slots: &impl Slots,
        descriptor: &Descriptor,
        ends: &[u64],
        nanoseconds: u64,
    ) {
        let turn = Self::count(slots, bounds::below_nanoseconds(ends, nanoseconds));
        let (floats, _) = cells(descriptor);
        let sum = slots.get(floats - 1);
        if nanoseconds < MOST_NANOSECONDS && sum < MOST_NANOSECONDS {
            slots.put(floats - 1, sum + nanoseconds);
        } else {
            slots.add_f64(floats + turn, bounds::seconds(nanoseconds));
        }
    }

    /// Adds one to a bucket, and returns which of the sums it is the turn of: they take turns by the
    /// lowest bit of the bucket's count, which is at hand.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count(slots: &impl Slots, bucket: u32) -> u32 {
        let before = slots.get(bucket);
        slots.put(bucket, before.wrapping_add(1));
        (before & 1) as u32
    }
}

impl super::Observe for Histogram {}

impl Metric for Histogram {
    type Reading = HistogramReading;

    fn reading(descriptor: &Descriptor, cells: &[u64]) -> HistogramReading {
        let (buckets, sum) = split(descriptor.buckets.len(), cells);
        HistogramReading { buckets: buckets.to_vec(), sum }
    }
}

/// The buckets and the sum in a child's cells, where there are so many bounds.
pub(super) fn split(bounds: usize, cells: &[u64]) -> (&[u64], f64) {
    let (Some((buckets, sums)), Some((_, &[even, odd]))) =
        (cells.split_at_checked(bounds + 1), cells.split_last_chunk::<2>())
    else {
        return (&[], 0.0);
    };
    let nanoseconds = if sums.len() > SUMS as usize { sums[0] } else { 0 };
    // Nanoseconds below 2^53 (104 days) are exact, and the quotient is the nearest float.
    let sum = bounds::seconds(nanoseconds) + (f64::from_bits(even) + f64::from_bits(odd));
    (buckets, sum)
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

    /// The observation in nanoseconds, if it is a duration: its sum then needs no float.
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
