//! The open label values of a look-up, copied: what creations and removals work with.
//!
//! Look-ups of children that exist use the borrowed key (`key.rs`). Invariant: no code of a user
//! runs while a rendered key is used, so it may be used under a lock.

use super::key::{Key, Stored, Text};

/// For each value a word, and behind the word of a text its bytes.
pub(crate) struct Rendered {
    /// What is usual fits in here, so that nothing is allocated.
    short: [u8; SHORT],
    len: usize,
    /// Everything, if it is longer than that.
    long: Vec<u8>,
}

const SHORT: usize = 128;

/// Marks the word of an integer; that of a text is its length.
const INTEGER: u64 = 1 << 63;

impl Rendered {
    #[cold]
    pub(crate) fn new(key: &impl Key) -> Self {
        let mut rendered = Self { short: [0; SHORT], len: 0, long: Vec::new() };
        key.all(&mut |text| {
            rendered.push(text);
            true
        });
        rendered
    }

    fn push(&mut self, text: &Text<'_>) {
        let (word, bytes) = match text {
            Text::Integer(n) => (INTEGER | u64::from(*n), ""),
            Text::Borrowed(text) => (text.len() as u64, *text),
            Text::Inline(inline) => (inline.as_str().len() as u64, inline.as_str()),
        };
        self.extend(&word.to_le_bytes());
        self.extend(bytes.as_bytes());
    }

    fn extend(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if let Some(place) = self.short.get_mut(self.len..end) {
            place.copy_from_slice(bytes);
            self.len = end;
            return;
        }
        if self.long.is_empty() {
            self.long.extend_from_slice(&self.short[..self.len]);
            // From now on nothing fits.
            self.len = SHORT;
        }
        self.long.extend_from_slice(bytes);
    }

    fn bytes(&self) -> &[u8] {
        if self.long.is_empty() { &self.short[..self.len] } else { &self.long }
    }

    fn texts(&self) -> impl Iterator<Item = Text<'_>> {
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
}

impl Key for Rendered {
    fn all(&self, accept: &mut dyn FnMut(&Text<'_>) -> bool) -> bool {
        self.texts().all(|text| accept(&text))
    }

    fn hash(&self, seed: u64) -> u64 {
        self.texts().fold(seed, |state, text| text.hash(state))
    }

    fn matches(&self, mut stored: impl Stored) -> bool {
        self.texts().all(|text| stored.next_is(&text))
    }
}
