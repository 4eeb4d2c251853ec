//! Names: words, cases, character sets, and what a mistyped word probably meant.
//!
//! No tokens and no rules about metrics here; those are in `promlint` and the `check` stages.
//! Invariant: every function is a pure function of its text.

pub(crate) use caas_metrics_model::{
    is_label_name as is_label_charset, is_metric_name as is_metric_charset,
};

/// The words of an identifier: `HTTPServer2Errors` has `HTTP`, `Server2` and `Errors`.
///
/// A word ends where a capital follows a small letter or a digit, before the last capital of a run
/// that goes on in small letters, and at an underscore.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut letters = name.chars().peekable();
    let mut before: Option<char> = None;
    while let Some(letter) = letters.next() {
        if letter == '_' {
            words.push(std::mem::take(&mut word));
            before = None;
            continue;
        }
        let after_small = before.is_some_and(|c| !c.is_uppercase());
        let before_small = letters.peek().is_some_and(|c| c.is_lowercase());
        if letter.is_uppercase() && before.is_some() && (after_small || before_small) {
            words.push(std::mem::take(&mut word));
        }
        word.push(letter);
        before = Some(letter);
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// `HttpRequestsTotal` as `http_requests_total`.
pub(crate) fn snake_case(name: &str) -> String {
    words(name).join("_").to_lowercase()
}

/// `http_requests_total` as `HttpRequestsTotal`.
pub(crate) fn pascal_case(name: &str) -> String {
    words(name).iter().map(|word| with_capital(&word.to_lowercase())).collect()
}

/// How `#[label(rename_all = "…")]` turns variants into texts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    /// Every case by the name that `rename_all` gives it.
    pub(crate) const ALL: [(&'static str, Self); 8] = [
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("PascalCase", Self::Pascal),
        ("camelCase", Self::Camel),
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
    ];

    /// The case called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, case)| *case)
    }

    /// The text of the variant `ident`.
    pub(crate) fn apply(self, ident: &str) -> String {
        let words = words(ident);
        match self {
            Self::Lower => words.concat().to_lowercase(),
            Self::Upper => words.concat().to_uppercase(),
            Self::Pascal => words.iter().map(|word| with_capital(word)).collect(),
            Self::Camel => with_small(&pascal_case(ident)),
            Self::Snake => words.join("_").to_lowercase(),
            Self::ScreamingSnake => words.join("_").to_uppercase(),
            Self::Kebab => words.join("-").to_lowercase(),
            Self::ScreamingKebab => words.join("-").to_uppercase(),
        }
    }
}

/// Whether `name` is words of small letters and digits with single underscores between them.
pub(crate) fn is_snake_case(name: &str) -> bool {
    name.split('_').all(|word| !word.is_empty()) && !name.contains(|c: char| c.is_ascii_uppercase())
}

/// The entry of `known` that `word` probably meant: at most a third of its letters differ.
pub(crate) fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `: did you mean `buckets`?`, or only the colon if no entry of `known` is close.
pub(crate) fn did_you_mean(word: &str, known: &[&str]) -> String {
    closest(word, known).map_or_else(|| ":".into(), |meant| format!(": did you mean `{meant}`?"))
}

/// `` `a`, `b` and `c` ``.
pub(crate) fn listed(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// How many letters must be added, removed or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.to_lowercase().chars().enumerate() {
        let mut next = vec![i + 1];
        let mut left = i + 1;
        for (candidate, pair) in other.iter().zip(row.windows(2)) {
            if let [diagonal, above] = *pair {
                let changed = diagonal + usize::from(letter != *candidate);
                left = changed.min(above + 1).min(left + 1);
                next.push(left);
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

fn with_capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn with_small(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_keeps_acronyms_and_digits_together() {
        for (ident, snake) in [
            ("HttpRequestsTotal", "http_requests_total"),
            ("HTTPRequestsTotal", "http_requests_total"),
            ("Http2StreamsTotal", "http2_streams_total"),
            ("RequestP99Seconds", "request_p99_seconds"),
            ("TLSHandshakesTotal", "tls_handshakes_total"),
            ("http_requests_total", "http_requests_total"),
            ("X", "x"),
        ] {
            assert_eq!(snake_case(ident), snake);
        }
    }

    #[test]
    fn each_case_of_rename_all() {
        let texts: Vec<_> = Case::ALL.iter().map(|(_, case)| case.apply("NotFound")).collect();
        assert_eq!(
            texts,
            [
                "notfound",
                "NOTFOUND",
                "NotFound",
                "notFound",
                "not_found",
                "NOT_FOUND",
                "not-found",
                "NOT-FOUND"
            ]
        );
    }

    #[test]
    fn character_sets() {
        assert!(is_metric_charset("job:requests:rate5m") && is_metric_charset("_x"));
        for bad in ["", "1x", "a-b", "größe", "a b"] {
            assert!(!is_metric_charset(bad) && !is_label_charset(bad), "{bad}");
        }
        assert!(!is_label_charset("a:b"));
        assert!(is_snake_case("http2_requests"));
        for bad in ["", "_x", "x_", "a__b", "aB"] {
            assert!(!is_snake_case(bad), "{bad}");
        }
    }

    #[test]
    fn a_close_word_is_suggested_and_a_far_one_is_not() {
        let known = ["buckets", "limit", "unit"];
        assert_eq!(closest("bucket", &known), Some("buckets"));
        assert_eq!(closest("limits", &known), Some("limit"));
        assert_eq!(closest("derive", &known), None);
        assert_eq!(listed(&known), "`buckets`, `limit` and `unit`");
    }
}
