//! How integers are spelled: by decimal digits, two at a time. And times, which are two integers.

use core::time::Duration;

const fn two_digits() -> [u8; 200] {
    let mut table = [0; 200];
    let mut n = 0;
    while n < 100 {
        table[2 * n] = b'0' + (n / 10) as u8;
        table[2 * n + 1] = b'0' + (n % 10) as u8;
        n += 1;
    }
    table
}

/// `00` to `99`.
static TWO_DIGITS: [u8; 200] = two_digits();

/// Writes an integer, two digits at a time.
#[inline]
pub(super) fn integer(out: &mut Vec<u8>, n: u64) {
    if n < 10 {
        out.push(b'0' + n as u8);
    } else {
        digits(out, n);
    }
}

/// Writes a time in seconds, with milliseconds if there are some: Prometheus keeps no more.
pub(super) fn seconds(out: &mut Vec<u8>, time: Duration) {
    integer(out, time.as_secs());
    let milliseconds = time.subsec_millis() as usize;
    if milliseconds > 0 {
        out.extend_from_slice(&[b'.', b'0' + (milliseconds / 100) as u8]);
        let rest = 2 * (milliseconds % 100);
        out.extend_from_slice(&TWO_DIGITS[rest..rest + 2]);
    }
}

#[inline(never)]
fn digits(out: &mut Vec<u8>, n: u64) {
    let mut buffer = [0; 20];
    out.extend_from_slice(decimal(&mut buffer, n));
}

/// The digits of an integer, at the end of the buffer.
pub(super) fn decimal(buffer: &mut [u8; 20], mut n: u64) -> &[u8] {
    let mut start = buffer.len();
    while n >= 10 {
        let pair = 2 * (n % 100) as usize;
        start -= 2;
        buffer[start..start + 2].copy_from_slice(&TWO_DIGITS[pair..pair + 2]);
        n /= 100;
    }
    if n > 0 {
        start -= 1;
        buffer[start] = b'0' + n as u8;
    }
    &buffer[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_if_there_are_some() {
        for (milliseconds, text) in [
            (0, "0"),
            (1_700_000_000_000, "1700000000"),
            (1_700_000_000_007, "1700000000.007"),
            (1_700_000_000_250, "1700000000.250"),
            (999, "0.999"),
        ] {
            let mut out = Vec::new();
            seconds(&mut out, Duration::from_millis(milliseconds));
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }
}
