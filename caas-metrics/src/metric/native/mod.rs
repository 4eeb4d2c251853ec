//! Native histograms: which counter an observation has.
//!
//! The bucket comes from exponent and mantissa, without a search. Not here: which buckets there are
//! (`desc::Native`) and where counters are (`storage/leaves.rs`).
//! Invariant: every finite observation is in the zero bucket or has exactly one counter.
//!
//! Source: <https://prometheus.io/docs/specs/native_histograms/>

mod bounds;

use self::bounds::BOUNDS;
use crate::desc::Native;

const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
const BIAS: i32 = f64::MAX_EXP - 1;

/// 2^1023, the largest power of two that a float can be.
const POWER_BEFORE_INFINITY: f64 = f64::from_bits(((2 * BIAS) as u64) << MANTISSA_BITS);

/// The counters of a family, as constants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range {
    /// What is in the zero bucket.
    zero: f64,
    /// The number of the first bucket.
    first: i32,
    /// The counter of the last bucket, and that of the first one below zero.
    last: u32,
    below: u32,
    /// How many counters are found without asking whether the number is finite, or zero. An infinity would
    /// be taken for 2^1024, and so for a number in the last bucket of a range that reaches so far. Zero and
    /// what is too small to be normal would be taken for at most 2^-1022: a range that reaches so far has none.
    quick: u32,
    schema: i8,
    /// For each part of a doubling how many bounds are below it, and the next bound. There are twice as
    /// many parts as bounds, so that a part has at most one: one comparison is enough.
    parts: &'static [(u16, u64)],
}

impl Range {
    /// The counters of both sides: those below zero begin at `below`.
    pub(super) const fn of(native: &Native, below: u32) -> Self {
        Self {
            zero: native.zero_threshold(),
            first: native.first(),
            last: native.len() - 1,
            below,
            quick: if native.first() <= bucket_of_zero(native.schema) {
                0
            } else {
                native.len() - (native.to > POWER_BEFORE_INFINITY) as u32
            },
            schema: native.schema,
            parts: parts_of(native.schema),
        }
    }

    /// The counter of an observation within the range. It is `None` for all others: below zero, in the
    /// zero bucket, above the range, infinite or NaN.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn within(&self, number: f64) -> Option<u32> {
        // The sign is taken for a large exponent.
        let place = self.bucket(number.to_bits()).wrapping_sub(self.first).cast_unsigned();
        (place < self.quick).then_some(place)
    }

    /// The counter of a finite observation; `None` if it is in the zero bucket.
    #[inline(never)]
    pub(super) fn counter(&self, number: f64) -> Option<u32> {
        let magnitude = number.abs();
        if magnitude <= self.zero {
            return None;
        }
        // What is above the range is in the last bucket. A number that is too small to be normal has
        // no exponent, and is in the first one.
        let place = self.bucket(magnitude.to_bits()).wrapping_sub(self.first);
        let counter = place.clamp(0, self.last.cast_signed()).cast_unsigned();
        Some(if number < 0.0 { self.below + counter } else { counter })
    }

    /// The number of the bucket that a positive normal number with these bits is in.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn bucket(&self, bits: u64) -> i32 {
        let exponent = (bits >> MANTISSA_BITS) as i32 - BIAS;
        let mantissa = bits & ((1 << MANTISSA_BITS) - 1);
        let shift = u32::from(self.schema.unsigned_abs());
        if self.schema <= 0 {
            // Upper bounds are inclusive, so a power of two is in the bucket that it ends.
            let doublings = exponent + i32::from(mantissa > 0);
            return (doublings + (1 << shift) - 1) >> shift;
        }
        let part = self.parts.get((mantissa >> (MANTISSA_BITS - 1 - shift)) as usize);
        let below = part.map_or(0, |(below, next)| below + u16::from(mantissa > *next));
        (exponent << shift) + i32::from(below)
    }
}

/// The number of the bucket that zero would be in by its bits.
const fn bucket_of_zero(schema: i8) -> i32 {
    let shift = schema.unsigned_abs() as u32;
    if schema <= 0 { (-BIAS + (1 << shift) - 1) >> shift } else { -BIAS << shift }
}

/// The parts of a doubling, for a schema above 0. They are a constant and no static, so that they are
/// where the family is and the compiler sees them.
const fn parts_of(schema: i8) -> &'static [(u16, u64)] {
    macro_rules! parts {
        ($($schema:literal)*) => {
            match schema {
                $($schema => &const { parts::<{ 2 << $schema }>($schema) },)*
                _ => &[],
            }
        };
    }
    parts!(1 2 3 4 5 6 7 8)
}

const fn parts<const N: usize>(schema: u32) -> [(u16, u64); N] {
    let (mut parts, mut part, mut below) = ([(0, 0); N], 0, 0);
    while part < N {
        let start = (part as u64) << (MANTISSA_BITS - schema - 1);
        while below < N / 2 && BOUNDS[below << (8 - schema)] < start {
            below += 1;
        }
        let next = if below < N / 2 { BOUNDS[below << (8 - schema)] } else { u64::MAX };
        parts[part] = (below as u16, next);
        part += 1;
    }
    parts
}

#[cfg(all(test, not(loom)))]
mod tests;
