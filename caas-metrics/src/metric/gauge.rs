//! Gauges: values that go up and down, and those of them that are never set.
//!
//! Invariant: only a gauge that can be set has shared slots because of its type.

use super::{Amount, Decrease, Increase, Metric, ONLY, Refused, Set, Slots, number::only};

/// The metric type `gauge`, of `i64` or `f64`: one shared atomic a child.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Gauge<N>(N);

/// The metric type `gauge` with `#[updown]`: per-thread slots, no `set`.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct UpDown<N>(N);

macro_rules! up_and_down {
    ($type:ident) => {
        impl<N: Amount> Metric for $type<N> {
            type Reading = N;

            fn reading(slots: &[u64]) -> N {
                N::from_bits(only(slots))
            }
        }

        impl<N: Amount> Increase for $type<N> {
            type Amount = N;

            #[inline]
            fn increase(slots: &impl Slots, amount: N) -> Result<(), Refused> {
                amount.add_to(slots)
            }
        }

        impl<N: Amount> Decrease for $type<N> {
            #[inline]
            fn decrease(slots: &impl Slots, amount: N) -> Result<(), Refused> {
                amount.negated().add_to(slots)
            }
        }
    };
}

up_and_down!(Gauge);
up_and_down!(UpDown);

impl<N: Amount> Set for Gauge<N> {
    #[inline]
    fn set(slots: &impl Slots, value: N) {
        slots.set(ONLY, value.to_bits());
    }
}
