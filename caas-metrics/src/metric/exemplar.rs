//! Which exemplar of a series a value belongs to.
//!
//! Not here: where it is kept (`storage/exemplars.rs`). Invariant: values of one bucket share one
//! exemplar; a series has few, however many buckets it has.

use super::bounds;
use crate::desc::{Descriptor, MetricType};

/// How many exemplars a histogram has that has no buckets but native ones.
const NATIVE: u32 = 16;

/// How many exemplars a series of a family can have.
pub(crate) const fn exemplars(descriptor: &Descriptor) -> u32 {
    match descriptor.metric_type {
        MetricType::Histogram if is_native_only(descriptor) => NATIVE,
        MetricType::Histogram => descriptor.buckets.len() as u32 + 1,
        _ => 1,
    }
}

/// The place of a value's exemplar among them: that of its bucket. Without buckets, values of one power of
/// two share a place; so do those that are 16 powers apart.
#[inline]
pub(crate) fn exemplar(descriptor: &Descriptor, value: f64) -> u32 {
    match descriptor.metric_type {
        MetricType::Histogram if is_native_only(descriptor) => {
            let exponent = value.abs().to_bits() >> (f64::MANTISSA_DIGITS - 1);
            exponent as u32 % NATIVE
        }
        MetricType::Histogram => bounds::below(descriptor.buckets, value),
        _ => 0,
    }
}

const fn is_native_only(descriptor: &Descriptor) -> bool {
    descriptor.native.is_some() && descriptor.buckets.is_empty()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::desc::Native;

    #[test]
    fn each_bucket_has_a_place_of_its_own() {
        let histogram = Descriptor::new(MetricType::Histogram, "a", "A.");
        let classic = histogram.with_buckets(&[0.5, 1.0]);
        assert_eq!(exemplars(&classic), 3);
        assert_eq!([0.5, 0.6, 1.1, -1.0].map(|value| exemplar(&classic, value)), [0, 1, 2, 0]);
        let counter = Descriptor::new(MetricType::Counter, "a_total", "A.");
        assert_eq!((exemplars(&counter), exemplar(&counter, 17.0)), (1, 0));
    }

    #[test]
    fn without_buckets_powers_of_two_have_places() {
        let native =
            Descriptor::new(MetricType::Histogram, "a", "A.").with_native(Native::default());
        let place = |value| exemplar(&native, value);
        assert_eq!(place(1.0), place(1.9));
        assert_eq!((place(1.0) + 1) % NATIVE, place(2.0));
        for value in [0.0, -0.0, f64::MIN_POSITIVE, 1e300, -1e300] {
            assert!(place(value) < exemplars(&native), "{value}");
        }
    }
}
