//! How integers are spelled: by decimal digits, two at a time.

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
