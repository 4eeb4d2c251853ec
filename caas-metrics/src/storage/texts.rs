//! Texts on their way out of the arena: the open label values of some blocks, copied.
//!
//! Not here: whether they belong together (`records.rs`). Invariant: a text is shown only after it
//! was found whole; before that it may be a mixture of two, and is bytes.

use super::key::words;

/// Copied texts; re-used from block to block, so that a scrape does not allocate.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Words of eight bytes; each text begins with a new one.
    words: Vec<[u8; 8]>,
    /// Where each text begins, in words, and how many bytes it has.
    places: Vec<(usize, usize)>,
    /// How many of the texts are whole.
    whole: usize,
}

impl Texts {
    /// Room for so many texts of usual length, so that filling them in rarely allocates.
    pub(crate) fn with_room(texts: usize) -> Self {
        let words = Vec::with_capacity(4 * texts);
        Self { words, places: Vec::with_capacity(texts), whole: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.places.clear();
        self.whole = 0;
    }

    /// Takes back the texts that were pushed since the last ones were found whole.
    pub(super) fn take_back(&mut self) {
        self.places.truncate(self.whole);
    }

    /// Shows the texts that were pushed.
    ///
    /// # Safety
    /// Each of them must have been pushed as it was stored, from a `str`.
    pub(super) unsafe fn show(&mut self) {
        self.whole = self.places.len();
    }

    /// Adds a text of so many bytes, or of as many as there are.
    pub(super) fn push(&mut self, len: usize, words: impl ExactSizeIterator<Item = u64>) {
        self.places.push((self.words.len(), len.min(8 * words.len())));
        self.words.extend(words.map(u64::to_le_bytes));
    }

    /// Adds the decimal text of an integer.
    pub(super) fn push_integer(&mut self, mut n: u32) {
        let mut digits = [0; 10];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (n % 10) as u8;
            n /= 10;
            if n == 0 {
                break;
            }
        }
        let text = &digits[start..];
        self.places.push((self.words.len(), text.len()));
        self.words.extend(words(text).map(u64::to_le_bytes));
    }

    /// The bytes of a text.
    pub(super) fn bytes(&self, number: usize) -> &[u8] {
        let place = self.places.get(number);
        let bytes =
            place.and_then(|&(start, len)| self.words.get(start..)?.as_flattened().get(..len));
        bytes.unwrap_or_default()
    }

    /// A text that was found whole.
    pub(crate) fn get(&self, number: usize) -> &str {
        if number >= self.whole {
            return "";
        }
        // SAFETY: `show` was called with this text pushed, so its bytes are those of a `str`.
        unsafe { str::from_utf8_unchecked(self.bytes(number)) }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back() {
        let mut texts = Texts::default();
        let plain = ["", "short", "exactly8", "longer than one word"];
        for text in plain {
            let words: Vec<u64> = words(text.as_bytes()).collect();
            texts.push(text.len(), words.into_iter());
        }
        texts.push_integer(0);
        texts.push_integer(4_294_967_295);
        assert_eq!(texts.get(1), "");
        // SAFETY: all texts were pushed as they are.
        unsafe { texts.show() };
        texts.push(1, [0xff].into_iter());
        texts.take_back();
        let read: Vec<&str> = (0..7).map(|number| texts.get(number)).collect();
        assert_eq!(read[..4], plain);
        assert_eq!(read[4..], ["0", "4294967295", ""]);
    }

    #[test]
    fn a_claim_beyond_the_words_is_cut() {
        let mut texts = Texts::default();
        texts.push(100, [u64::from_le_bytes(*b"mixture!")].into_iter());
        assert_eq!(texts.bytes(0), b"mixture!");
    }
}
