//! Native observations: which bucket, from exponent and mantissa.
//!
//! Dense over a range of 37 doublings, with a table of twice eight parts of a doubling. Invariant: bounds
//! are inclusive.

use std::sync::{LazyLock, atomic::AtomicU64};

use super::cells::{Fresh, add};

const FIRST: i64 = -20;
const DOUBLINGS: usize = 37;

/// The buckets, and the sum.
pub(super) struct Native {
    buckets: [AtomicU64; 8 * DOUBLINGS + 1],
    nanoseconds: AtomicU64,
}

impl Fresh for Native {
    fn fresh() -> Box<Self> {
        Box::new(Self {
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            nanoseconds: AtomicU64::new(0),
        })
    }
}

const MANTISSA: u32 = 52;

/// For each sixteenth of a doubling how many bounds are below it, and the next bound.
static PARTS: LazyLock<[(u64, u64); 16]> = LazyLock::new(|| {
    let mantissa = |bound: f64| bound.to_bits() & ((1 << MANTISSA) - 1);
    let bounds: Vec<u64> =
        (0..8).map(|i| mantissa(2_f64.powf(f64::from(i) / 8.0))).chain([u64::MAX]).collect();
    std::array::from_fn(|part| {
        let below = bounds.iter().filter(|bound| **bound < (part as u64) << (MANTISSA - 4)).count();
        (below as u64, bounds[below])
    })
});

pub(super) fn parts() -> &'static [(u64, u64); 16] {
    &PARTS
}

#[inline(always)]
pub(super) fn observe(native: &Native, parts: &[(u64, u64); 16], seconds: f64) {
    let bits = seconds.to_bits();
    let mantissa = bits & ((1 << MANTISSA) - 1);
    let (below, next) = parts[(mantissa >> (MANTISSA - 4)) as usize];
    let within = below + u64::from(mantissa > next);
    let doubling = (bits >> MANTISSA) as i64 - 1023 - FIRST;
    let bucket = (8 * doubling + within as i64).clamp(0, 8 * DOUBLINGS as i64) as usize;
    // SAFETY: the bucket is one of them.
    add(unsafe { native.buckets.get_unchecked(bucket) }, 1);
    // SAFETY: times of requests are finite, and far below what an integer holds.
    add(&native.nanoseconds, unsafe { (seconds * 1e9).to_int_unchecked::<i64>() } as u64);
}
