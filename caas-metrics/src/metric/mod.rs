//! The metric types: what they keep in their slots, and which updates they have.
//!
//! One trait per update, implemented once per type that has it; the handle (`child.rs`) is generic
//! over them. Not here: where the slots are (`storage/`) and whose they are (`family.rs`).
//! Invariant: an update either changes a number as documented or changes nothing and is refused.

mod counter;
mod gauge;
mod histogram;
mod info;
mod number;

pub use counter::Counter;
pub use gauge::{Gauge, UpDown};
pub use histogram::{Histogram, HistogramReading, Observation};
pub use info::Info;
pub use number::Amount;

use crate::{
    desc::{Descriptor, MetricType, NumberType},
    sample::{Number, Value},
    storage::cells::{Layout, Mode},
};

/// The slots of one child, as updates see them.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait Slots {
    /// Adds to the integer slot at a distance from the child's first one.
    fn add(&self, slot: u32, n: u64);
    /// Adds to a float slot.
    fn add_f64(&self, slot: u32, x: f64);
    /// Sets a slot of a metric that can be set.
    fn set(&self, slot: u32, bits: u64);
}

/// An update that was refused because its value would have spoilt the number: it changed nothing.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// A metric type, as a type: what `metrics!` names in a family's declaration.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait Metric {
    /// What `get` returns.
    type Reading;
    /// The reading of a child with these slots.
    fn reading(slots: &[u64]) -> Self::Reading;
}

/// Metric types with `inc` and `inc_by`.
#[doc(hidden)]
pub trait Increase: Metric {
    type Amount: Amount;
    fn increase(slots: &impl Slots, amount: Self::Amount) -> Result<(), Refused>;
}

/// Metric types with `dec` and `dec_by`.
#[doc(hidden)]
pub trait Decrease: Increase {
    fn decrease(slots: &impl Slots, amount: Self::Amount) -> Result<(), Refused>;
}

/// Metric types with `set`.
#[doc(hidden)]
pub trait Set: Increase {
    fn set(slots: &impl Slots, value: Self::Amount);
}

/// The distance of a child's only slot.
const ONLY: u32 = 0;

/// What a child of a family keeps in its slots.
pub(crate) const fn layout(descriptor: &Descriptor) -> Layout {
    match (descriptor.metric_type, descriptor.number) {
        // The buckets with +Inf and the sum of durations, then the sum of floats.
        (MetricType::Histogram, _) => {
            Layout { integers: descriptor.buckets.len() as u32 + 2, floats: 1 }
        }
        (MetricType::Info, _) => Layout { integers: 0, floats: 0 },
        (_, NumberType::Integer) => Layout { integers: 1, floats: 0 },
        (_, NumberType::Float) => Layout { integers: 0, floats: 1 },
    }
}

/// Whether a family's slots are per thread, given how many children it may have.
pub(crate) const fn mode(descriptor: &Descriptor, children: u64) -> Mode {
    let set = matches!(descriptor.metric_type, MetricType::Gauge) && !descriptor.updown;
    if set || children * layout(descriptor).slots() as u64 > MOST_PER_THREAD {
        Mode::Shared
    } else {
        Mode::PerThread
    }
}

/// The most slots that a family may have in each thread's slab.
const MOST_PER_THREAD: u64 = 65_536;

/// The value of a child with these slots.
pub(crate) fn value<'a>(descriptor: &Descriptor, slots: &'a [u64]) -> Value<'a> {
    match (descriptor.metric_type, descriptor.number) {
        (MetricType::Histogram, _) => {
            let (buckets, sum) = histogram::split(slots);
            Value::Histogram { buckets, sum }
        }
        (MetricType::Info, _) => Value::Number(Number::Unsigned(1)),
        (MetricType::Gauge, NumberType::Integer) => {
            Value::Number(Number::Signed(number::only(slots).cast_signed()))
        }
        (_, NumberType::Integer) => Value::Number(Number::Unsigned(number::only(slots))),
        (_, NumberType::Float) => Value::Number(Number::Float(f64::from_bits(number::only(slots)))),
    }
}
