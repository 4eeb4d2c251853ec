//! The text of a series, `name{a="b",c="d"} `, of which mostly a part is that of the one before.
//!
//! What follows the series is in `lines`. Invariant: the text is the same whether labels were kept
//! or are rendered again.

use super::write::{Escape, escaped, specials};

/// The current series of a family.
#[derive(Default)]
pub(super) struct Series {
    name: Vec<u8>,
    labels: Vec<Label>,
    text: Vec<u8>,
}

/// One label of the family's samples.
struct Label {
    /// Where its value begins in the text.
    start: usize,
    /// What stands between the value and the next one, `",c="`, or behind the last one, `"} `.
    after: Piece,
}

impl Series {
    /// A new family begins; its series have this name.
    pub(super) fn family(&mut self, name: &str, suffix: &str) {
        self.name.clear();
        self.name.extend_from_slice(name.as_bytes());
        self.name.extend_from_slice(suffix.as_bytes());
        self.labels(&[]);
    }

    /// The series that follow have labels of these names.
    pub(super) fn labels(&mut self, names: &[&str]) {
        self.text.clear();
        self.text.extend_from_slice(&self.name);
        match names.first() {
            Some(name) => self.text.extend_from_slice(["{", name, "=\""].concat().as_bytes()),
            None => self.text.push(b' '),
        }
        let start = self.text.len();
        let behind = |place: usize| match names.get(place) {
            Some(name) => ["\",", name, "=\""].concat(),
            None => "\"} ".to_owned(),
        };
        let label = |place| Label { start, after: Piece::new(behind(place).into()) };
        self.labels = (1..=names.len()).map(label).collect();
    }

    /// Renders the series with these values, of which the first ones are those of the series before.
    #[inline(always)]
    pub(super) fn render(&mut self, values: &[&str], kept: usize) {
        let Some(first) = self.labels.get(kept) else { return };
        let start = first.start;
        self.render_with(values, kept, Vec::extend_from_slice);
        // Each value stands between quotes, but the first quote was kept.
        let quotes = 2 * (self.labels.len() - kept) - 1;
        if specials(&mut self.text, start) != quotes {
            self.render_slowly(values, kept);
        }
    }

    #[cold]
    fn render_slowly(&mut self, values: &[&str], kept: usize) {
        self.render_with(values, kept, |text, value| escaped(text, value, Escape::Quoted));
    }

    #[inline(always)]
    fn render_with(&mut self, values: &[&str], kept: usize, append: impl Fn(&mut Vec<u8>, &[u8])) {
        let (Some(labels), Some(values)) = (self.labels.get_mut(kept..), values.get(kept..)) else {
            return;
        };
        self.text.truncate(labels.first().map_or(0, |first| first.start));
        for (label, value) in labels.iter_mut().zip(values) {
            label.start = self.text.len();
            append(&mut self.text, value.as_bytes());
            label.after.append_to(&mut self.text);
        }
    }

    /// The series with a blank behind it: `name{a="b"} `.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// What stands behind the name: `{a="b"} `, or a blank.
    pub(super) fn behind_name(&self) -> &[u8] {
        self.text.get(self.name.len()..).unwrap_or_default()
    }

    /// The series before one more label, and the character between: `name{a="b"` and `,`.
    pub(super) fn open(&self) -> (&[u8], u8) {
        match self.text.strip_suffix(b"} ") {
            Some(series) => (series, b','),
            None => (&self.name, b'{'),
        }
    }
}

/// A text that is appended again and again.
enum Piece {
    /// Appended as a whole, whatever its length, for no call is as short.
    Short([u8; Self::SHORT], usize),
    Long(Vec<u8>),
}

impl Piece {
    const SHORT: usize = 16;

    fn new(text: Vec<u8>) -> Self {
        let mut bytes = [0; Self::SHORT];
        match bytes.get_mut(..text.len()) {
            Some(start) => {
                start.copy_from_slice(&text);
                Self::Short(bytes, text.len())
            }
            None => Self::Long(text),
        }
    }

    #[inline]
    fn append_to(&self, text: &mut Vec<u8>) {
        match self {
            Self::Short(bytes, len) => {
                let end = text.len() + len;
                text.extend_from_slice(bytes);
                text.truncate(end);
            }
            Self::Long(bytes) => text.extend_from_slice(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 4] = ["a", "b", "status_of_the_last_request", "d"];

    /// A series of its own, without what the next one begins with.
    fn rendered(values: &[&str]) -> String {
        let mut series = Series::default();
        series.family("a_total", "");
        series.labels(&["other"]);
        series.render(&["before"], 0);
        series.labels(&NAMES[..values.len()]);
        series.render(values, 0);
        String::from_utf8(series.text().to_vec()).unwrap()
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
        let mut series = Series::default();
        series.family("a", "_bucket");
        assert_eq!(series.open(), (&b"a_bucket"[..], b'{'));
        assert_eq!(series.behind_name(), b" ");
        series.labels(&["l"]);
        series.render(&["} "], 0);
        assert_eq!(series.open(), (&b"a_bucket{l=\"} \""[..], b','));
        assert_eq!(series.behind_name(), b"{l=\"} \"} ");
    }

    proptest! {
        #[test]
        fn what_is_kept_reads_as_if_it_were_rendered(
            sets in prop::collection::vec((prop::array::uniform4("[ab\\\\\"]{0,3}"), 0_usize..=4), 1..20)
        ) {
            let mut series = Series::default();
            series.family("a_total", "");
            series.labels(&NAMES);
            let mut before = [""; 4];
            for (values, kept) in &sets {
                let mut values = values.each_ref().map(|value| &**value);
                let kept = if before == [""; 4] { 0 } else { *kept };
                values[..kept].copy_from_slice(&before[..kept]);
                series.render(&values, kept);
                prop_assert_eq!(str::from_utf8(series.text()), Ok(&*rendered(&values)));
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
