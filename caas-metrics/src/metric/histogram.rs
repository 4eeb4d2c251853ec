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
    desc::{Descriptor, Native},
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
        Some(native) => (1, side(native) / LEAF),
        None => (0, 0),
    };
    let integers = classic(descriptor) + is_native + has_durations(descriptor) as u32;
    Layout { integers, floats: SUMS, paired: false, leaves }
}

/// How many counters each side of a native histogram has: whole leaves.
const fn side(native: &Native) -> u32 {
    native.len().next_multiple_of(LEAF)
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

/// What an observation needs to know of its family, as constants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    bounds: &'static [f64],
    /// The bounds in nanoseconds.
    ends: &'static [u64],
    /// How many classic buckets have a cell.
    classic: u32,
    native: Option<native::Range>,
    /// The first sum; nanoseconds are in the cell before it.
    sums: u32,
}

impl Plan {
    /// The plan of a family; `ends` are its bounds in nanoseconds.
    pub(crate) const fn of(descriptor: &Descriptor, ends: &'static [u64]) -> Self {
        let layout = layout(descriptor);
        let native = match &descriptor.native {
            Some(native) => Some(native::Range::of(native, layout.counters())),
            None => None,
        };
        let (bounds, classic) = (descriptor.buckets, classic(descriptor));
        Self { bounds, ends, classic, native, sums: layout.integers }
    }
}

impl Histogram {
    /// Counts a number in the first bucket whose upper bound is not below it.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn observe(slots: &impl Slots, plan: &Plan, number: f64) -> Result<(), NotCounted> {
        // That a number is finite is seen at once if it is within the range of native buckets.
        if plan.native.is_none() && !number.is_finite() {
            return Err(NotCounted::Refused);
        }
        Self::count(slots, plan, || number, || bounds::below(plan.bounds, number))?;
        slots.add_f64(plan.sums + turn(number), number);
        Ok(())
    }

    /// Counts a duration.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn observe_time(
        slots: &impl Slots,
        plan: &Plan,
        nanoseconds: u64,
    ) -> Result<(), NotCounted> {
        let number = || bounds::seconds(nanoseconds);
        let bucket = || bounds::below_nanoseconds(plan.ends, nanoseconds);
        Self::count(slots, plan, number, bucket)?;
        let sum = slots.get(plan.sums - 1);
        if nanoseconds < MOST_NANOSECONDS && sum < MOST_NANOSECONDS {
            slots.put(plan.sums - 1, sum + nanoseconds);
        } else {
            let number = bounds::seconds(nanoseconds);
            slots.add_f64(plan.sums + turn(number), number);
        }
        Ok(())
    }

    /// Adds one to a bucket of each kind. The one step that can fail is the first.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count(
        slots: &impl Slots,
        plan: &Plan,
        number: impl FnOnce() -> f64,
        bucket: impl FnOnce() -> u32,
    ) -> Result<(), NotCounted> {
        if let Some(native) = &plan.native {
            let number = number();
            match native.within(number) {
                Some(counter) => slots.count(counter)?,
                None if !number.is_finite() => return Err(NotCounted::Refused),
                None => match native.counter(number) {
                    Some(counter) => slots.count(counter)?,
                    // The zero bucket's cell follows those of the classic buckets.
                    None => slots.add(plan.classic, 1),
                },
            }
        }
        if plan.classic > 0 {
            slots.add(bucket(), 1);
        }
        Ok(())
    }
}

/// Which of the two sums takes a number. It is any bit that differs between most numbers: where to add
/// is then known at once, and does not wait for a count to be read.
#[cfg_attr(not(debug_assertions), inline(always))]
fn turn(number: f64) -> u32 {
    (number.to_bits() >> 30) as u32 & 1
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
    /// Empty without classic buckets.
    buckets: &'c [u64],
    sum: f64,
    native: Option<Counts<'c>>,
}

impl Parts<'_> {
    /// Of values that no histogram has.
    const NONE: Self = Self { buckets: &[], sum: 0.0, native: None };
}

/// The value of a child with these cells.
pub(super) fn value<'c>(descriptor: &Descriptor, cells: &'c [u64]) -> Value<'c> {
    let Parts { buckets, sum, native } = split(descriptor, cells);
    Value::Histogram { buckets, sum, native }
}

/// What is where follows from how many values there are, since each child of a page is split.
fn split<'c>(descriptor: &Descriptor, values: &'c [u64]) -> Parts<'c> {
    let native = descriptor.native.as_ref().map(|native| (native.len() as usize, side(native)));
    let numbers = values.len().saturating_sub(native.map_or(0, |(_, side)| 2 * side as usize));
    let Some((numbers, counters)) = values.split_at_checked(numbers) else { return Parts::NONE };
    let Some((integers, &[even, odd])) = numbers.split_last_chunk() else { return Parts::NONE };
    let classic = classic(descriptor) as usize;
    let Some((buckets, rest)) = integers.split_at_checked(classic) else { return Parts::NONE };
    let (zero, nanoseconds) = match (native, rest) {
        (None, &[nanoseconds]) => (0, nanoseconds),
        (Some(_), &[zero, ref nanoseconds @ ..]) => {
            (zero, nanoseconds.first().copied().unwrap_or(0))
        }
        _ => (0, 0),
    };
    // Nanoseconds below 2^53 (104 days) are exact, and the quotient is the nearest float.
    let sum = bounds::seconds(nanoseconds) + (f64::from_bits(even) + f64::from_bits(odd));
    let native = native.map(|(len, side)| {
        let from = |first: usize| counters.get(first..first + len).unwrap_or_default();
        Counts { zero, positive: from(0), negative: from(side as usize) }
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
