//! The text of a series, `name{a="b",c="d"} `, which often begins like that of the series before.
//!
//! Not here: the rest of a line (`lines`). Invariant: the text is the same whether labels are copied
//! from the series before or written anew.

use super::escape::{Escape, escaped};
use crate::sample::Labels;

/// The series of a family.
#[derive(Default)]
pub(super) struct Series {
    /// The start of each series, `name{a="`; without labels, the whole text.
    first: Vec<u8>,
    /// The length of the name.
    name: usize,
    labels: Vec<Label>,
    /// Where the series before begins in the page, if it is still there.
    before: Option<usize>,
}

/// One label of the family's samples.
struct Label {
    /// Where its value begins in the series before.
    start: usize,
    /// The text between this value and the next, `",c="`, or after the last one, `"} `.
    after: Piece,
}

impl Series {
    /// Begins a family with this name.
    pub(super) fn family(&mut self, name: &str, suffix: &str) {
        self.first.clear();
        self.first.extend_from_slice(name.as_bytes());
        self.first.extend_from_slice(suffix.as_bytes());
        self.name = self.first.len();
        self.labels(&[]);
    }

    /// Sets the label names of the series that follow.
    pub(super) fn labels(&mut self, names: &[&str]) {
        self.forget();
        self.first.truncate(self.name);
        let rest: [&[u8]; 3] = match names.first() {
            Some(name) => [b"{", name.as_bytes(), b"=\""],
            None => [b" ", b"", b""],
        };
        for part in rest {
            self.first.extend_from_slice(part);
        }
        self.labels.clear();
        self.labels.extend((1..=names.len()).map(|next| {
            let after = match names.get(next) {
                Some(name) => Piece::new([b"\",", name.as_bytes(), b"=\""]),
                None => Piece::new([b"\"} ", b"", b""]),
            };
            Label { start: 0, after }
        }));
    }

    /// Forgets the series before, which may no longer be in the page.
    pub(super) fn forget(&mut self) {
        self.before = None;
    }

    /// Writes the series with these values, and a space after it. Inlined where that is quicker; a debug
    /// build needs it once.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn write(&mut self, page: &mut Vec<u8>, labels: Labels<'_>) {
        let (start, before) = (page.len(), self.before);
        self.before = Some(start);
        if let (Some(before), Some(first)) = (before, self.labels.get(labels.kept)) {
            page.extend_from_within(before..before + first.start);
            return self.write_values(page, start, labels);
        }
        page.extend_from_slice(&self.first);
        // The flags of values do not cover those that were to be copied.
        let are_plain = labels.are_plain && labels.kept == 0;
        self.write_values(page, start, Labels { kept: 0, are_plain, ..labels });
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn write_values(&mut self, page: &mut Vec<u8>, start: usize, labels: Labels<'_>) {
        let Labels { values, kept, are_plain } = labels;
        let labels = self.labels.get_mut(kept..).unwrap_or_default();
        for (label, value) in labels.iter_mut().zip(values.get(kept..).unwrap_or_default()) {
            label.start = page.len() - start;
            if are_plain {
                label.after.append_behind(page, value.as_bytes());
            } else {
                escaped(page, value.as_bytes(), Escape::Quoted);
                label.after.append_behind(page, b"");
            }
        }
    }

    /// The part of a series after the name: `{a="b"} `, or a space.
    pub(super) fn after_name<'s>(&self, series: &'s [u8]) -> &'s [u8] {
        series.get(self.name..).unwrap_or_default()
    }
}

/// The text of a series to which a label can be added, and the character between: `name{a="b"` and `,`.
pub(super) fn open(series: &[u8]) -> (&[u8], u8) {
    match series.strip_suffix(b"} ") {
        Some(series) => (series, b','),
        None => (series.strip_suffix(b" ").unwrap_or(series), b'{'),
    }
}

/// A text that is appended again and again.
enum Piece {
    /// Appended as a whole, whatever the length, because that is shorter than any call.
    Short([u8; Self::SHORT], u8),
    Long(Box<[u8]>),
}

impl Piece {
    const SHORT: usize = 16;

    fn new(parts: [&[u8]; 3]) -> Self {
        let (mut short, len) =
            ([0; Self::SHORT], parts.iter().map(|part| part.len()).sum::<usize>());
        if len > Self::SHORT {
            return Self::Long(parts.concat().into());
        }
        let bytes = parts.into_iter().flatten();
        short.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
        Self::Short(short, len as u8)
    }

    /// Appends a text and this one.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn append_behind(&self, page: &mut Vec<u8>, text: &[u8]) {
        let (start, len) = (page.len(), text.len());
        match self {
            Self::Short(after, behind) if len <= Self::SHORT => {
                page.extend_from_slice(&[0; 2 * Self::SHORT]);
                if let Some(room) = page.last_chunk_mut::<{ 2 * Self::SHORT }>() {
                    short(room, text);
                    room[len..len + Self::SHORT].copy_from_slice(after);
                }
                page.truncate(start + len + usize::from(*behind));
            }
            Self::Short(after, behind) => {
                page.extend_from_slice(text);
                page.extend_from_slice(after);
                page.truncate(start + len + usize::from(*behind));
            }
            Self::Long(after) => {
                page.extend_from_slice(text);
                page.extend_from_slice(after);
            }
        }
    }
}

/// Copies a text of at most sixteen bytes to the beginning of `room`, without a call, which would take
/// longer than the copy. Bytes after the text may be overwritten.
#[cfg_attr(not(debug_assertions), inline(always))]
fn short(room: &mut [u8], text: &[u8]) {
    let len = text.len();
    // The first and the last bytes overlap where the text is shorter than both.
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        room[..8].copy_from_slice(first);
        room[len - 8..len].copy_from_slice(last);
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        room[..4].copy_from_slice(first);
        room[len - 4..len].copy_from_slice(last);
    } else {
        let bytes = [0, 1, 2].map(|place| text.get(place).copied().unwrap_or(0));
        room[..3].copy_from_slice(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample::is_special;

    const NAMES: [&str; 4] = ["a", "b", "status_of_the_last_request", "d"];

    /// A series of its own, without what the next one begins with.
    fn rendered(values: &[&str]) -> String {
        let mut series = Series::default();
        let mut page = Vec::new();
        series.family("a_total", "");
        series.labels(&["other"]);
        series.write(&mut page, Labels::new(&["before"]));
        series.labels(&NAMES[..values.len()]);
        let start = page.len();
        series.write(&mut page, Labels::new(values));
        String::from_utf8(page.split_off(start)).unwrap()
    }

    #[test]
    fn series_are_spelled_with_and_without_labels() {
        assert_eq!(rendered(&[]), "a_total ");
        assert_eq!(rendered(&["v\n"]), r#"a_total{a="v\n"} "#);
        assert_eq!(
            rendered(&["v\n", "", "\""]),
            r#"a_total{a="v\n",b="",status_of_the_last_request="\""} "#
        );
    }

    #[test]
    fn one_more_label_fits_behind_all_others() {
        let (mut series, mut page) = (Series::default(), Vec::new());
        series.family("a", "_bucket");
        series.write(&mut page, Labels::new(&[]));
        assert_eq!(open(&page), (&b"a_bucket"[..], b'{'));
        assert_eq!(series.after_name(&page), b" ");
        page.clear();
        series.labels(&["l"]);
        series.write(&mut page, Labels::new(&["} "]));
        assert_eq!(open(&page), (&b"a_bucket{l=\"} \""[..], b','));
        assert_eq!(series.after_name(&page), b"{l=\"} \"} ");
    }

    proptest! {
        #[test]
        fn short_texts_are_written_as_they_are(text in "[a-z]{0,16}") {
            let mut room = [0; 16];
            short(&mut room, text.as_bytes());
            prop_assert_eq!(&room[..text.len()], text.as_bytes());
        }

        #[test]
        fn what_is_kept_reads_as_if_it_were_rendered(
            sets in prop::collection::vec(
                (prop::array::uniform4("[ab\\\\\"]{0,3}|[a-z]{0,20}"), 0_usize..=4, any::<bool>()),
                1..20,
            )
        ) {
            let (mut series, mut page) = (Series::default(), Vec::new());
            series.family("a_total", "");
            series.labels(&NAMES);
            let mut before = [""; 4];
            for (values, kept, is_taken) in &sets {
                let mut values = values.each_ref().map(|value| &**value);
                let kept = if before == [""; 4] { 0 } else { *kept };
                values[..kept].copy_from_slice(&before[..kept]);
                let are_plain = values[kept..].iter().all(|value| !value.bytes().any(is_special));
                if *is_taken {
                    series.forget();
                    page.clear();
                }
                let start = page.len();
                series.write(&mut page, Labels { values: &values, kept, are_plain });
                prop_assert_eq!(str::from_utf8(&page[start..]), Ok(&*rendered(&values)));
                before = values;
            }
        }

        #[test]
        fn values_are_those_of_the_plain_spelling(
            values in prop::array::uniform3("[\\\\\"\na-zé]{0,40}|[a-z]{0,400}|[\\\\\"\n]{0,400}")
        ) {
            let plain = values.each_ref().map(|value| {
                let mut plain = Vec::new();
                escaped(&mut plain, value.as_bytes(), Escape::Quoted);
                String::from_utf8(plain).unwrap()
            });
            let labels = NAMES.iter().zip(&plain).map(|(name, value)| format!("{name}=\"{value}\""));
            let expected = format!("a_total{{{}}} ", labels.collect::<Vec<_>>().join(","));
            prop_assert_eq!(rendered(&values.each_ref().map(|value| &**value)), expected);
        }
    }
}
