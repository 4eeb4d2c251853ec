//! Histograms: observations counted in buckets, and their sum.
//!
//! Slots: one integer per bucket with +Inf last, one integer with the nanoseconds of observed
//! durations, one float with the sum of observed numbers. The count is the sum of the buckets.
//! Invariant: every observation that is not refused is in exactly one bucket and one sum.

use core::time::Duration;

use super::{Metric, Refused, Slots};
use crate::unit::TimeUnit;

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
    /// The sum of all observations.
    pub sum: f64,
}

impl HistogramReading {
    /// The number of observations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

impl Metric for Histogram {
    type Reading = HistogramReading;

    fn reading(slots: &[u64]) -> HistogramReading {
        let (buckets, sum) = split(slots);
        HistogramReading { buckets: buckets.to_vec(), sum }
    }
}

impl Histogram {
    /// Counts an observation in the first bucket whose upper bound is not below it.
    #[inline]
    pub(crate) fn observe<U>(
        slots: &impl Slots,
        bounds: &[f64],
        value: &impl Observation<U>,
    ) -> Result<(), Refused> {
        let number = value.as_f64();
        if !number.is_finite() {
            return Err(Refused);
        }
        // Every comparison is made, without a branch: the bounds are constants, so this becomes a
        // few vector instructions.
        let bucket: u32 = bounds.iter().map(|&bound| u32::from(number > bound)).sum();
        slots.add(bucket, 1);
        let sums = bounds.len() as u32 + 1;
        match value.as_nanoseconds() {
            Some(nanoseconds) => slots.add(sums, nanoseconds),
            None => slots.add_f64(sums + 1, number),
        }
        Ok(())
    }
}

/// The buckets and the sum in a child's slots.
pub(super) fn split(slots: &[u64]) -> (&[u64], f64) {
    let Some((buckets, &[nanoseconds, float])) = slots.split_last_chunk::<2>() else {
        return (&[], 0.0);
    };
    // Nanoseconds below 2^53 (104 days) are exact, and the quotient is the nearest float.
    (buckets, nanoseconds as f64 / NANOSECONDS + f64::from_bits(float))
}

const NANOSECONDS: f64 = 1e9;

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
        // One correctly rounded division: 10 ms is the very float that `0.01` is.
        nanoseconds(*self) as f64 / NANOSECONDS
    }

    #[inline]
    fn as_nanoseconds(&self) -> Option<u64> {
        Some(nanoseconds(*self))
    }
}

/// A duration in nanoseconds; 584 years for anything longer.
#[inline]
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
