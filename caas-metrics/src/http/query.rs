//! The query of a scrape: `name[]=…`, as often as families are wanted.
//!
//! Not here: which family a name means (`filter.rs`). Invariant: whatever else a query holds is ignored,
//! and bytes that are not UTF-8 are a name that nothing has.

use std::borrow::Cow;

use crate::filter::Filter;

impl Filter {
    /// What a query asks for: all families, unless it names some.
    pub(super) fn of_query(query: Option<&str>) -> Self {
        let mut names = Vec::new();
        for pair in query.unwrap_or_default().split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if decoded(key) == "name[]" {
                names.push(decoded(value).into_owned());
            }
        }
        if names.is_empty() { Self::All } else { Self::Named(names) }
    }
}

/// A text of a query, as forms encode it.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        let (byte, after) = match (first, after) {
            (b'+', _) => (b' ', after),
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                // A `%` without two digits stands for itself.
                _ => (b'%', &rest[1..]),
            },
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_names(query: &str, names: &[&str]) {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(Filter::of_query(Some(query)), Filter::Named(names), "{query}");
    }

    #[test]
    fn names_are_decoded() {
        assert_names("name[]=up", &["up"]);
        assert_names("name[]=a&x=1&name[]=b", &["a", "b"]);
        assert_names("name%5B%5D=a%5fb", &["a_b"]);
        assert_names("name%5b]=a+b%20c", &["a b c"]);
        assert_names("name[]=%", &["%"]);
        assert_names("name[]=%4", &["%4"]);
        assert_names("name[]=%zz%41", &["%zzA"]);
        assert_names("name[]=%C3%A9%ff", &["é\u{fffd}"]);
        assert_names("name[]=a=b", &["a=b"]);
        assert_names("name[]", &[""]);
        assert_names("&&name[]=&", &[""]);
    }

    #[test]
    fn without_a_name_all_families_are_wanted() {
        for query in [None, Some(""), Some("x"), Some("name=up"), Some("names[]=up&Name[]=up")] {
            assert_eq!(Filter::of_query(query), Filter::All, "{query:?}");
        }
    }
}
