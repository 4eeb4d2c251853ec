//! Series by name and labels, as a page shows them.
//!
//! Not here: their values. Invariant: one series has one text.

use std::fmt;

use crate::{
    family::LabelSet,
    label::LabelText,
    sample::{ChildSnapshot, FamilySnapshot, Number, OwnedValue},
    storage::key::Text,
};

/// A name, of a histogram or summary with a suffix, and labels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Series<'a> {
    pub(super) name: &'a str,
    pub(super) suffix: &'static str,
    pub(super) labels: &'a [(String, String)],
}

impl Series<'_> {
    /// Whether both are the same number of a family.
    pub(super) fn is_like(&self, other: Self) -> bool {
        self.name == other.name && self.suffix == other.suffix
    }

    /// How many edits the label values are from those of another series of the family.
    pub(super) fn distance(&self, other: Self) -> usize {
        let pairs = self.labels.iter().zip(other.labels);
        pairs.map(|((_, a), (_, b))| edits(a, b)).sum()
    }
}

/// How many characters must be added, removed or replaced to make the same text of both.
fn edits(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (place, of_a) in a.chars().enumerate() {
        let mut corner = place;
        row[0] = place + 1;
        for (place, of_b) in b.chars().enumerate() {
            let replaced = corner + usize::from(of_a != of_b);
            corner = row[place + 1];
            row[place + 1] = replaced.min(corner + 1).min(row[place] + 1);
        }
    }
    row[row.len() - 1]
}

impl fmt::Display for Series<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.suffix)?;
        let mut before = "{";
        for (name, value) in self.labels {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            write!(f, "{before}{name}=\"{value}\"")?;
            before = ",";
        }
        if before == "," { f.write_str("}") } else { Ok(()) }
    }
}

/// The labels of a label set.
pub(super) fn labels<L: LabelSet>(set: &L) -> Vec<(String, String)> {
    let text = |values: Option<&'static [&'static str]>, LabelText(text): &LabelText<'_>| match (
        text, values,
    ) {
        (Text::Integer(place), Some(values)) => {
            values.get(*place as usize).copied().unwrap_or_default().to_owned()
        }
        (Text::Integer(n), None) => n.to_string(),
        (text, _) => text.as_str().unwrap_or_default().to_owned(),
    };
    set.with_values(|values| {
        let labels = L::DESCRIPTOR.labels.iter().zip(values);
        labels.map(|(label, value)| (label.name.to_owned(), text(label.values, value))).collect()
    })
}

/// The numbers of a child: of a histogram and a summary their count and sum.
pub(super) fn numbers<'a>(
    family: &'a FamilySnapshot,
    child: &'a ChildSnapshot,
) -> impl Iterator<Item = (Series<'a>, Number)> {
    let numbers = match &child.value {
        OwnedValue::Number(number) => [Some(("", *number)), None],
        OwnedValue::Histogram { buckets, sum, .. } => {
            let count = buckets.iter().copied().fold(0, u64::wrapping_add);
            [Some(("_count", count.into())), Some(("_sum", (*sum).into()))]
        }
        OwnedValue::Summary { sum, count, .. } => {
            [Some(("_count", (*count).into())), Some(("_sum", (*sum).into()))]
        }
    };
    let name = &*family.name;
    let series = move |suffix| Series { name, suffix, labels: &child.labels };
    numbers.into_iter().flatten().map(move |(suffix, number)| (series(suffix), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, edits_of_both) in [
            ("", "", 0),
            ("mail", "mail", 0),
            ("mail", "", 4),
            ("mail", "mall", 1),
            ("ab", "ba", 2),
        ] {
            assert_eq!((edits(a, b), edits(b, a)), (edits_of_both, edits_of_both), "{a} {b}");
        }
    }

    #[test]
    fn texts_are_escaped_as_on_a_page() {
        let labels = [("path".to_owned(), "a\\b\"c\nd".to_owned())];
        let series = Series { name: "it", suffix: "_sum", labels: &labels };
        assert_eq!(series.to_string(), r#"it_sum{path="a\\b\"c\nd"}"#);
    }
}
