//! The metric types: what they keep in their cells, and which updates they have.
//!
//! One trait per update, implemented once per type that has it; the handle (`child.rs`) is generic
//! over them. Not here: where the cells are (`storage/`) and which series they belong to (`family.rs`).
//! Invariant: an update either changes a number as documented or changes nothing and is refused.

mod bounds;
mod counter;
mod exemplar;
mod gauge;
mod histogram;
mod info;
mod native;
mod number;

pub use bounds::ends_in_nanoseconds;
pub(crate) use bounds::seconds;
pub use counter::Counter;
pub(crate) use exemplar::{exemplar, exemplars};
pub use gauge::{Gauge, HeldGauge, UpDown};
pub(crate) use histogram::Plan;
pub use histogram::{Histogram, HistogramReading, Observation};
pub use info::Info;
pub use number::Amount;

use crate::{
    desc::{Descriptor, MetricType, NumberType},
    sample::{Number, Value},
    storage::{cells::Cells, shape::Layout, shared::SharedCell, update::Home},
};

/// The cells of one series, as updates see them.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait Slots {
    /// What a cell holds.
    fn get(&self, cell: u32) -> u64;
    /// Sets a cell that can be set, or that only this thread writes to.
    fn put(&self, cell: u32, bits: u64);
    /// Adds to an integer cell.
    fn add(&self, cell: u32, n: u64);
    /// Adds to a float cell.
    fn add_f64(&self, cell: u32, x: f64);
    /// Adds one to a counter that may not be there yet.
    fn count(&self, counter: u32) -> Result<(), NotCounted>;
}

impl<F: Home> Slots for Cells<F> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn get(&self, cell: u32) -> u64 {
        Cells::get(self, cell)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn put(&self, cell: u32, bits: u64) {
        Cells::put(self, cell, bits);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add(&self, cell: u32, n: u64) {
        self.put(cell, self.get(cell).wrapping_add(n));
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add_f64(&self, cell: u32, x: f64) {
        self.put(cell, (f64::from_bits(self.get(cell)) + x).to_bits());
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn count(&self, counter: u32) -> Result<(), NotCounted> {
        Cells::count(self, counter).ok_or(NotCounted::Lost)
    }
}

/// The one cell of a series that can be set.
impl Slots for SharedCell<'_> {
    fn get(&self, _: u32) -> u64 {
        SharedCell::get(*self)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn put(&self, _: u32, bits: u64) {
        SharedCell::set(*self, bits);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add(&self, _: u32, n: u64) {
        SharedCell::add(*self, n);
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn add_f64(&self, _: u32, x: f64) {
        SharedCell::add_f64(*self, x);
    }

    fn count(&self, _: u32) -> Result<(), NotCounted> {
        Err(NotCounted::Lost)
    }
}

/// Why an update changed nothing.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCounted {
    /// Its value would have spoilt the number.
    Refused,
    /// There was no memory for it.
    Lost,
}

/// A metric type, as a type: what `metrics!` names in a family's declaration.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait Metric {
    /// What `get` returns.
    type Reading;
    /// The reading of a child of a family with these cells.
    fn reading(descriptor: &Descriptor, cells: &[u64]) -> Self::Reading;
}

/// Metric types with `inc` and `inc_by`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "only counters and gauges have `inc` and `inc_by`",
    label = "the metric of this handle is of another type",
    note = "a histogram takes `observe`; an info takes nothing"
)]
pub trait Increase: Metric {
    type Amount: Amount;
    fn increase(slots: &impl Slots, amount: Self::Amount) -> Result<(), NotCounted>;
}

/// Metric types with `dec` and `dec_by`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "only gauges have `dec` and `dec_by`",
    label = "the metric of this handle is of another type",
    note = "a counter only grows: write `inc` or `inc_by`, or declare a gauge"
)]
pub trait Decrease: Increase {
    fn decrease(slots: &impl Slots, amount: Self::Amount) -> Result<(), NotCounted>;
}

/// Metric types with `set`.
///
/// The trait's method has another name, because rustc would suggest it for metrics without `set`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "only gauges have `set`, and those with `#[updown]` have not",
    label = "the metric of this handle is of another type",
    note = "a counter only grows: write `inc` or `inc_by`, or declare a gauge"
)]
pub trait Set: Increase {
    fn put(slots: &impl Slots, value: Self::Amount);
}

/// Metric types whose numbers move by themselves: by `inc`, `dec` or `set`, without a guard.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this gauge is `#[held]`: it only goes up by `hold()`",
    label = "call `hold()`, and keep its guard as long as what it counts",
    note = "a guard takes the gauge down when it is dropped; without `#[held]` there are `inc`, `dec` and `set` too"
)]
pub trait Free {}

/// Metric types with `hold` and `hold_by`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "only gauges have `hold` and `hold_by`",
    label = "the metric of this handle is of another type",
    note = "a counter only grows: write `inc` or `inc_by`, or declare a gauge"
)]
pub trait Hold: Metric {
    type Amount: Amount;
    /// The type that moves its cells.
    type Cells: Increase<Amount = Self::Amount> + Decrease;

    #[inline]
    fn raise(slots: &impl Slots, amount: Self::Amount) -> Result<(), NotCounted> {
        Self::Cells::increase(slots, amount)
    }

    #[inline]
    fn lower(slots: &impl Slots, amount: Self::Amount) -> Result<(), NotCounted> {
        Self::Cells::decrease(slots, amount)
    }
}

/// Metric types with `observe`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "only histograms have `observe`",
    label = "the metric of this handle is of another type",
    note = "a counter takes `inc` or `inc_by`, a gauge takes `set` as well"
)]
pub trait Observe: Metric {}

/// A child's only cell.
const ONLY: u32 = 0;

/// What a child of a family keeps in its cells.
pub(crate) const fn layout(descriptor: &Descriptor) -> Layout {
    let (integers, floats) = match (descriptor.metric_type, descriptor.number) {
        (MetricType::Histogram, _) => return histogram::layout(descriptor),
        (MetricType::Info, _) => (0, 0),
        (_, NumberType::Integer) => (1, 0),
        (_, NumberType::Float) => (0, 1),
    };
    if descriptor.updown {
        // What went down, and what went up.
        return Layout { integers: 2 * integers, floats: 2 * floats, paired: true, leaves: 0 };
    }
    Layout { integers, floats, ..Layout::NONE }
}

/// Whether a family's cells are shared by all threads, since they can be set.
pub(crate) const fn is_shared(descriptor: &Descriptor) -> bool {
    matches!(descriptor.metric_type, MetricType::Gauge) && !descriptor.updown
}

/// Whether a child's value grows from zero, so that it matters when it was there.
pub(crate) const fn has_start(descriptor: &Descriptor) -> bool {
    matches!(descriptor.metric_type, MetricType::Counter | MetricType::Histogram)
}

/// The value of a child with these cells.
#[inline]
pub(crate) fn value<'a>(descriptor: &Descriptor, cells: &'a [u64]) -> Value<'a> {
    Value::Number(match (descriptor.metric_type, descriptor.number) {
        (MetricType::Histogram, _) => {
            return histogram::value(descriptor, cells);
        }
        (MetricType::Info, _) => Number::Unsigned(1),
        (MetricType::Gauge, NumberType::Integer) => Number::Signed(number::net(cells)),
        (_, NumberType::Integer) => Number::Unsigned(number::net(cells)),
        (_, NumberType::Float) => Number::Float(number::net(cells)),
    })
}
