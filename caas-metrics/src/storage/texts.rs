//! Texts on their way out of the arena: the open label values of some blocks, copied.
//!
//! Many blocks share texts, so those that were copied last are not copied again. Not here: whether
//! texts belong together (`records.rs`). Invariants: a text is shown only after it was found whole;
//! before that it may be a mixture of two, and is bytes. A code stands for one text as long as no
//! text in the arena has been overwritten.

use super::{pairs, text::Code};

/// Copied texts; re-used from block to block, so that a scrape does not allocate.
#[derive(Debug)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    /// Where each text begins and how many bytes it has.
    places: Vec<(usize, usize)>,
    /// How many of the texts are whole, and their bytes.
    whole: (usize, usize),
    /// Codes that were read last, and which text each of them is; the place comes from the code.
    known: [(Code, usize); KNOWN],
    /// How often texts had been overwritten when the first of these was read.
    overwrites: u32,
}

const KNOWN: usize = 64;

/// No code is known to be a text with this number.
const UNKNOWN: (Code, usize) = (0, usize::MAX);

impl Default for Texts {
    fn default() -> Self {
        Self::with_room(0)
    }
}

impl Texts {
    /// Room for so many texts of usual length, so that filling them in rarely allocates.
    pub(crate) fn with_room(texts: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(32 * texts),
            places: Vec::with_capacity(texts),
            whole: (0, 0),
            known: [UNKNOWN; KNOWN],
            overwrites: 0,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
        self.whole = (0, 0);
        self.known = [UNKNOWN; KNOWN];
    }

    /// Whether all codes that are known were read since the arena had been overwritten so often.
    pub(super) fn are_since(&self, overwrites: u32) -> bool {
        self.overwrites == overwrites
    }

    /// Forgets which codes are known, and those texts that were not found whole.
    pub(super) fn begin(&mut self, overwrites: u32) {
        self.places.truncate(self.whole.0);
        self.bytes.truncate(self.whole.1);
        self.known = [UNKNOWN; KNOWN];
        self.overwrites = overwrites;
    }

    /// Whether there are no texts yet.
    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Adds the text of a code that was added before; `false` if that is not known, and then it is
    /// taken to be the text that is added next.
    #[inline]
    pub(super) fn push_known(&mut self, code: Code) -> bool {
        let known = &mut self.known[(code.wrapping_mul(0x9e37_79b9) >> 26) as usize % KNOWN];
        if known.0 == code && known.1 < self.whole.0 {
            self.places.push(self.places[known.1]);
            return true;
        }
        *known = (code, self.places.len());
        false
    }

    /// Shows the texts that were pushed.
    ///
    /// # Safety
    /// Each of them must have been pushed as it was stored, from a `str`.
    pub(super) unsafe fn show(&mut self) {
        self.whole = (self.places.len(), self.bytes.len());
    }

    /// Adds a text of so many bytes: the pairs of its whole chunks, and the last one.
    pub(super) fn push(
        &mut self,
        len: usize,
        whole: impl Iterator<Item = [u64; 2]>,
        last: [u64; 2],
    ) {
        self.places.push((self.bytes.len(), len));
        pairs::unpack(&mut self.bytes, len, whole, last);
    }

    /// Adds the decimal text of an integer.
    pub(super) fn push_integer(&mut self, mut n: u32) {
        let digits = n.checked_ilog10().map_or(1, |log| log as usize + 1);
        let mut text = [0; 10];
        for place in text[..digits].iter_mut().rev() {
            *place = b'0' + (n % 10) as u8;
            n /= 10;
        }
        self.places.push((self.bytes.len(), digits));
        self.bytes.extend_from_slice(&text[..digits]);
    }

    /// Whether a text was known to be another one when it was added.
    #[inline]
    pub(crate) fn is_known(&self, other: usize, text: usize) -> bool {
        self.places.get(other) == self.places.get(text)
    }

    /// The bytes of a text.
    #[inline]
    pub(super) fn bytes(&self, number: usize) -> &[u8] {
        let place = self.places.get(number).copied();
        place.and_then(|(start, len)| self.bytes.get(start..start + len)).unwrap_or_default()
    }

    /// A text that was found whole.
    #[inline]
    pub(crate) fn get(&self, number: usize) -> &str {
        if number >= self.whole.0 {
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
        texts.begin(0);
        let read: Vec<&str> = (0..9).map(|number| texts.get(number)).collect();
        assert_eq!(read[..4], plain);
        assert_eq!(read[4..], ["0", "9", "10", "4294967295", ""]);
    }

    #[test]
    fn known_texts_are_not_copied_again() {
        let mut texts = Texts::default();
        for (code, text) in [(7, "seven"), (8, "eight")] {
            assert!(!texts.push_known(code));
            push(&mut texts, text);
        }
        assert!(!texts.push_known(8), "not yet found whole");
        push(&mut texts, "eight again");
        // SAFETY: all texts were pushed as they are.
        unsafe { texts.show() };
        assert!(texts.push_known(7) && texts.push_known(8));
        // SAFETY: as above.
        unsafe { texts.show() };
        assert_eq!([3, 4].map(|number| texts.get(number)), ["seven", "eight again"]);
        texts.begin(1);
        assert!(!texts.push_known(7) && texts.are_since(1));
    }
}
