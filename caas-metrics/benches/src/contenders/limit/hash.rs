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

/// The products of a text do not wait for each other.
#[inline(always)]
fn hash_text(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let len = bytes.len();
    let mut all = len as u64;
    if len > 16 {
        let mut at = 0;
        while at + 16 < len {
            all ^= fold(word(bytes, at) ^ K[1].wrapping_add(at as u64), word(bytes, at + 8) ^ K[2]);
            at += 16;
        }
        return all ^ fold(word(bytes, len - 16) ^ K[2], word(bytes, len - 8) ^ K[0]);
    }
    let (first, last) = ends(bytes);
    all ^ fold(first ^ K[1], last ^ K[2])
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
    let mut at = 0;
    while at + 8 < len {
        if word(a, at) != word(b, at) {
            return false;
        }
        at += 8;
    }
    word(a, len - 8) == word(b, len - 8)
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
