//! Gauges: values that go up and down. Those with `#[updown]` cannot be set; those with `#[held]` only go
//! up by a guard that takes them down again.
//!
//! Invariant: a gauge that cannot be set keeps what went up and what went down apart. So a reader never
//! sees a move without those that came before it.

use super::{
    Amount, Decrease, Free, Hold, Increase, Metric, NotCounted, ONLY, Set, Slots, number::net,
};
use crate::desc::Descriptor;

/// The metric type `gauge`, of `i64` or `f64`: one shared atomic a child.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Gauge<N>(N);

/// The metric type `gauge` with `#[updown]`: cells of each thread, no `set`.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct UpDown<N>(N);

/// The metric type `gauge` with `#[held]`: cells like those of [`UpDown`], and `hold` only.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct HeldGauge<N>(N);

impl<N: Amount> Metric for Gauge<N> {
    type Reading = N;

    fn reading(_: &Descriptor, cells: &[u64]) -> N {
        net(cells)
    }
}

impl<N: Amount> Increase for Gauge<N> {
    type Amount = N;

    #[inline]
    fn increase(slots: &impl Slots, amount: N) -> Result<(), NotCounted> {
        amount.add_to(slots, ONLY)
    }
}

impl<N: Amount> Decrease for Gauge<N> {
    #[inline]
    fn decrease(slots: &impl Slots, amount: N) -> Result<(), NotCounted> {
        amount.negated().add_to(slots, ONLY)
    }
}

impl<N: Amount> Set for Gauge<N> {
    #[inline]
    fn put(slots: &impl Slots, value: N) {
        slots.put(ONLY, value.to_bits());
    }
}

/// The cells of what went down and what went up.
const DOWN: u32 = 0;
const UP: u32 = 1;

impl<N: Amount> Metric for UpDown<N> {
    type Reading = N;

    fn reading(_: &Descriptor, cells: &[u64]) -> N {
        net(cells)
    }
}

impl<N: Amount> Increase for UpDown<N> {
    type Amount = N;

    #[inline]
    fn increase(slots: &impl Slots, amount: N) -> Result<(), NotCounted> {
        let (cell, amount) = if amount.is_up() { (UP, amount) } else { (DOWN, amount.negated()) };
        amount.add_to(slots, cell)
    }
}

impl<N: Amount> Decrease for UpDown<N> {
    #[inline]
    fn decrease(slots: &impl Slots, amount: N) -> Result<(), NotCounted> {
        let (cell, amount) = if amount.is_up() { (DOWN, amount) } else { (UP, amount.negated()) };
        amount.add_to(slots, cell)
    }
}

impl<N: Amount> Metric for HeldGauge<N> {
    type Reading = N;

    fn reading(_: &Descriptor, cells: &[u64]) -> N {
        net(cells)
    }
}

impl<N> Free for Gauge<N> {}
impl<N> Free for UpDown<N> {}

/// A held gauge is not [`Free`], so rustc says why it has no `inc`. The bound is on a tuple, because rustc reports
/// only the first of two traits that one type lacks.
impl<N: Amount> Increase for HeldGauge<N>
where
    (Self,): Free,
{
    type Amount = N;

    fn increase(_: &impl Slots, _: N) -> Result<(), NotCounted> {
        Err(NotCounted::Refused)
    }
}

impl<N: Amount> Decrease for HeldGauge<N>
where
    (Self,): Free,
{
    fn decrease(_: &impl Slots, _: N) -> Result<(), NotCounted> {
        Err(NotCounted::Refused)
    }
}

impl<N: Amount> Set for HeldGauge<N>
where
    (Self,): Free,
{
    fn put(_: &impl Slots, _: N) {}
}

impl<N: Amount> Hold for Gauge<N> {
    type Amount = N;
    type Cells = Self;
}

impl<N: Amount> Hold for UpDown<N> {
    type Amount = N;
    type Cells = Self;
}

impl<N: Amount> Hold for HeldGauge<N> {
    type Amount = N;
    type Cells = UpDown<N>;
}
