//! Which buckets a native histogram has, from what its declaration says.
//!
//! Not here: how an observation finds its bucket, which only the run time needs.
//! Invariant: bounds of the range are bounds of buckets, so that the zero bucket overlaps no other.
//!
//! Source: <https://prometheus.io/docs/specs/native_histograms/>

/// The buckets of a native histogram: bucket `i` counts values in `(base^(i-1), base^i]`, where `base`
/// is 2 to the power of 2^-[`schema`](Self::schema).
///
/// ```
/// # use caas_metrics_model::Native;
/// let native = Native::new().with_schema(3).with_range(0.001, 1.0);
/// assert_eq!(native.zero_threshold(), 1.0 / 1024.0);
/// assert_eq!(native.len(), 80); // ten doublings, eight buckets each
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Native {
    /// The resolution, from -4 to 8. At 3 there are eight buckets a doubling, and a quantile is off by at
    /// most 4.4 %; each step doubles or halves their number.
    pub schema: i8,
    /// What is at most as far from zero as this, or as the next bound below it, is in the zero bucket.
    pub from: f64,
    /// What is farther from zero than this, or than the next bound above it, is in the last bucket.
    pub to: f64,
    /// The most buckets of a series on a page. If more are in use, neighbours are merged.
    pub max_buckets: u32,
}

impl Native {
    /// The coarsest and the finest resolution.
    pub const SCHEMAS: core::ops::RangeInclusive<i8> = -4..=8;

    /// The most buckets that a range may have, on either side of zero.
    pub const MOST_BUCKETS: u32 = 4096;

    /// Schema 3 from 1e-6 to 1e5, on a page at most 160 buckets: what `#[native]` declares. In seconds,
    /// that is from a microsecond to a day.
    #[must_use]
    pub const fn new() -> Self {
        Self { schema: 3, from: 1e-6, to: 1e5, max_buckets: 160 }
    }

    /// The same with another resolution.
    #[must_use]
    pub const fn with_schema(self, schema: i8) -> Self {
        Self { schema, ..self }
    }

    /// The same with another range.
    #[must_use]
    pub const fn with_range(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// The same with another number of buckets on a page.
    #[must_use]
    pub const fn with_max_buckets(self, max_buckets: u32) -> Self {
        Self { max_buckets, ..self }
    }

    /// Why there can be no such histogram, if there can't.
    #[must_use]
    pub const fn fault(&self) -> Option<&'static str> {
        if self.schema < *Self::SCHEMAS.start() || self.schema > *Self::SCHEMAS.end() {
            return Some("the schema of a native histogram is a number from -4 to 8");
        }
        let is_number = self.from >= f64::MIN_POSITIVE && self.to <= f64::MAX;
        if !is_number || self.from >= self.to {
            return Some("the range of a native histogram begins above 0 and ends above its begin");
        }
        if self.len() > Self::MOST_BUCKETS {
            return Some("the range has more than 4096 buckets: narrow it, or lower the schema");
        }
        if self.max_buckets == 0 {
            return Some("a native histogram has at least one bucket on a page");
        }
        None
    }

    /// Bits of the number of buckets a doubling, or of doublings a bucket.
    const fn bits(&self) -> u32 {
        self.schema.unsigned_abs() as u32
    }

    /// Both ends of the range as numbers of buckets: the first is the last that is not in the range.
    const fn ends(&self) -> (i32, i32) {
        let (from, to) = (floor_log2(self.from), ceil_log2(self.to));
        if self.schema >= 0 {
            return (from << self.bits(), to << self.bits());
        }
        // A shift rounds down.
        (from >> self.bits(), -(-to >> self.bits()))
    }

    /// The number of the first bucket of the range.
    #[must_use]
    pub const fn first(&self) -> i32 {
        self.ends().0 + 1
    }

    /// How many buckets the range has on either side of zero.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "it is never empty")]
    pub const fn len(&self) -> u32 {
        let (from, to) = self.ends();
        to.abs_diff(from)
    }

    /// Values at most as far from zero as this are in the zero bucket: the largest bound of a bucket
    /// that is not above [`from`](Self::from).
    #[must_use]
    pub const fn zero_threshold(&self) -> f64 {
        let (from, _) = self.ends();
        power_of_two(if self.schema >= 0 { from >> self.bits() } else { from << self.bits() })
    }
}

impl Default for Native {
    fn default() -> Self {
        Self::new()
    }
}

const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
const BIAS: i32 = f64::MAX_EXP - 1;

/// The exponent of the largest power of two that is not above a normal number.
const fn floor_log2(number: f64) -> i32 {
    (number.to_bits() >> MANTISSA_BITS) as i32 - BIAS
}

/// The exponent of the least power of two that is not below a normal number.
const fn ceil_log2(number: f64) -> i32 {
    let has_fraction = number.to_bits() & ((1 << MANTISSA_BITS) - 1) != 0;
    floor_log2(number) + has_fraction as i32
}

/// A power of two, down to the least subnormal.
const fn power_of_two(exponent: i32) -> f64 {
    let biased = exponent + BIAS;
    if biased > 0 {
        return f64::from_bits((biased.unsigned_abs() as u64) << MANTISSA_BITS);
    }
    let below = biased.unsigned_abs() + 1;
    f64::from_bits(if below > MANTISSA_BITS { 1 } else { (1 << MANTISSA_BITS) >> below })
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "powers of two are exact")]
mod tests {
    use super::*;

    #[test]
    fn the_range_ends_at_bounds() {
        let native = Native::new();
        assert_eq!(native.zero_threshold(), 2_f64.powi(-20));
        assert_eq!((native.first(), native.len()), (-20 * 8 + 1, 37 * 8));
        // At schema -2 a bucket is four doublings wide.
        let coarse = native.with_schema(-2);
        assert_eq!(coarse.zero_threshold(), 2_f64.powi(-20));
        assert_eq!((coarse.first(), coarse.len()), (-4, 10));
        let coarse = coarse.with_range(0.001, 1.0);
        assert_eq!(coarse.zero_threshold(), 2_f64.powi(-12));
        assert_eq!((coarse.first(), coarse.len()), (-2, 3));
        let exact = Native::new().with_schema(0).with_range(0.25, 4.0);
        assert_eq!((exact.zero_threshold(), exact.first(), exact.len()), (0.25, -1, 4));
    }

    #[test]
    fn the_least_normal_number_is_a_begin() {
        let native = Native::new().with_schema(-4).with_range(f64::MIN_POSITIVE, f64::MAX);
        assert_eq!(native.fault(), None);
        assert_eq!(native.zero_threshold(), f64::MIN_POSITIVE / 4.0);
        assert_eq!(native.len(), 128);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let native = Native::new();
        assert_eq!(native.fault(), None);
        for wrong in [
            native.with_schema(9),
            native.with_schema(-5),
            native.with_range(0.0, 1.0),
            native.with_range(-1.0, 1.0),
            native.with_range(1.0, 1.0),
            native.with_range(f64::NAN, 1.0),
            native.with_range(1.0, f64::INFINITY),
            native.with_range(1e-310, 1.0),
            native.with_schema(8),
            native.with_max_buckets(0),
        ] {
            assert!(wrong.fault().is_some(), "{wrong:?}");
        }
    }
}
