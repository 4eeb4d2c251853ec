use proptest::prelude::*;

use super::*;

/// An integer of any size, its low digits first.
#[derive(Clone, PartialEq, Eq)]
struct Large(Vec<u32>);

impl Large {
    fn new(n: u64) -> Self {
        Self(vec![n as u32, (n >> 32) as u32]).trimmed()
    }

    fn power_of_two(exponent: usize) -> Self {
        let mut digits = vec![0; exponent / 32];
        digits.push(1 << (exponent % 32));
        Self(digits)
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    fn squared(&self) -> Self {
        let mut digits = vec![0_u32; 2 * self.0.len()];
        for (i, a) in self.0.iter().enumerate() {
            let mut carry = 0_u64;
            for (j, b) in self.0.iter().enumerate() {
                let sum = u64::from(*a) * u64::from(*b) + u64::from(digits[i + j]) + carry;
                digits[i + j] = sum as u32;
                carry = sum >> 32;
            }
            digits[i + self.0.len()] = carry as u32;
        }
        Self(digits).trimmed()
    }

    fn is_at_most(&self, other: &Self) -> bool {
        let (this, other) = (&self.0, &other.0);
        this.len().cmp(&other.len()).then_with(|| this.iter().rev().cmp(other.iter().rev())).is_le()
    }
}

/// Whether a number with this significand, an integer of 53 bits, is at most 2^(i/256) from the power of
/// two below it. Both sides are raised to the power of 256.
fn is_within(significand: u64, i: usize) -> bool {
    let raised = (0..8).fold(Large::new(significand), |power, _| power.squared());
    raised.is_at_most(&Large::power_of_two(256 * MANTISSA_BITS as usize + i))
}

#[test]
fn bounds_are_exact() {
    for (i, bound) in BOUNDS.iter().enumerate() {
        let significand = (1 << MANTISSA_BITS) + bound;
        assert!(is_within(significand, i), "{i}: the bound is too high");
        assert!(!is_within(significand + 1, i), "{i}: the bound is too low");
    }
}

#[test]
fn at_most_one_bound_is_in_a_part() {
    for schema in 1..=8 {
        let parts = parts_of(schema);
        for (part, pair) in parts.windows(2).enumerate() {
            assert!(pair[1].0 - pair[0].0 <= 1, "schema {schema}, part {part}");
        }
    }
}

fn bucket(schema: i8, number: f64) -> i32 {
    Range::of(&Native::new().with_schema(schema), 0).bucket(number.to_bits())
}

fn counter(native: &Native, below: u32, number: f64) -> Option<u32> {
    Range::of(native, below).counter(number)
}

/// The bucket by the definition: the least `i` with a number of at most base^i.
fn exact_bucket(schema: i8, number: f64) -> i32 {
    let exponent = (number.to_bits() >> MANTISSA_BITS) as i32 - BIAS;
    let significand = number.to_bits() & ((1 << MANTISSA_BITS) - 1) | 1 << MANTISSA_BITS;
    // The least i with a number of at most 2^(i/256), then the least multiple of the bucket's width.
    let all: Vec<usize> = (0..=256).collect();
    let within = all.partition_point(|i| !is_within(significand, *i));
    let finest = exponent * 256 + i32::try_from(within).unwrap();
    let width = 1 << (8 - schema);
    finest.div_euclid(width) + i32::from(finest.rem_euclid(width) > 0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn buckets_are_those_of_the_definition(
        number in prop::num::f64::POSITIVE | prop::num::f64::NORMAL, schema in -4_i8..=8
    ) {
        prop_assert_eq!(bucket(schema, number), exact_bucket(schema, number));
    }

    #[test]
    fn a_bound_is_in_the_bucket_that_it_ends(
        i in 0_usize..256, exponent in -1000_i32..1000, off in -1_i64..=1, schema in -4_i8..=8
    ) {
        let exponent = u64::try_from(exponent + BIAS).unwrap();
        let bits = exponent << MANTISSA_BITS | BOUNDS[i];
        let number = f64::from_bits(bits.checked_add_signed(off).unwrap());
        prop_assert_eq!(bucket(schema, number), exact_bucket(schema, number));
    }

    #[test]
    fn zero_is_in_no_bucket(
        subnormal in 0_u64..1 << MANTISSA_BITS, schema in -4_i8..=8, from in -1022_i32..-900
    ) {
        let range = (2_f64.powi(from), 2_f64.powi(from + 3));
        let native = Native::new().with_schema(schema).with_range(range.0, range.1);
        let range = Range::of(&native, 10_000);
        for number in [0.0, -0.0, f64::from_bits(subnormal)] {
            prop_assert_eq!(range.within(number), None);
            if number <= native.zero_threshold() {
                prop_assert_eq!(range.counter(number), None);
            }
        }
    }

    #[test]
    fn every_number_has_a_counter_or_is_zero(
        number in prop::num::f64::ANY.prop_filter("finite", |n| n.is_finite()),
        schema in -4_i8..=3, from in -1022_i32..0, doublings in 1_i32..400
    ) {
        let range = (2_f64.powi(from), 2_f64.powi(from + doublings));
        let native = Native::new().with_schema(schema).with_range(range.0, range.1);
        let range_of = Range::of(&native, 10_000);
        let (within, is_quick) = (range_of.within(number), range_of.quick > 0);
        match counter(&native, 10_000, number) {
            None => prop_assert!(number.abs() <= range.0 && within.is_none()),
            Some(counter) => {
                prop_assert!(number.abs() > native.zero_threshold());
                let place = if number < 0.0 { counter - 10_000 } else { counter };
                prop_assert!(place < native.len());
                let is_within = number > native.zero_threshold() && number <= range.1;
                prop_assert!(within == Some(counter) || within.is_none() && !(is_within && is_quick));
            }
        }
    }
}

#[test]
fn what_is_outside_of_the_range_is_at_its_ends() {
    let native = Native::new().with_range(0.25, 4.0).with_schema(1);
    let of = |number| counter(&native, 100, number);
    assert_eq!(native.len(), 8);
    for zero in [0.0, -0.0, f64::MIN_POSITIVE / 8.0, 0.25, -0.25] {
        assert_eq!(of(zero), None);
    }
    assert_eq!(of(0.25_f64.next_up()), Some(0));
    assert_eq!((of(1.0), of(-1.0)), (Some(3), Some(103)));
    assert_eq!((of(4.0), of(1e300)), (Some(7), Some(7)));
    assert_eq!(of(-f64::MAX), Some(107));
    // The coarsest buckets begin among numbers that are not normal.
    let coarse = Native::new().with_schema(-4).with_range(f64::MIN_POSITIVE, 1.0);
    assert_eq!(counter(&coarse, 0, f64::MIN_POSITIVE / 2.0), Some(0));
    assert_eq!(counter(&coarse, 0, f64::MIN_POSITIVE / 8.0), None);
}

/// It would spoil the sum.
#[test]
fn no_infinity_is_within_a_range() {
    assert!(POWER_BEFORE_INFINITY.is_finite() && (POWER_BEFORE_INFINITY * 2.0).is_infinite());
    for schema in -4..=8 {
        for from in [1e300, 2_f64.powi(1022), POWER_BEFORE_INFINITY] {
            let native = Native::new().with_schema(schema).with_range(from, f64::MAX);
            let range = Range::of(&native, 0);
            for number in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN, -0.0, -1e300] {
                assert_eq!(range.within(number), None, "{number} {native:?}");
            }
            assert_eq!(range.counter(f64::MAX), Some(native.len() - 1));
        }
    }
}
