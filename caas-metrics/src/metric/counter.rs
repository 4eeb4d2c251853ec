//! Counters: sums that only grow.
//!
//! Invariant: a counter never goes down, and never becomes infinite or NaN by one update.

use super::{Amount, Increase, Metric, NotCounted, ONLY, Slots, number::net};
use crate::desc::Descriptor;

/// The metric type `counter`, of `u64` or `f64`.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Counter<N>(N);

impl<N: Amount> Metric for Counter<N> {
    type Reading = N;

    fn reading(_: &Descriptor, cells: &[u64]) -> N {
        net(cells)
    }
}

impl<N: Amount> Increase for Counter<N> {
    type Amount = N;

    #[inline]
    fn increase(slots: &impl Slots, amount: N) -> Result<(), NotCounted> {
        if amount.is_up() { amount.add_to(slots, ONLY) } else { Err(NotCounted::Refused) }
    }
}
