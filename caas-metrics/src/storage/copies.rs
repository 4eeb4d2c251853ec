//! The texts of a scan, copied out of memory that may change.
//!
//! Invariant: a text is shown only if nothing that was read together with it has changed meanwhile; that
//! is for the scan to find out.

use super::{
    index::Index,
    texts::{Code, as_integer},
};

/// Texts of some series.
#[derive(Debug)]
pub(super) struct Copies {
    bytes: Vec<u8>,
    texts: Vec<Copied>,
    /// Codes that were read last, and which text each of them is; the place comes from the code.
    known: Vec<(Code, u32)>,
}

/// A text that was copied: where it begins, how many bytes it has, and whether one may be escaped.
#[derive(Debug, Clone, Copy)]
struct Copied {
    start: usize,
    len: usize,
    is_special: bool,
}

const KNOWN: usize = 256;

/// Neither the place of a text nor an integer.
pub(super) const UNKNOWN: Code = 1 << 30;

impl Default for Copies {
    fn default() -> Self {
        // Room for the texts of a small family.
        let (bytes, texts) = (Vec::with_capacity(1024), Vec::with_capacity(64));
        Self { bytes, texts, known: Vec::new() }
    }
}

impl Copies {
    /// Takes all texts out.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.texts.clear();
    }

    /// Says that codes may be those of other texts now.
    pub(super) fn forget_codes(&mut self) {
        self.known.clear();
        self.known.resize(KNOWN, (UNKNOWN, 0));
    }

    /// Which text a code is; it is copied if it is not there.
    #[inline]
    pub(super) fn number(&mut self, index: &Index, code: Code) -> u32 {
        let known = &mut self.known[(code.wrapping_mul(0x9e37_79b9) >> 24) as usize % KNOWN];
        if known.0 == code {
            return known.1;
        }
        let number = self.texts.len() as u32;
        *known = (code, number);
        self.copy(index, code);
        number
    }

    #[inline(never)]
    fn copy(&mut self, index: &Index, code: Code) {
        let start = self.bytes.len();
        let is_special = match as_integer(code) {
            Some(n) => {
                push_integer(&mut self.bytes, n);
                false
            }
            // SAFETY: the code is one of a record, loaded with acquire.
            None => unsafe { index.texts.copy(code, &mut self.bytes) },
        };
        self.texts.push(Copied { start, len: self.bytes.len() - start, is_special });
    }

    /// A text, and whether it is known to have no character that a format escapes.
    #[inline]
    pub(super) fn get(&self, number: u32) -> (&str, bool) {
        let Some(Copied { start, len, is_special }) = self.texts.get(number as usize) else {
            return ("", true);
        };
        let bytes = self.bytes.get(*start..start + len).unwrap_or_default();
        // SAFETY: every series that names the text was still alive after the copy was made, so the text
        // did not change meanwhile. It is what the writer stored, from a `str`, or the digits of an
        // integer.
        (unsafe { str::from_utf8_unchecked(bytes) }, !is_special)
    }
}

/// Adds the decimal text of an integer.
fn push_integer(to: &mut Vec<u8>, mut n: u32) {
    let digits = n.checked_ilog10().map_or(1, |log| log as usize + 1);
    let mut text = [0; 10];
    for place in text[..digits].iter_mut().rev() {
        *place = b'0' + (n % 10) as u8;
        n /= 10;
    }
    to.extend_from_slice(&text[..digits]);
}
