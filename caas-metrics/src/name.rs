//! Names on the wire: which are valid, and which sample names a family takes.
//!
//! The macro crate checks the names of declared families at compile time; here are the checks of
//! names that are only known at run time. Invariant: what passes here breaks no page.

use crate::desc::MetricType;

/// Whether a text is a metric name of the classic formats: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub(crate) fn is_metric_name(name: &str) -> bool {
    is_name(name, |byte| byte == b':')
}

/// Whether a text is a label name: `[a-zA-Z_][a-zA-Z0-9_]*`.
pub(crate) fn is_label_name(name: &str) -> bool {
    is_name(name, |_| false)
}

/// What a label's name is reserved for; `None` if it is not.
pub(crate) fn reserved_for(label: &str) -> Option<&'static str> {
    match label {
        "le" => Some("it tells the buckets of a histogram apart"),
        "quantile" => Some("it tells the quantiles of a summary apart"),
        _ => label.starts_with("__").then_some("names that begin with `__` are Prometheus' own"),
    }
}

/// Labels that Prometheus gives to every target. It stores a sample's own as `exported_…`.
pub(crate) const TARGET_LABELS: [&str; 2] = ["instance", "job"];

fn is_name(name: &str, also: impl Fn(u8) -> bool) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || also(byte))
}

/// Every name that a family takes for itself in some format: its samples', and in OpenMetrics the
/// family's own. Two families with a common one cannot stand on one page.
pub(crate) fn taken_names(name: &str, metric_type: MetricType) -> Vec<String> {
    let with = |base: &str, suffixes: &[&str]| {
        suffixes.iter().map(|suffix| format!("{base}{suffix}")).collect()
    };
    match metric_type {
        MetricType::Counter => match name.strip_suffix("_total") {
            Some(base) => with(base, &["", "_total", "_created"]),
            None => with(name, &[""]),
        },
        MetricType::Histogram => with(name, &["", "_bucket", "_count", "_sum", "_created"]),
        MetricType::Summary => with(name, &["", "_count", "_sum", "_created"]),
        MetricType::Info => match name.strip_suffix("_info") {
            Some(base) => with(base, &["", "_info"]),
            None => with(name, &[""]),
        },
        MetricType::Gauge | MetricType::Unknown => with(name, &[""]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_data_model() {
        for good in ["a", "_x", "job:http_requests:rate5m", "A9"] {
            assert!(is_metric_name(good), "{good}");
        }
        for bad in ["", "9a", "a-b", "a b", "é", "a.b", "a\n"] {
            assert!(!is_metric_name(bad), "{bad}");
            assert!(!is_label_name(bad), "{bad}");
        }
        assert!(!is_label_name("a:b"));
    }
}
