//! Counters: sums that only grow.
//!
//! Invariant: a counter never goes down, and never becomes infinite or NaN by one update.

use super::{Amount, Increase, Metric, Refused, Slots, number::only};

/// The metric type `counter`, of `u64` or `f64`.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Counter<N>(N);

impl<N: Amount> Metric for Counter<N> {
    type Reading = N;

    fn reading(slots: &[u64]) -> N {
        N::from_bits(only(slots))
    }
}

impl<N: Amount> Increase for Counter<N> {
    type Amount = N;

    #[inline]
    fn increase(slots: &impl Slots, amount: N) -> Result<(), Refused> {
        if amount.can_grow() { amount.add_to(slots) } else { Err(Refused) }
    }
}
