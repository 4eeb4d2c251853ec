//! Which bucket an observation is in.
//!
//! Not here: what is counted there. Invariant: upper bounds are inclusive, for durations as for
//! numbers: a duration is in the bucket of its seconds as a float.

use crate::storage::compare;

/// Up to this many bounds are compared one by one, or two at a time. Among more, the place is searched.
const FEW: usize = 32;

/// How many of some increasing bounds are below a number.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn below(bounds: &[f64], x: f64) -> u32 {
    if bounds.len() <= FEW {
        compare::below(bounds, x)
    } else {
        bounds.partition_point(|bound| *bound < x) as u32
    }
}

/// How many buckets a number of nanoseconds is above, by the first nanosecond above each.
///
/// It has branches on purpose: the calls of one function mostly fall into the same few buckets, so a
/// processor predicts them and continues before the clock has been read.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn below_nanoseconds(ends: &[u64], nanoseconds: u64) -> u32 {
    if ends.len() <= FEW {
        let below = ends.iter().position(|end| nanoseconds < *end);
        below.unwrap_or(ends.len()) as u32
    } else {
        ends.partition_point(|end| *end <= nanoseconds) as u32
    }
}

/// For each bound in seconds the first nanosecond that is above it.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[must_use]
pub const fn ends_in_nanoseconds<const N: usize>(bounds: &[f64]) -> [u64; N] {
    let mut ends = [0; N];
    let mut i = 0;
    while i < N && i < bounds.len() {
        ends[i] = end_in_nanoseconds(bounds[i]);
        i += 1;
    }
    ends
}

#[allow(clippy::cast_sign_loss, reason = "what is below zero becomes 0")]
const fn end_in_nanoseconds(bound: f64) -> u64 {
    // Casting a float that is too large or below zero gives the nearest integer.
    let mut end = (bound * NANOSECONDS) as u64;
    // The product is rounded, and so is the quotient in `seconds`. Both must agree.
    while end > 0 && seconds(end - 1) > bound {
        end -= 1;
    }
    while end < u64::MAX && seconds(end) <= bound {
        end += 1;
    }
    end
}

/// Nanoseconds as a float in seconds: one correctly rounded division, so 10 ms is what `0.01` is.
pub(crate) const fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / NANOSECONDS
}

const NANOSECONDS: f64 = 1e9;

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(bounds: &[f64], x: f64) -> u32 {
        bounds.iter().filter(|bound| **bound < x).count() as u32
    }

    proptest! {
        #[test]
        fn the_place_is_that_of_a_plain_scan(
            mut bounds in prop::collection::vec(-1e6..1e6, 0..80),
            x in prop::num::f64::NORMAL | prop::num::f64::ZERO,
        ) {
            bounds.sort_by(f64::total_cmp);
            for x in bounds.iter().copied().chain([x, x % 1e6]) {
                prop_assert_eq!(below(&bounds, x), scan(&bounds, x));
            }
        }

        #[test]
        fn durations_are_in_the_bucket_of_their_seconds(bound in -1.0..1e5, near in 0_u64..10) {
            let [end] = ends_in_nanoseconds::<1>(&[bound]);
            for nanoseconds in [end.saturating_sub(near), end, end + near] {
                prop_assert_eq!(nanoseconds < end, seconds(nanoseconds) <= bound, "{}", bound);
            }
        }
    }
}
