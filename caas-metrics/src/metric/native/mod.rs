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

/// The counter of an observation, from the first bucket of the range on, and below zero from the number
/// `below` on; `None` if it is in the zero bucket.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn counter(native: &Native, below: u32, number: f64) -> Option<u32> {
    let magnitude = number.abs();
    if magnitude <= native.zero_threshold() {
        return None;
    }
    let place = i64::from(bucket(native.schema, magnitude)) - i64::from(native.first());
    // What is above the range is in the last bucket. A number that is too small to be normal has no
    // exponent, and is in the first one.
    let place = place.clamp(0, i64::from(native.len()) - 1) as u32;
    Some(if number < 0.0 { below + place } else { place })
}

/// The number of the bucket that a positive normal number is in.
#[cfg_attr(not(debug_assertions), inline(always))]
fn bucket(schema: i8, number: f64) -> i32 {
    let bits = number.to_bits();
    let exponent = (bits >> MANTISSA_BITS) as i32 - BIAS;
    let mantissa = bits & ((1 << MANTISSA_BITS) - 1);
    let shift = u32::from(schema.unsigned_abs());
    if schema <= 0 {
        // Upper bounds are inclusive, so a power of two is in the bucket that it ends.
        let doublings = exponent + i32::from(mantissa > 0);
        return (doublings + (1 << shift) - 1) >> shift;
    }
    (exponent << shift) + table(schema).bounds_below(mantissa) as i32
}

/// The buckets of a doubling: their bounds, and for each of twice as many equal parts of the doubling
/// how many bounds are below it. At most one bound is in a part, so one comparison is enough.
struct Table {
    parts: &'static [u16],
    bounds: &'static [u64],
    shift: u32,
}

impl Table {
    /// How many bounds of a doubling are below a number, by its mantissa.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn bounds_below(&self, mantissa: u64) -> u16 {
        let part = (mantissa >> self.shift) as usize;
        let below = self.parts.get(part).copied().unwrap_or(0);
        let next = self.bounds.get(usize::from(below));
        below + u16::from(next.is_some_and(|bound| mantissa > *bound))
    }
}

/// The table of a schema above 0.
#[cfg_attr(not(debug_assertions), inline(always))]
const fn table(schema: i8) -> &'static Table {
    macro_rules! tables {
        ($($schema:literal)*) => {
            match schema {
                $($schema => {
                    static PARTS: [u16; 2 << $schema] = parts($schema);
                    static BOUNDS: [u64; 1 << $schema] = every(8 - $schema);
                    static TABLE: Table =
                        Table { parts: &PARTS, bounds: &BOUNDS, shift: MANTISSA_BITS - $schema - 1 };
                    &TABLE
                })*
                _ => {
                    static TABLE: Table = Table { parts: &[], bounds: &[], shift: MANTISSA_BITS };
                    &TABLE
                }
            }
        };
    }
    tables!(1 2 3 4 5 6 7 8)
}

/// Every so many of the bounds.
const fn every<const N: usize>(skipped: u32) -> [u64; N] {
    let (mut bounds, mut i) = ([0; N], 0);
    while i < N {
        bounds[i] = BOUNDS[i << skipped];
        i += 1;
    }
    bounds
}

/// For each part of a doubling how many bounds of the schema are below it.
const fn parts<const N: usize>(schema: u32) -> [u16; N] {
    let (mut parts, mut part, mut below) = ([0; N], 0, 0);
    while part < N {
        let start = (part as u64) << (MANTISSA_BITS - schema - 1);
        while below < N / 2 && BOUNDS[below << (8 - schema)] < start {
            below += 1;
        }
        parts[part] = below as u16;
        part += 1;
    }
    parts
}

#[cfg(all(test, not(loom)))]
mod tests;
