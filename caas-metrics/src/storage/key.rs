//! The open label values of a look-up, borrowed: how they hash and how they are handed over.
//!
//! Rendering is in `label/`, comparing with stored text in [`super::text`]. Invariant: two keys of
//! one family are equal exactly when their rendered texts are.

use super::records::BlockShape;

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

/// Hashes a text behind what was hashed before it: one multiplication for 16 bytes.
#[inline]
pub(super) fn hash_bytes(seed: u64, bytes: &[u8]) -> u64 {
    // The length comes first, so "ab" + "c" and "a" + "bc" differ.
    let mut state = seed ^ bytes.len() as u64;
    let (a, b) = if let Some(last) = bytes.last_chunk::<16>() {
        // The last 16 bytes may overlap those before them: then no branch depends on how many are
        // left, which the processor would guess wrong for texts of many lengths.
        let mut rest = bytes;
        while let Some((chunk, behind)) = rest.split_first_chunk::<16>() {
            if behind.is_empty() {
                break;
            }
            let (a, b) = two_words(chunk);
            state = fold(a ^ LEFT ^ state, b ^ RIGHT);
            rest = behind;
        }
        two_words(last)
    } else {
        // Two words that may overlap cover 8 to 15 bytes.
        match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => (short_word(bytes), 0),
        }
    };
    // Texts that differ in a few bytes have evenly spaced products, which crowd in a table if the factor
    // that they share is a bad one; another multiplication scatters them.
    fold(a ^ LEFT ^ state, b ^ RIGHT ^ state.rotate_left(32)).wrapping_mul(LEFT)
}

#[inline]
fn two_words(bytes: &[u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(*bytes);
    (both as u64, (both >> 64) as u64)
}

/// Fewer than eight bytes as a word, zeros behind them.
#[inline]
fn short_word(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        // The parts overlap where the length is below eight; there they agree.
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << (8 * (len - 4));
    }
    let at = |place: usize| bytes.get(place).map_or(0, |byte| u64::from(*byte) << (8 * place));
    at(0) | at(1) | at(2)
}

/// A text as words, zeros behind its end: how the arena keeps it.
#[inline]
pub(super) fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let whole = bytes.chunks_exact(8);
    let last = (!whole.remainder().is_empty()).then(|| last_word(bytes));
    let whole = whole.map(|chunk| chunk.first_chunk::<8>().map_or(0, |c| u64::from_le_bytes(*c)));
    whole.chain(last)
}

/// The last of a text's words.
#[inline]
pub(super) fn last_word(bytes: &[u8]) -> u64 {
    match bytes.last_chunk::<8>() {
        // The end of the last eight bytes, moved to the front of the word.
        Some(last) => u64::from_le_bytes(*last) >> (bytes.len().wrapping_neg() % 8 * 8),
        None => short_word(bytes),
    }
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
    fn words_are_the_text_with_zeros_behind() {
        for len in 0..40_u8 {
            let text: Vec<u8> = (1..=len).collect();
            let bytes: Vec<u8> = words(&text).flat_map(u64::to_le_bytes).collect();
            let mut expected = text.clone();
            expected.resize(text.len().next_multiple_of(8), 0);
            assert_eq!(bytes, expected, "{len}");
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
        // 4,096 consecutive texts in 8,192 places: a good hash leaves few places crowded, whatever the
        // seed is.
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
