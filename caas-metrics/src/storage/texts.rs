//! Texts on their way out of the arena: the open label values of some blocks, copied.
//!
//! Not here: whether they belong together (`records.rs`). Invariant: a text is shown only after it
//! was found whole; before that it may be a mixture of two, and is bytes.

use super::pairs;

/// Copied texts; re-used from block to block, so that a scrape does not allocate.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    /// Where each text ends; it begins where the text before it ends.
    ends: Vec<usize>,
    /// How many of the texts are whole.
    whole: usize,
}

impl Texts {
    /// Room for so many texts of usual length, so that filling them in rarely allocates.
    pub(crate) fn with_room(texts: usize) -> Self {
        let bytes = Vec::with_capacity(32 * texts);
        Self { bytes, ends: Vec::with_capacity(texts), whole: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.whole = 0;
    }

    /// Takes back the texts that were pushed since the last ones were found whole.
    pub(super) fn take_back(&mut self) {
        self.ends.truncate(self.whole);
        self.bytes.truncate(self.end());
    }

    /// Shows the texts that were pushed.
    ///
    /// # Safety
    /// Each of them must have been pushed as it was stored, from a `str`.
    pub(super) unsafe fn show(&mut self) {
        self.whole = self.ends.len();
    }

    /// Where the last text ends.
    fn end(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Adds a text of so many bytes: the pairs of its whole chunks, and the last one.
    pub(super) fn push(
        &mut self,
        len: usize,
        whole: impl Iterator<Item = [u64; 2]>,
        last: [u64; 2],
    ) {
        pairs::unpack(&mut self.bytes, len, whole, last);
        self.ends.push(self.bytes.len());
    }

    /// Adds the decimal text of an integer.
    pub(super) fn push_integer(&mut self, mut n: u32) {
        let digits = n.checked_ilog10().map_or(1, |log| log as usize + 1);
        let mut text = [0; 10];
        for place in text[..digits].iter_mut().rev() {
            *place = b'0' + (n % 10) as u8;
            n /= 10;
        }
        self.bytes.extend_from_slice(&text[..digits]);
        self.ends.push(self.bytes.len());
    }

    /// The bytes of a text.
    pub(super) fn bytes(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(number).copied());
        range.and_then(|(start, end)| self.bytes.get(start..end)).unwrap_or_default()
    }

    /// A text that was found whole.
    #[inline]
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
        let mut pairs = Vec::new();
        pairs::all(text.as_bytes(), |pair| {
            pairs.push(pair);
            true
        });
        let last = pairs.pop().unwrap();
        texts.push(text.len(), pairs.into_iter(), last);
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
}
