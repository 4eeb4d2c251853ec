//! The numbers that counters and gauges are made of: `u64`, `i64`, `f64`.
//!
//! Not here: which updates a metric type has. Invariant: a float that is added is finite.

use super::{ONLY, Refused, Slots};

/// A number that a counter or gauge can hold.
///
/// Implemented for `u64` (counters), `i64` (gauges) and `f64` (both).
///
/// ```
/// use caas_metrics::Amount;
///
/// assert_eq!(u64::ONE, 1);
/// assert_eq!(f64::ONE, 1.0);
/// ```
pub trait Amount: Copy + private::Sealed {
    /// What `inc` adds.
    const ONE: Self;

    /// The number that a slot's bits are.
    #[doc(hidden)]
    fn from_bits(bits: u64) -> Self;

    /// The bits of the number in a slot.
    #[doc(hidden)]
    fn to_bits(self) -> u64;

    /// The number with the other sign; wraps for integers.
    #[doc(hidden)]
    #[must_use]
    fn negated(self) -> Self;

    /// Whether a counter may grow by it: finite and not below zero.
    #[doc(hidden)]
    fn can_grow(self) -> bool;

    /// Adds it to a child's only slot.
    #[doc(hidden)]
    fn add_to(self, slots: &impl Slots) -> Result<(), Refused>;
}

mod private {
    pub trait Sealed {}
    impl Sealed for u64 {}
    impl Sealed for i64 {}
    impl Sealed for f64 {}
}

macro_rules! integer {
    ($type:ty, $can_grow:expr, $from_bits:expr, $to_bits:expr) => {
        impl Amount for $type {
            const ONE: Self = 1;

            #[inline]
            fn from_bits(bits: u64) -> Self {
                $from_bits(bits)
            }

            #[inline]
            fn to_bits(self) -> u64 {
                $to_bits(self)
            }

            #[inline]
            fn negated(self) -> Self {
                self.wrapping_neg()
            }

            #[inline]
            fn can_grow(self) -> bool {
                $can_grow(self)
            }

            #[inline]
            fn add_to(self, slots: &impl Slots) -> Result<(), Refused> {
                slots.add(ONLY, $to_bits(self));
                Ok(())
            }
        }
    };
}

integer!(u64, |_| true, |bits| bits, |n| n);
integer!(i64, |n| n >= 0, u64::cast_signed, i64::cast_unsigned);

impl Amount for f64 {
    const ONE: Self = 1.0;

    #[inline]
    fn from_bits(bits: u64) -> Self {
        Self::from_bits(bits)
    }

    #[inline]
    fn to_bits(self) -> u64 {
        self.to_bits()
    }

    #[inline]
    fn negated(self) -> Self {
        -self
    }

    #[inline]
    fn can_grow(self) -> bool {
        self >= 0.0 && self.is_finite()
    }

    #[inline]
    fn add_to(self, slots: &impl Slots) -> Result<(), Refused> {
        if !self.is_finite() {
            return Err(Refused);
        }
        slots.add_f64(ONLY, self);
        Ok(())
    }
}

/// The bits of a child's only slot.
pub(super) fn only(slots: &[u64]) -> u64 {
    slots.first().copied().unwrap_or(0)
}
