//! How many numbers lie below another one, by vector instructions.
//!
//! The compiler makes none of the plain form. Not here: what the numbers are. Invariant: the result is
//! that of the plain form.

/// How many of some numbers lie below another one, which is not NaN.
///
/// All compares are made, two at a time: the number can be anywhere, so a processor would guess wrong.
#[cfg(target_arch = "x86_64")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn below(numbers: &[f64], x: f64) -> u32 {
    use std::arch::x86_64::{
        _mm_castpd_si128, _mm_cmplt_pd, _mm_cvtsi128_si64, _mm_set_pd, _mm_set1_pd,
        _mm_setzero_si128, _mm_sub_epi64, _mm_unpackhi_epi64,
    };

    // SAFETY: each processor of this architecture has these instructions.
    unsafe {
        let (x, mut counts) = (_mm_set1_pd(x), _mm_setzero_si128());
        for pair in numbers.chunks(2) {
            // No number is above infinity.
            let high = if let [_, high] = pair { *high } else { f64::INFINITY };
            // A lane of a compare is -1 where the number is below.
            let are_below = _mm_cmplt_pd(_mm_set_pd(high, pair[0]), x);
            counts = _mm_sub_epi64(counts, _mm_castpd_si128(are_below));
        }
        let high = _mm_unpackhi_epi64(counts, counts);
        (_mm_cvtsi128_si64(counts) + _mm_cvtsi128_si64(high)).cast_unsigned() as u32
    }
}

/// The same for another architecture.
#[cfg(target_arch = "aarch64")]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn below(numbers: &[f64], x: f64) -> u32 {
    use std::arch::aarch64::{
        vaddvq_u64, vcltq_f64, vdupq_n_f64, vdupq_n_u64, vsetq_lane_f64, vsubq_u64,
    };

    // SAFETY: each processor of this architecture has these instructions.
    unsafe {
        let (x, mut counts) = (vdupq_n_f64(x), vdupq_n_u64(0));
        for pair in numbers.chunks(2) {
            let high = if let [_, high] = pair { *high } else { f64::INFINITY };
            let pair = vsetq_lane_f64::<1>(high, vdupq_n_f64(pair[0]));
            counts = vsubq_u64(counts, vcltq_f64(pair, x));
        }
        vaddvq_u64(counts) as u32
    }
}

/// The plain form.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn below(numbers: &[f64], x: f64) -> u32 {
    numbers.iter().map(|number| u32::from(*number < x)).sum()
}
