//! The open label values of a look-up, borrowed: how they hash and how they are handed over.
//!
//! Rendering is in `label/`, comparing with stored text in [`super::text`]. Invariant: two keys of
//! one family are equal exactly when their rendered texts are.

use super::{pairs, shape::BlockShape};

/// The text of a label value, borrowed where possible.
///
/// ```
/// use caas_metrics::LabelText;
///
/// assert_eq!(LabelText::from("eu-west").to_string(), "eu-west");
/// assert_eq!(LabelText::from(404_u16).to_string(), "404");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LabelText<'a>(pub(crate) Text<'a>);

/// What a [`LabelText`] holds. Each text has exactly one form, so forms compare before texts do:
/// the decimal text of an integer below 2^31 without leading zeros is an `Integer` when it comes
/// from an integer type; a family's label has one Rust type, so the same text never comes in two.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text<'a> {
    /// A borrowed text.
    Borrowed(&'a str),
    /// A decimal integer below 2^31.
    Integer(u32),
    /// A short rendered text.
    Inline(Inline),
}

/// A rendered text of at most 47 bytes: enough for a `u128`, an `i128` or an IPv6 address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inline {
    len: u8,
    bytes: [u8; Self::CAPACITY],
}

impl Inline {
    pub(crate) const CAPACITY: usize = 47;
    pub(crate) const EMPTY: Self = Self { len: 0, bytes: [0; Self::CAPACITY] };

    pub(crate) fn as_str(&self) -> &str {
        self.bytes.get(..usize::from(self.len)).and_then(|b| str::from_utf8(b).ok()).unwrap_or("")
    }
}

impl core::fmt::Write for Inline {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let start = usize::from(self.len);
        let place = self.bytes.get_mut(start..start + text.len()).ok_or(core::fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len += text.len() as u8;
        Ok(())
    }
}

/// The open label values of one look-up, in the order of declaration.
///
/// `all` is enough; whoever knows the label types also writes the rest, so that a look-up compiles
/// to straight code.
pub(crate) trait Key {
    /// The shape of the family's blocks, if it is known at compile time.
    const BLOCK: Option<BlockShape> = None;

    /// Shows each value until one is refused; returns whether all were accepted.
    fn all(&self, accept: &mut dyn FnMut(&Text<'_>) -> bool) -> bool;

    /// The hash of all values behind a seed.
    fn hash(&self, seed: u64) -> u64 {
        let mut state = seed;
        self.all(&mut |text| {
            state = text.hash(state);
            true
        });
        state
    }

    /// Whether all values are those that are stored.
    fn matches(&self, mut stored: impl Stored) -> bool {
        self.all(&mut |text| stored.next_is(text))
    }
}

/// Stored values to compare with, one after the other.
pub(crate) trait Stored {
    /// Whether the next stored value is this one.
    fn next_is(&mut self, text: &Text<'_>) -> bool;
}

impl Text<'_> {
    /// Hashes the value behind what was hashed before it.
    #[inline(always)]
    pub(crate) fn hash(&self, state: u64) -> u64 {
        match self {
            Text::Borrowed(text) => hash_bytes(state, text.as_bytes()),
            Text::Integer(n) => fold(state ^ u64::from(*n), INTEGER),
            Text::Inline(inline) => hash_bytes(state, inline.as_str().as_bytes()),
        }
    }
}

const LEFT: u64 = 0x9e37_79b9_7f4a_7c15;
const RIGHT: u64 = 0xd1b5_4a32_d192_ed03;
const INTEGER: u64 = 0x8cb9_2ba7_2f3d_8dd7;

/// Both halves of the 128-bit product, folded: each input bit reaches every output bit.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Hashes a text behind what was hashed before it: one multiplication for a pair of words.
#[inline]
pub(super) fn hash_bytes(seed: u64, bytes: &[u8]) -> u64 {
    // The length comes first, so "ab" + "c" and "a" + "bc" differ.
    let mut state = seed ^ bytes.len() as u64;
    pairs::all(bytes, |[a, b]| {
        state = fold(a ^ LEFT ^ state, b ^ RIGHT ^ state.rotate_left(32));
        true
    });
    // Texts that differ in a few bytes have evenly spaced products, which crowd in a table if the
    // factor that they share is a bad one; another multiplication scatters them.
    state.wrapping_mul(LEFT)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    struct Texts<'a>(&'a [&'a str]);

    impl Texts<'_> {
        fn hash(&self, seed: u64) -> u64 {
            self.0.iter().fold(seed, |state, text| Text::Borrowed(text).hash(state))
        }
    }

    #[test]
    fn border_between_values_counts() {
        assert_ne!(Texts(&["ab", "c"]).hash(1), Texts(&["a", "bc"]).hash(1));
        assert_ne!(Texts(&["", "a"]).hash(1), Texts(&["a", ""]).hash(1));
    }

    #[test]
    fn every_byte_of_every_length_counts() {
        for len in 1..80 {
            let text = "x".repeat(len);
            let hash = Texts(&[&text]).hash(7);
            for position in 0..len {
                let mut other = text.clone();
                other.replace_range(position..=position, "y");
                assert_ne!(hash, Texts(&[&other]).hash(7), "{len} {position}");
            }
        }
    }

    #[test]
    fn high_bits_spread_over_a_table() {
        // 4,096 consecutive texts in 8,192 places: a good hash leaves few places crowded, whatever
        // the seed is.
        for seed in 0..64_u64 {
            let seed = seed.wrapping_mul(RIGHT);
            let mut places = vec![0_u8; 8192];
            for n in 0..4096 {
                places[(Texts(&[&format!("/users/{n}")]).hash(seed) >> 51) as usize] += 1;
            }
            assert!(places.iter().all(|&crowd| crowd < 10), "{seed}: {:?}", places.iter().max());
        }
    }
}
