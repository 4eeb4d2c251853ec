//! Names on the wire: which are valid, and which are reserved.

/// Labels that tell the samples of one series apart: the buckets of a histogram, the quantiles of a
/// summary. No family has them itself.
pub const RESERVED_LABELS: [&str; 2] = ["le", "quantile"];

/// Labels that Prometheus gives to every target. It stores a sample's own as `exported_…`.
pub const TARGET_LABELS: [&str; 2] = ["instance", "job"];

/// Whether a text is a metric name of the classic formats: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
#[must_use]
pub const fn is_metric_name(name: &str) -> bool {
    is_name(name.as_bytes(), true)
}

/// Whether a text is a label name: `[a-zA-Z_][a-zA-Z0-9_]*`.
#[must_use]
pub const fn is_label_name(name: &str) -> bool {
    is_name(name.as_bytes(), false)
}

const fn is_name(name: &[u8], colons: bool) -> bool {
    let mut place = 0;
    while place < name.len() {
        let byte = name[place];
        let is_letter = byte.is_ascii_alphabetic() || byte == b'_' || (colons && byte == b':');
        if !is_letter && (place == 0 || !byte.is_ascii_digit()) {
            return false;
        }
        place += 1;
    }
    !name.is_empty()
}

/// What a label's name is reserved for; `None` if it is not.
#[must_use]
pub fn reserved_for(label: &str) -> Option<&'static str> {
    match label {
        "le" => Some("it tells the buckets of a histogram apart"),
        "quantile" => Some("it tells the quantiles of a summary apart"),
        _ => label.starts_with("__").then_some("names that begin with `__` are Prometheus' own"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_data_model() {
        for good in ["a", "_x", "A9", "__name__"] {
            assert!(is_metric_name(good) && is_label_name(good), "{good}");
        }
        for metric in ["job:http_requests:rate5m", ":"] {
            assert!(is_metric_name(metric) && !is_label_name(metric), "{metric}");
        }
        for bad in ["", "9a", "a-b", "a b", "é", "a.b", "a\n"] {
            assert!(!is_metric_name(bad) && !is_label_name(bad), "{bad}");
        }
    }

    #[test]
    fn reserved_labels_have_a_reason() {
        assert!(
            RESERVED_LABELS.into_iter().chain(["__x"]).all(|name| reserved_for(name).is_some())
        );
        assert!(["l", "les", "_le"].into_iter().all(|name| reserved_for(name).is_none()));
    }
}
