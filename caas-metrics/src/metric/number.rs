//! The numbers that counters and gauges are made of: `u64`, `i64`, `f64`.
//!
//! Not here: which updates a metric type has. Invariant: a float that is added is finite.

use super::{NotCounted, Slots};

/// A number that a counter or gauge can hold.
///
/// Implemented for `u64` (counters), `i64` (gauges) and `f64` (both). Integers wrap at 2^64: a
/// counter then goes on from zero, which Prometheus takes for a restart.
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

    /// The number with these bits, which a cell holds.
    #[doc(hidden)]
    fn from_bits(bits: u64) -> Self;

    /// The bits of the number in a cell.
    #[doc(hidden)]
    fn to_bits(self) -> u64;

    /// The number with the other sign; wraps for integers.
    #[doc(hidden)]
    #[must_use]
    fn negated(self) -> Self;

    /// The number as a float.
    #[doc(hidden)]
    fn as_f64(self) -> f64;

    /// Whether it is zero or above.
    #[doc(hidden)]
    fn is_up(self) -> bool;

    /// The difference of two numbers.
    #[doc(hidden)]
    #[must_use]
    fn minus(self, other: Self) -> Self;

    /// Adds the number to a cell; NaN and infinities are refused.
    #[doc(hidden)]
    fn add_to(self, slots: &impl Slots, cell: u32) -> Result<(), NotCounted>;
}

mod private {
    pub trait Sealed {}
    impl Sealed for u64 {}
    impl Sealed for i64 {}
    impl Sealed for f64 {}
}

macro_rules! integer {
    ($type:ty, $is_up:expr, $from_bits:expr, $to_bits:expr) => {
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
            fn as_f64(self) -> f64 {
                self as f64
            }

            #[inline]
            fn is_up(self) -> bool {
                $is_up(self)
            }

            #[inline]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline]
            fn add_to(self, slots: &impl Slots, cell: u32) -> Result<(), NotCounted> {
                slots.add(cell, $to_bits(self));
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
    fn as_f64(self) -> f64 {
        self
    }

    #[inline]
    fn is_up(self) -> bool {
        self >= 0.0
    }

    #[inline]
    fn minus(self, other: Self) -> Self {
        self - other
    }

    #[inline]
    fn add_to(self, slots: &impl Slots, cell: u32) -> Result<(), NotCounted> {
        if !self.is_finite() {
            return Err(NotCounted::Refused);
        }
        slots.add_f64(cell, self);
        Ok(())
    }
}

/// The value of a child: its only cell, or what went up less what went down.
pub(super) fn net<N: Amount>(cells: &[u64]) -> N {
    match *cells {
        [down, up] => N::from_bits(up).minus(N::from_bits(down)),
        [only] => N::from_bits(only),
        _ => N::from_bits(0),
    }
}
