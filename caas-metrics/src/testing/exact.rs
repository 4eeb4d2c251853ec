//! Numbers as assertions compare them: integers exactly, floats as closely as sums are.
//!
//! Invariant: no integer of a metric loses a digit.

use std::fmt;

use crate::sample::Number;

/// A number, or the difference of two.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exact {
    Integer(i128),
    Float(f64),
}

/// By how much floats may differ that were added up in another order, relative to their size.
const CLOSE: f64 = 1e-9;

impl Exact {
    pub(super) const ZERO: Self = Self::Integer(0);

    fn as_f64(self) -> f64 {
        match self {
            Self::Integer(n) => n as f64,
            Self::Float(x) => x,
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => Self::Integer(a - b),
            (a, b) => Self::Float(a.as_f64() - b.as_f64()),
        }
    }

    /// Whether it is the other one, or close to it.
    pub(super) fn is(self, other: Self) -> bool {
        if let (Self::Integer(a), Self::Integer(b)) = (self, other) {
            return a == b;
        }
        let (a, b) = (self.as_f64(), other.as_f64());
        let difference = (a - b).abs();
        // The bits are compared too, since infinities have no difference that is a number.
        a.to_bits() == b.to_bits()
            || difference.is_finite() && difference <= CLOSE * a.abs().max(b.abs())
    }
}

impl From<Number> for Exact {
    fn from(number: Number) -> Self {
        match number {
            Number::Unsigned(n) => Self::Integer(n.into()),
            Number::Signed(n) => Self::Integer(n.into()),
            Number::Float(x) => Self::Float(x),
        }
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(n) => n.fmt(f),
            Self::Float(x) => x.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_compared_as_closely_as_sums_are() {
        let is = |a: f64, b: f64| Exact::Float(a).is(Exact::Float(b));
        assert!(is(0.1 + 0.2, 0.3) && is(f64::NAN, f64::NAN) && is(f64::INFINITY, f64::INFINITY));
        assert!(!is(0.3, 0.300_001) && !is(0.0, 1e-300) && !is(f64::INFINITY, 1.0));
        assert!(!is(f64::INFINITY, f64::NEG_INFINITY) && !is(f64::NAN, 1.0));
    }

    #[test]
    fn integers_are_compared_to_the_last_digit() {
        let [most, less] = [u64::MAX, u64::MAX - 1].map(|n| Exact::from(Number::from(n)));
        assert!(most.is(most) && !most.is(less));
        assert!(most.minus(less).is(Exact::Integer(1)));
        assert!(less.minus(most).is(Exact::Integer(-1)));
    }
}
