//! The sample names that a family produces, in the text format and in OpenMetrics.
//!
//! Where two families clash is for `check` to say.
//! Invariant: every name that an encoder writes for a declared family is in the list.

use super::ast::{Family, MetricType};

/// The names of the family's samples, and of the family as OpenMetrics calls it.
pub(crate) fn names(family: &Family) -> Vec<String> {
    let name = &family.name;
    let with = |base: &str, suffixes: &[&str]| {
        suffixes.iter().map(|suffix| format!("{base}{suffix}")).collect::<Vec<_>>()
    };
    match family.metric_type {
        MetricType::Counter => match name.strip_suffix("_total") {
            Some(base) => with(base, &["", "_total", "_created"]),
            None => with(name, &[""]),
        },
        MetricType::Gauge => with(name, &[""]),
        MetricType::Histogram => with(name, &["", "_bucket", "_count", "_sum", "_created"]),
        MetricType::Info => match name.strip_suffix("_info") {
            Some(base) => with(base, &["", "_info"]),
            None => with(name, &["", "_info"]),
        },
    }
}
