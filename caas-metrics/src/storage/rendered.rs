//! The label values of a key, copied: what creations and removals work with.
//!
//! Look-ups of series that exist use the borrowed values (`key.rs`). Invariant: no code of a user
//! runs while a copy is used, so it may be used under a lock.

use super::key::{Text, hash};

/// For each value a word, and behind the word of a text its bytes.
pub(crate) struct Rendered {
    /// What is usual fits in here, so that nothing is allocated.
    short: [u8; SHORT],
    len: usize,
    /// Everything, if it is longer than that.
    long: Vec<u8>,
    is_too_long: bool,
}

const SHORT: usize = 128;

/// Marks the word of an integer; that of a text is its length.
const INTEGER: u64 = 1 << 63;

impl Rendered {
    /// A copy of values, each with the most bytes that it may have; `None` without memory.
    pub(crate) fn new<'a>(values: impl Iterator<Item = (Text<'a>, usize)>) -> Option<Self> {
        let mut rendered = Self { short: [0; SHORT], len: 0, long: Vec::new(), is_too_long: false };
        for (value, most) in values {
            match value.as_str() {
                // It becomes the overflow series' value, so there is no need for its text.
                Some(text) if text.len() > most => {
                    rendered.is_too_long = true;
                    rendered.push(&Text::Borrowed(""))?;
                }
                _ => rendered.push(&value)?,
            }
        }
        Some(rendered)
    }

    /// The same with another text for the values in these places.
    pub(super) fn with(&self, text: &str, places: u64) -> Option<Self> {
        let replaced = self.values().enumerate().map(|(place, value)| {
            let is_other = places >> place & 1 == 1;
            (if is_other { Text::Borrowed(text) } else { value }, usize::MAX)
        });
        Self::new(replaced)
    }

    /// Whether a value is longer than its label allows.
    pub(crate) fn is_too_long(&self) -> bool {
        self.is_too_long
    }

    fn push(&mut self, value: &Text<'_>) -> Option<()> {
        let (word, text) = match value {
            Text::Integer(n) => (INTEGER | u64::from(*n), ""),
            Text::Borrowed(text) => (text.len() as u64, *text),
            Text::Inline(inline) => (inline.as_str().len() as u64, inline.as_str()),
        };
        self.extend(&word.to_le_bytes())?;
        self.extend(text.as_bytes())
    }

    fn extend(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.len + bytes.len();
        if let Some(place) = self.short.get_mut(self.len..end) {
            place.copy_from_slice(bytes);
            self.len = end;
            return Some(());
        }
        let long = if self.long.is_empty() { self.len } else { 0 };
        self.long.try_reserve(long + bytes.len()).ok()?;
        self.long.extend_from_slice(&self.short[..long]);
        self.long.extend_from_slice(bytes);
        // From now on nothing fits.
        self.len = SHORT;
        Some(())
    }

    fn bytes(&self) -> &[u8] {
        if self.long.is_empty() { &self.short[..self.len] } else { &self.long }
    }

    pub(super) fn values(&self) -> impl Iterator<Item = Text<'_>> {
        let mut rest = self.bytes();
        std::iter::from_fn(move || {
            let (word, behind) = rest.split_first_chunk()?;
            let word = u64::from_le_bytes(*word);
            if word & INTEGER != 0 {
                rest = behind;
                return Some(Text::Integer(word as u32));
            }
            let (text, behind) = behind.split_at_checked(word as usize)?;
            rest = behind;
            // SAFETY: only `push` extends, and behind a text's word it puts as many bytes of a `str`.
            Some(Text::Borrowed(unsafe { str::from_utf8_unchecked(text) }))
        })
    }

    pub(super) fn hash(&self) -> u64 {
        hash(self.values())
    }
}
