//! Texts on their way out of the arena: the open label values of some blocks, copied.
//!
//! Not here: whether they belong together (`records.rs`). Invariant: a text is shown only after it
//! was found whole; before that it may be a mixture of two, and is bytes.

/// Copied texts; re-used from block to block, so that a scrape does not allocate.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Pairs of words; each text begins with a new one.
    pairs: Vec<[u8; 16]>,
    /// Where each text begins, in pairs, and how many bytes it has.
    places: Vec<(usize, usize)>,
    /// How many of the texts are whole.
    whole: usize,
}

impl Texts {
    /// Room for so many texts of usual length, so that filling them in rarely allocates.
    pub(crate) fn with_room(texts: usize) -> Self {
        let pairs = Vec::with_capacity(2 * texts);
        Self { pairs, places: Vec::with_capacity(texts), whole: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.pairs.clear();
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

    /// Adds a text of so many bytes, in pairs of words.
    pub(super) fn push(&mut self, len: usize, pairs: impl Iterator<Item = [u64; 2]>) {
        self.places.push((self.pairs.len(), len));
        let bytes = |[a, b]: [u64; 2]| (u128::from(a) | u128::from(b) << 64).to_le_bytes();
        self.pairs.extend(pairs.map(bytes));
    }

    /// Adds the decimal text of an integer.
    pub(super) fn push_integer(&mut self, mut n: u32) {
        let mut text = [0; 16];
        let len = n.checked_ilog10().map_or(1, |log| log as usize + 1);
        for place in text[..len].iter_mut().rev() {
            *place = b'0' + (n % 10) as u8;
            n /= 10;
        }
        self.places.push((self.pairs.len(), len));
        self.pairs.push(text);
    }

    /// The bytes of a text.
    pub(super) fn bytes(&self, number: usize) -> &[u8] {
        let place = self.places.get(number);
        let bytes =
            place.and_then(|&(start, len)| self.pairs.get(start..)?.as_flattened().get(..len));
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

    fn push(texts: &mut Texts, text: &str) {
        let bytes = text.as_bytes().chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        });
        let words: Vec<u64> = bytes.chain([0]).collect();
        texts.push(text.len(), words.chunks_exact(2).map(|pair| [pair[0], pair[1]]));
    }

    #[test]
    fn texts_read_back() {
        let mut texts = Texts::default();
        let plain = ["", "short", "exactly8", "longer than two words"];
        for text in plain {
            push(&mut texts, text);
        }
        for n in [0, 9, 10, 4_294_967_295] {
            texts.push_integer(n);
        }
        assert_eq!(texts.get(1), "");
        // SAFETY: all texts were pushed as they are.
        unsafe { texts.show() };
        push(&mut texts, "\u{7f}");
        texts.take_back();
        let read: Vec<&str> = (0..9).map(|number| texts.get(number)).collect();
        assert_eq!(read[..4], plain);
        assert_eq!(read[4..], ["0", "9", "10", "4294967295", ""]);
    }

    #[test]
    fn a_claim_beyond_the_pairs_is_nothing() {
        let mut texts = Texts::default();
        texts.push(100, [[1, 2]].into_iter());
        assert_eq!(texts.bytes(0), b"");
    }
}
