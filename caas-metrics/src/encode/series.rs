//! The text of a series, `name{a="b",c="d"`, from fragments that a family's samples repeat.
//!
//! What follows the labels is in `lines`. Invariant: a label set is rendered as `write` spells it;
//! that copying goes in whole chunks only shows in its speed.

use super::write::{Escape, escaped};
use crate::sample::LabelPair;

/// Fragments are copied in chunks of so many bytes.
const CHUNK: usize = 32;

/// The current series of a family.
#[derive(Default)]
pub(super) struct Series {
    /// What every series of the family begins with.
    start: Vec<u8>,
    /// The names of the labels, and what stands before each value: `name{a="`, `",c="`.
    labels: Vec<(String, Fragment)>,
    text: Text,
}

/// A text that is padded to whole chunks.
#[derive(Default)]
struct Fragment {
    bytes: Vec<u8>,
    len: usize,
}

impl Fragment {
    fn new(parts: &[&[u8]]) -> Self {
        let mut bytes = parts.concat();
        let len = bytes.len();
        bytes.resize(len.next_multiple_of(CHUNK), 0);
        Self { bytes, len }
    }
}

impl Series {
    /// A new family begins; its series have this name.
    pub(super) fn family(&mut self, name: &str, suffix: &str) {
        self.start.clear();
        self.start.extend_from_slice(name.as_bytes());
        self.start.extend_from_slice(suffix.as_bytes());
        self.labels.clear();
        self.text.clear();
        self.text.append(&self.start);
    }

    /// Renders the series of a label set, up to the last value's quote.
    pub(super) fn render(&mut self, labels: &[LabelPair<'_>]) {
        if !self.has_names(labels) {
            self.take_names(labels);
        }
        if labels.is_empty() {
            return;
        }
        self.text.clear();
        for (label, (_, before)) in labels.iter().zip(&self.labels) {
            self.text.append_fragment(before);
            self.text.append_escaped(label.value);
        }
        self.text.append(b"\"");
    }

    fn has_names(&self, labels: &[LabelPair<'_>]) -> bool {
        labels.len() == self.labels.len()
            && labels.iter().zip(&self.labels).all(|(label, (name, _))| label.name == name)
    }

    #[cold]
    fn take_names(&mut self, labels: &[LabelPair<'_>]) {
        let fragment = |(place, label): (usize, &LabelPair<'_>)| {
            let name = label.name.as_bytes();
            let before = if place == 0 {
                Fragment::new(&[&self.start, b"{", name, b"=\""])
            } else {
                Fragment::new(&[b"\",", name, b"=\""])
            };
            (label.name.to_owned(), before)
        };
        self.labels = labels.iter().enumerate().map(fragment).collect();
        self.text.clear();
        self.text.append(&self.start);
    }

    /// The series as it was rendered.
    pub(super) fn text(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Its labels: `{a="b"`, or nothing.
    pub(super) fn labels(&self) -> &[u8] {
        self.text.as_bytes().get(self.start.len()..).unwrap_or_default()
    }
}

/// Bytes with room behind them, so that chunks can be copied that are longer than what counts.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    len: usize,
}

impl Text {
    fn clear(&mut self) {
        self.len = 0;
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// So many bytes behind the text.
    fn room(&mut self, len: usize) -> &mut [u8] {
        let end = self.len + len;
        if end > self.bytes.len() {
            self.bytes.resize(end.next_power_of_two(), 0);
        }
        &mut self.bytes[self.len..end]
    }

    fn append(&mut self, bytes: &[u8]) {
        self.room(bytes.len()).copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn append_fragment(&mut self, fragment: &Fragment) {
        let room = self.room(fragment.bytes.len());
        for (to, from) in room.chunks_exact_mut(CHUNK).zip(fragment.bytes.chunks_exact(CHUNK)) {
            to.copy_from_slice(from);
        }
        self.len += fragment.len;
    }

    fn append_escaped(&mut self, value: &str) {
        let len = value.len();
        if copy_plain(value.as_bytes(), self.room(len)) {
            self.len += len;
            return;
        }
        let mut text = Vec::new();
        escaped(&mut text, value, Escape::Quoted);
        self.append(&text);
    }
}

/// Copies eight bytes at a time, and tells whether none of them must be escaped.
fn copy_plain(from: &[u8], to: &mut [u8]) -> bool {
    let Some((last, end)) = from.last_chunk::<8>().zip(to.len().checked_sub(8)) else {
        to.copy_from_slice(from);
        return !from.iter().fold(false, |any, byte| any | is_special(*byte));
    };
    let (mut rest, mut place, mut specials) = (from, 0, 0);
    while let Some((word, tail)) = rest.split_first_chunk::<8>() {
        specials |= specials_of(*word);
        to[place..place + 8].copy_from_slice(word);
        (rest, place) = (tail, place + 8);
    }
    // The last eight bytes overlap what was copied before.
    to[end..].copy_from_slice(last);
    specials | specials_of(*last) == 0
}

const fn is_special(byte: u8) -> bool {
    matches!(byte, b'\\' | b'\n' | b'"')
}

/// Not zero exactly if one of the bytes must be escaped.
fn specials_of(word: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let word = u64::from_ne_bytes(word);
    // A byte of the difference is zero where the byte is the one that is looked for; taking one
    // away sets its highest bit, which it did not have.
    let has = |byte: u8| {
        let difference = word ^ (ONES * u64::from(byte));
        difference.wrapping_sub(ONES) & !difference & (ONES << 7)
    };
    has(b'\\') | has(b'\n') | has(b'"')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rendered(labels: &[LabelPair<'_>]) -> String {
        let mut series = Series::default();
        series.family("a_total", "");
        series.render(&[LabelPair { name: "other", value: "before" }]);
        series.render(labels);
        String::from_utf8(series.text().to_vec()).unwrap()
    }

    #[test]
    fn series_are_spelled_with_and_without_labels() {
        let [a, b] = ["a", "b"].map(|name| LabelPair { name, value: "v\n" });
        assert_eq!(rendered(&[]), "a_total");
        assert_eq!(rendered(&[a]), r#"a_total{a="v\n""#);
        assert_eq!(rendered(&[a, b]), r#"a_total{a="v\n",b="v\n""#);
    }

    proptest! {
        #[test]
        fn values_are_those_of_the_plain_spelling(value in "[\\\\\"\na-zé]{0,40}|[a-z]{0,40}") {
            let mut plain = Vec::new();
            escaped(&mut plain, &value, Escape::Quoted);
            let expected = format!("a_total{{l=\"{}\"", String::from_utf8(plain).unwrap());
            prop_assert_eq!(rendered(&[LabelPair { name: "l", value: &value }]), expected);
        }

        #[test]
        fn one_special_byte_is_found_anywhere(
            len in 1_usize..40,
            place in any::<prop::sample::Index>(),
            special in prop::sample::select(vec![b'\\', b'\n', b'"']),
        ) {
            let mut text = vec![b'x'; len];
            let mut copy = vec![0; len];
            prop_assert!(copy_plain(&text, &mut copy) && copy == text);
            text[place.index(len)] = special;
            prop_assert!(!copy_plain(&text, &mut copy));
        }
    }
}
