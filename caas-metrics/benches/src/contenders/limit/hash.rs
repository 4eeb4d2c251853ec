//! Hashing and comparing label values, eight bytes at a time.
//!
//! Not here: tables. Invariant: nothing outside of a text is read.

const K: [u64; 4] =
    [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3, 0x5899_65cc_7537_4cc3];

/// The hash of a number and some texts.
#[inline(always)]
pub(super) fn hash<const N: usize>(number: u64, texts: [&str; N]) -> u64 {
    let mut all = number ^ K[0];
    let mut i = 0;
    while i < N {
        all = all.rotate_left(23) ^ hash_text(texts[i]);
        i += 1;
    }
    fold(all, K[3])
}

/// The products of a text do not wait for each other. Most texts have one of two kinds of length, so
/// the processor predicts the branches.
#[inline(always)]
fn hash_text(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let len = bytes.len() as u64;
    if bytes.len() <= 16 {
        let (first, last) = ends(bytes);
        return len ^ fold(first ^ K[1], last ^ K[2]);
    }
    if bytes.len() > 48 {
        return bytes
            .chunks(48)
            .map(|part| hash_long(part) ^ len)
            .fold(0, |a, b| fold(a ^ K[0], b));
    }
    len ^ hash_long(bytes)
}

/// The hash of at most 48 bytes: a text, or a part of a long one.
#[inline(always)]
fn hash_long(bytes: &[u8]) -> u64 {
    if bytes.len() <= 16 {
        let (first, last) = ends(bytes);
        return fold(first ^ K[1], last ^ K[2]);
    }
    let parts = parts(bytes);
    let pair = |i: usize| fold(parts[2 * i] ^ K[i], parts[2 * i + 1] ^ K[i + 1]);
    pair(0) ^ pair(1) ^ pair(2)
}

/// Whether two texts are equal.
#[inline(always)]
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    let len = a.len();
    if len != b.len() {
        return false;
    }
    if len <= 16 {
        return ends(a) == ends(b);
    }
    if len > 48 {
        return a == b;
    }
    let (a, b) = (parts(a), parts(b));
    (0..6).fold(0, |all, i| all | a[i] ^ b[i]) == 0
}

/// All of 17 to 48 bytes: the first sixteen, sixteen in the middle and the last; they may overlap.
#[inline(always)]
fn parts(bytes: &[u8]) -> [u64; 6] {
    let (middle, last) = ((bytes.len() - 16) / 2, bytes.len() - 16);
    [0, 8, middle, middle + 8, last, last + 8].map(|at| word(bytes, at))
}

/// The first and the last eight bytes of a text of at most sixteen bytes; they may overlap.
#[inline(always)]
fn ends(bytes: &[u8]) -> (u64, u64) {
    let len = bytes.len();
    if len >= 8 {
        return (word(bytes, 0), word(bytes, len - 8));
    }
    if len >= 4 {
        return (half(bytes, 0), half(bytes, len - 4));
    }
    let at = |place: usize| u64::from(bytes[place]);
    if len == 0 { (0, 0) } else { (at(0) << 8 | at(len / 2), at(len - 1)) }
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    debug_assert!(at + 8 <= bytes.len());
    // SAFETY: the callers stay within the text.
    unsafe { bytes.as_ptr().add(at).cast::<u64>().read_unaligned() }
}

#[inline(always)]
fn half(bytes: &[u8], at: usize) -> u64 {
    debug_assert!(at + 4 <= bytes.len());
    // SAFETY: the callers stay within the text.
    u64::from(unsafe { bytes.as_ptr().add(at).cast::<u32>().read_unaligned() })
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}
