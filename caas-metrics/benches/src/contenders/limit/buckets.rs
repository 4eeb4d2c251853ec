//! Observations: which bucket, and the sum in nanoseconds.
//!
//! All bounds are compared at once, two in each vector. Invariant: bounds are inclusive.

use std::sync::atomic::AtomicU64;

use super::cells::{Fresh, add};
use crate::workload::BOUNDS;

/// The buckets with `+Inf`, and the sum.
#[derive(Default)]
pub(super) struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Fresh for Histogram {
    fn fresh() -> Box<Self> {
        Box::default()
    }
}

impl<const N: usize> Fresh for [Histogram; N] {
    fn fresh() -> Box<Self> {
        Box::new(std::array::from_fn(|_| Histogram::default()))
    }
}

#[inline(always)]
pub(super) fn observe(histogram: &Histogram, seconds: f64) {
    // SAFETY: a value is above eleven bounds at most.
    add(unsafe { histogram.buckets.get_unchecked(bucket(seconds)) }, 1);
    // SAFETY: times of requests are finite, and far below what an integer holds.
    add(&histogram.nanoseconds, unsafe { (seconds * 1e9).to_int_unchecked::<i64>() } as u64);
}

/// The bounds, and `+Inf`.
const WITH_INFINITY: [f64; 12] = {
    let mut all = [f64::INFINITY; 12];
    let mut i = 0;
    while i < BOUNDS.len() {
        all[i] = BOUNDS[i];
        i += 1;
    }
    all
};

/// How many bounds a value is above: each true lane of a compare is minus one.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn bucket(value: f64) -> usize {
    use std::arch::x86_64::{
        _mm_add_epi64, _mm_castpd_si128, _mm_cmplt_pd, _mm_cvtsi128_si64, _mm_loadu_pd,
        _mm_set1_pd, _mm_unpackhi_epi64,
    };
    static BOUNDS: [f64; 12] = WITH_INFINITY;
    // SAFETY: SSE2 is part of the architecture, and all twelve bounds are loaded.
    let above = unsafe {
        let value = _mm_set1_pd(value);
        let pair =
            |i: usize| _mm_castpd_si128(_mm_cmplt_pd(_mm_loadu_pd(BOUNDS.as_ptr().add(i)), value));
        let all = _mm_add_epi64(
            _mm_add_epi64(_mm_add_epi64(pair(0), pair(2)), _mm_add_epi64(pair(4), pair(6))),
            _mm_add_epi64(pair(8), pair(10)),
        );
        _mm_cvtsi128_si64(_mm_add_epi64(all, _mm_unpackhi_epi64(all, all)))
    };
    above.unsigned_abs() as usize
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn bucket(value: f64) -> usize {
    use std::arch::aarch64::{vaddq_u64, vaddvq_u64, vcgtq_f64, vdupq_n_f64, vld1q_f64};
    static BOUNDS: [f64; 12] = WITH_INFINITY;
    // SAFETY: NEON is part of the architecture, and all twelve bounds are loaded.
    let above = unsafe {
        let value = vdupq_n_f64(value);
        let pair = |i: usize| vcgtq_f64(value, vld1q_f64(BOUNDS.as_ptr().add(i)));
        let all = vaddq_u64(
            vaddq_u64(vaddq_u64(pair(0), pair(2)), vaddq_u64(pair(4), pair(6))),
            vaddq_u64(pair(8), pair(10)),
        );
        vaddvq_u64(all) as i64
    };
    above.unsigned_abs() as usize
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline(always)]
fn bucket(value: f64) -> usize {
    WITH_INFINITY.iter().map(|bound| usize::from(value > *bound)).sum()
}
