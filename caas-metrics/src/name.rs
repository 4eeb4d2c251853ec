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

/// The names of the samples of a family on a page.
pub(crate) fn sample_names(name: &str, metric_type: MetricType) -> Vec<String> {
    let suffixes: &[&str] = match metric_type {
        MetricType::Histogram => &["_bucket", "_sum", "_count"],
        MetricType::Summary => &["", "_sum", "_count"],
        _ => &[""],
    };
    suffixes.iter().map(|suffix| format!("{name}{suffix}")).collect()
}

/// Every name that a family takes for itself in some format: its samples', and in OpenMetrics the
/// family's own and that of its start. Two families with a common one cannot stand on one page.
pub(crate) fn names_taken_by(name: &str, metric_type: MetricType) -> Vec<String> {
    let mut names = sample_names(name, metric_type);
    match metric_type {
        MetricType::Counter => {
            if let Some(base) = name.strip_suffix("_total") {
                names.extend([base.to_owned(), format!("{base}_created")]);
            }
        }
        MetricType::Histogram => names.extend([name.to_owned(), format!("{name}_created")]),
        MetricType::Summary => names.push(format!("{name}_created")),
        MetricType::Info => names.extend(name.strip_suffix("_info").map(str::to_owned)),
        MetricType::Gauge | MetricType::Unknown => {}
    }
    names
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
