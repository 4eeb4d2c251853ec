//! How the numbers of samples are spelled in the line-based formats.
//!
//! Invariant: every finite float is written with the fewest digits that read back as the same
//! float, laid out as Go's `%g` does, which is how Prometheus itself prints.

use std::fmt::{self, Write as _};

use super::integer::{decimal, integer};
use crate::sample::Number;

/// Writes a sample's number; `point` is for [`float`].
#[cfg_attr(not(debug_assertions), inline(always))]
pub(super) fn number(out: &mut Vec<u8>, number: Number, point: bool) {
    match number {
        Number::Unsigned(n) => integer(out, n),
        Number::Signed(n) => {
            if n < 0 {
                out.push(b'-');
            }
            integer(out, n.unsigned_abs());
        }
        Number::Float(n) => float(out, n, point),
    }
}

/// Writes a histogram's bound or a summary's quantile, the same in both formats: `0.005`, `1.0`,
/// `1e+06`. Prometheus 2 keeps the text as it is, so another spelling would be another series.
pub(super) fn bound(out: &mut Vec<u8>, value: f64) {
    float(out, value, true);
}

/// Writes a float as Go's `%g` does, with the fewest digits that read back the same.
///
/// With `point`, a float that would look like an integer ends in `.0`.
pub(super) fn float(out: &mut Vec<u8>, value: f64, point: bool) {
    if !value.is_finite() {
        out.extend_from_slice(match value {
            f64::INFINITY => b"+Inf",
            f64::NEG_INFINITY => b"-Inf",
            _ => b"NaN",
        });
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let value = value.abs();
    if let Some(whole) = without_exponent(value) {
        integer(out, whole);
        if point {
            out.extend_from_slice(b".0");
        }
        return;
    }
    let shortest = Shortest::of(value);
    let (digits, exponent) = (shortest.digits(), shortest.exponent);
    let places = exponent.unsigned_abs() as usize;
    match exponent {
        0..=5 => {
            // Whole numbers went the short way above, so there are digits after the point.
            let (whole, fraction) = digits.split_at(digits.len().min(places + 1));
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        }
        -4..=-1 => {
            out.extend_from_slice(b"0.");
            out.extend_from_slice(&b"000"[..places - 1]);
            out.extend_from_slice(digits);
        }
        _ => {
            let (first, fraction) = digits.split_at(1);
            out.extend_from_slice(first);
            if !fraction.is_empty() {
                out.push(b'.');
                out.extend_from_slice(fraction);
            }
            out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
            if places < 10 {
                out.push(b'0');
            }
            integer(out, places as u64);
        }
    }
}

/// A whole number that `%g` writes without an exponent.
#[allow(clippy::float_cmp, reason = "asks whether the number is whole, not nearly so")]
#[allow(clippy::cast_sign_loss, reason = "the number is not negative")]
fn without_exponent(value: f64) -> Option<u64> {
    (value < 1e6 && value.trunc() == value).then_some(value as u64)
}

/// The shortest decimal digits of a positive float: `d.ddd × 10^exponent`.
struct Shortest {
    buffer: [u8; 24],
    length: usize,
    exponent: i32,
}

impl Shortest {
    const EMPTY: Self = Self { buffer: [0; 24], length: 0, exponent: 0 };

    fn of(value: f64) -> Self {
        Self::of_billionths(value).unwrap_or_else(|| Self::of_any(value))
    }

    /// The digits of a number with at most nine after the point, as sums of durations have, and at most
    /// fifteen in all. Such decimals are all different floats, so no shorter one reads back the same.
    #[allow(clippy::float_cmp, reason = "asks whether the decimal reads back as this very float")]
    #[allow(clippy::cast_sign_loss, reason = "the number is not negative")]
    #[allow(clippy::cast_possible_wrap, reason = "there are at most fifteen digits")]
    fn of_billionths(value: f64) -> Option<Self> {
        let n = (value * 1e9 + 0.5) as u64;
        // The quotient of two exact floats is the float nearest to the decimal.
        if !(1..1_000_000_000_000_000).contains(&n) || n as f64 / 1e9 != value {
            return None;
        }
        let mut buffer = [0; 20];
        let digits = decimal(&mut buffer, n);
        let mut shortest = Self { exponent: digits.len() as i32 - 10, ..Self::EMPTY };
        let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
        let digits = &digits[..digits.len() - zeros];
        shortest.buffer[..digits.len()].copy_from_slice(digits);
        shortest.length = digits.len();
        Some(shortest)
    }

    fn of_any(value: f64) -> Self {
        let mut shortest = Self::EMPTY;
        // The standard library finds the digits: `1.2345e-7`, 22 bytes at most.
        let written = write!(shortest, "{value:e}");
        debug_assert!(written.is_ok(), "{value:e} is longer than the buffer");
        shortest.split();
        shortest
    }

    /// Takes the point and the exponent out of the buffer.
    fn split(&mut self) {
        let text = &self.buffer[..self.length];
        let mark = text.iter().position(|b| *b == b'e').unwrap_or(text.len());
        let exponent = text.get(mark + 1..).unwrap_or_default();
        let (negative, magnitude) = match exponent.split_first() {
            Some((b'-', magnitude)) => (true, magnitude),
            _ => (false, exponent),
        };
        let magnitude = magnitude.iter().fold(0, |n, digit| 10 * n + i32::from(digit - b'0'));
        self.exponent = if negative { -magnitude } else { magnitude };
        self.length = mark;
        if mark > 1 {
            self.buffer.copy_within(2..mark, 1);
            self.length -= 1;
        }
    }

    fn digits(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl fmt::Write for Shortest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let free = self.buffer.get_mut(self.length..end).ok_or(fmt::Error)?;
        free.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("what is written is UTF-8")
    }

    fn go(value: f64) -> String {
        written(|out| float(out, value, false))
    }

    fn canonical(value: f64) -> String {
        written(|out| bound(out, value))
    }

    #[test]
    fn floats_are_those_of_go() {
        // Each pair is what `strconv.FormatFloat(x, 'g', -1, 64)` returns.
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-1.5, "-1.5"),
            (0.005, "0.005"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (0.000_012_5, "1.25e-05"),
            (123_456.0, "123456"),
            (123_456.75, "123456.75"),
            (999_999.999, "999999.999"),
            (999_999.0, "999999"),
            (1e6, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (-1_234_567.5, "-1.2345675e+06"),
            (1.1e23, "1.1e+23"),
            (1e100, "1e+100"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN"),
        ] {
            assert_eq!(go(value), text);
        }
    }

    #[test]
    fn bounds_are_canonical() {
        // The examples of the OpenMetrics specification, among others.
        for (value, text) in [
            (0.0, "0.0"),
            (-1.0, "-1.0"),
            (0.005, "0.005"),
            (0.1, "0.1"),
            (1.0, "1.0"),
            (2.5, "2.5"),
            (10.0, "10.0"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (1e-5, "1e-05"),
            (1.1e23, "1.1e+23"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(canonical(value), text);
        }
    }

    #[test]
    fn integers_are_written_whole() {
        for n in [0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 65_536, 999_999, u64::MAX] {
            assert_eq!(written(|out| integer(out, n)), n.to_string());
        }
        assert_eq!(
            written(|out| number(out, Number::Signed(i64::MIN), true)),
            i64::MIN.to_string()
        );
    }

    proptest! {
        #[test]
        fn every_float_reads_back(bits in any::<u64>(), point in any::<bool>()) {
            let value = f64::from_bits(bits);
            let text = written(|out| float(out, value, point));
            let read: f64 = text.parse().expect("a float");
            if value.is_nan() {
                prop_assert!(read.is_nan());
            } else {
                prop_assert_eq!(read.to_bits(), value.to_bits());
            }
        }

        #[test]
        fn digits_of_billionths_are_the_shortest(n in 1_u64..2_000_000_000_000_000, scale in 0_i32..12) {
            let value = n as f64 / 10_f64.powi(scale);
            let (quick, any) = (Shortest::of(value), Shortest::of_any(value));
            prop_assert_eq!((quick.digits(), quick.exponent), (any.digits(), any.exponent));
        }

        #[test]
        fn everyday_floats_read_back(n in -2_000_000_000_i64..2_000_000_000, scale in 0_i32..9) {
            let value = n as f64 / 10_f64.powi(scale);
            for point in [false, true] {
                let text = written(|out| float(out, value, point));
                prop_assert_eq!(text.parse(), Ok(value));
                prop_assert!(!point || text.contains(['.', 'e']), "{} looks like an integer", text);
            }
        }

        #[test]
        fn every_integer_reads_back(n in any::<u64>(), shift in 0_u32..64, signed in any::<i64>()) {
            prop_assert_eq!(written(|out| integer(out, n >> shift)), (n >> shift).to_string());
            let text = written(|out| number(out, Number::Signed(signed >> shift), false));
            prop_assert_eq!(text, (signed >> shift).to_string());
        }
    }
}
