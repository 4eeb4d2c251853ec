//! The text of a series, `name{a="b",c="d"`, from fragments that a family's samples repeat.
//!
//! What follows the labels is in `lines`. Invariant: a label set is rendered as `write` spells it;
//! that copying goes in whole chunks only shows in its speed.

use std::ops::Range;

use super::write::{Escape, escaped};
use crate::sample::LabelPair;

/// The current series of a family.
#[derive(Default)]
pub(super) struct Series {
    /// What every series of the family begins with.
    start: Vec<u8>,
    labels: Vec<Part>,
    /// The series; also what the next one is compared with, since mostly few labels change.
    text: Text,
}

/// One label of the family's samples.
struct Part {
    name: String,
    /// What stands before the value: `name{a="`, `",c="`.
    before: Fragment,
    /// Where the current value is in the text; [`NOWHERE`] if the text is not the value itself.
    value: Range<usize>,
}

/// Where no text can be.
const NOWHERE: Range<usize> = usize::MAX..usize::MAX;

/// What stands before a label's value.
enum Fragment {
    /// Copied as a whole, whatever its length.
    Short([u8; SHORT], usize),
    Long(Vec<u8>),
}

const SHORT: usize = 64;

impl Fragment {
    fn new(parts: &[&[u8]]) -> Self {
        let text = parts.concat();
        let mut bytes = [0; SHORT];
        match bytes.get_mut(..text.len()) {
            Some(start) => {
                start.copy_from_slice(&text);
                Self::Short(bytes, text.len())
            }
            None => Self::Long(text),
        }
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
        let stays = |(label, part): (&LabelPair<'_>, &Part)| {
            self.text.part(&part.value).is_some_and(|text| is_same(label.value.as_bytes(), text))
        };
        let staying = labels.iter().zip(&self.labels).take_while(|&pair| stays(pair)).count();
        let (_, changed) = labels.split_at(staying);
        let (before, parts) = self.labels.split_at_mut(staying);
        if changed.is_empty() {
            return;
        }
        self.text.len = before.last().map_or(0, |part| part.value.end);
        for (label, part) in changed.iter().zip(parts) {
            self.text.append_fragment(&part.before);
            let start = self.text.len;
            let is_plain = self.text.append_escaped(label.value.as_bytes());
            // The text of an escaped value may be another value: it is compared with none.
            part.value = if is_plain { start..self.text.len } else { NOWHERE };
        }
        self.text.append(b"\"");
    }

    fn has_names(&self, labels: &[LabelPair<'_>]) -> bool {
        let is_name = |(label, part): (&LabelPair<'_>, &Part)| {
            is_same(label.name.as_bytes(), part.name.as_bytes())
        };
        labels.len() == self.labels.len() && labels.iter().zip(&self.labels).all(is_name)
    }

    #[cold]
    fn take_names(&mut self, labels: &[LabelPair<'_>]) {
        let part = |(place, label): (usize, &LabelPair<'_>)| {
            let name = label.name.as_bytes();
            let before = if place == 0 {
                Fragment::new(&[&self.start, b"{", name, b"=\""])
            } else {
                Fragment::new(&[b"\",", name, b"=\""])
            };
            Part { name: label.name.to_owned(), before, value: NOWHERE }
        };
        self.labels = labels.iter().enumerate().map(part).collect();
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

    /// Some bytes of it, if there are so many.
    fn part(&self, range: &Range<usize>) -> Option<&[u8]> {
        self.bytes.get(range.clone())
    }

    /// So many bytes behind the text.
    #[inline]
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

    #[inline]
    fn append_fragment(&mut self, fragment: &Fragment) {
        match fragment {
            Fragment::Short(bytes, len) => {
                self.room(SHORT).copy_from_slice(bytes);
                self.len += len;
            }
            Fragment::Long(text) => self.append(text),
        }
    }

    /// Appends a value; `false` if something in it had to be escaped.
    #[inline]
    fn append_escaped(&mut self, value: &[u8]) -> bool {
        let len = value.len();
        let is_plain = copy_plain(value, self.room(len + WORD));
        if is_plain {
            self.len += len;
        } else {
            self.append_slowly(value);
        }
        is_plain
    }

    #[cold]
    fn append_slowly(&mut self, value: &[u8]) {
        let mut text = Vec::new();
        escaped(&mut text, value, Escape::Quoted);
        self.append(&text);
    }
}

/// Bytes that are copied and looked at together.
const WORD: usize = 8;

/// Copies without a branch for each byte, and tells whether none of them must be escaped. `to` has
/// a word more than `from`, for what is copied beyond its end.
#[inline]
fn copy_plain(from: &[u8], to: &mut [u8]) -> bool {
    let Some(last) = from.last_chunk::<WORD>() else {
        let word = short_word(from);
        to[..WORD].copy_from_slice(&word);
        return specials(word) == 0;
    };
    let (mut rest, mut place, mut found) = (from, 0, 0);
    while let Some((word, tail)) = rest.split_first_chunk::<WORD>() {
        to[place..place + WORD].copy_from_slice(word);
        found |= specials(*word);
        (rest, place) = (tail, place + WORD);
    }
    // The last word overlaps the one before it.
    to[from.len() - WORD..from.len()].copy_from_slice(last);
    found | specials(*last) == 0
}

/// Fewer bytes than a word has, zeros behind them.
#[inline]
fn short_word(bytes: &[u8]) -> [u8; WORD] {
    let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) else {
        let at = |place: usize| bytes.get(place).copied().unwrap_or(0);
        return [at(0), at(1), at(2), 0, 0, 0, 0, 0];
    };
    // The parts overlap; there they agree.
    let [first, last] = [first, last].map(|part| u64::from(u32::from_le_bytes(*part)));
    (first | last << (8 * (bytes.len() - 4))).to_le_bytes()
}

/// Not zero exactly if one of the bytes must be escaped.
#[inline]
fn specials(word: [u8; WORD]) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; WORD]);
    let word = u64::from_ne_bytes(word);
    // The difference has a zero byte where the byte is the one that is looked for, and only what
    // is taken from a zero byte sets a highest bit that it did not have.
    let has = |byte: u8| {
        let difference = word ^ (ONES * u64::from(byte));
        difference.wrapping_sub(ONES) & !difference
    };
    (has(b'\\') | has(b'\n') | has(b'"')) & (ONES << 7)
}

/// Whether two texts are equal; most are too short for a call to pay.
#[inline]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() > 16 || a.len() < 4 || a.len() != b.len() {
        return a == b;
    }
    if a.len() < 8 {
        return a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk();
    }
    a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk()
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

    /// The text of the first value is the second value.
    #[test]
    fn a_value_is_not_taken_for_the_text_of_another() {
        let mut series = Series::default();
        series.family("a_total", "");
        for (value, text) in [("\"", r#"a_total{l="\"""#), ("\\\"", r#"a_total{l="\\\"""#)] {
            series.render(&[LabelPair { name: "l", value }]);
            assert_eq!(str::from_utf8(series.text()), Ok(text));
        }
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
        fn names_are_compared_whole(a in "[ab]{0,20}", b in "[ab]{0,20}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            prop_assert!(is_same(a, a));
            prop_assert_eq!(is_same(a, b), a == b);
        }

        #[test]
        fn what_was_rendered_before_does_not_show(
            sets in prop::collection::vec(prop::collection::vec("[a\\\\\"]{0,3}", 0..4), 1..20)
        ) {
            let mut series = Series::default();
            series.family("a_total", "");
            for values in sets {
                let labels: Vec<_> =
                    values.iter().map(|value| LabelPair { name: "l", value }).collect();
                series.render(&labels);
                prop_assert_eq!(str::from_utf8(series.text()), Ok(&*rendered(&labels)));
            }
        }

        #[test]
        fn values_are_those_of_the_plain_spelling(value in "[\\\\\"\na-zé]{0,40}|[a-z]{0,40}") {
            let mut plain = Vec::new();
            escaped(&mut plain, value.as_bytes(), Escape::Quoted);
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
            let mut copy = vec![0; len + WORD];
            prop_assert!(copy_plain(&text, &mut copy) && copy.starts_with(&text));
            text[place.index(len)] = special;
            prop_assert!(!copy_plain(&text, &mut copy));
        }
    }
}
