//! Metric types: their words, and the names that a family of each takes.

/// The type of a metric, as the exposition formats know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricType {
    /// A sum that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Observations counted in buckets.
    Histogram,
    /// Constant facts as labels, with the value 1.
    Info,
    /// Quantiles computed by the client; only foreign collectors have them.
    Summary,
    /// A number of which nothing is known; only foreign collectors have them.
    Unknown,
}

impl MetricType {
    /// The type's name in OpenMetrics, and its keyword in `metrics!`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Info => "info",
            Self::Summary => "summary",
            Self::Unknown => "unknown",
        }
    }

    /// What OpenMetrics takes off a metric's name to name its family.
    #[must_use]
    pub const fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Counter => Some("_total"),
            Self::Info => Some("_info"),
            _ => None,
        }
    }

    /// What the names of a family's samples on a page add to the metric's name.
    #[must_use]
    pub const fn sample_suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Histogram => &["_bucket", "_sum", "_count"],
            Self::Summary => &["", "_sum", "_count"],
            _ => &[""],
        }
    }

    /// The names of a family's samples on a page.
    #[must_use]
    pub fn sample_names(self, name: &str) -> Vec<String> {
        self.sample_suffixes().iter().map(|suffix| format!("{name}{suffix}")).collect()
    }

    /// Every name that a family takes for itself in some format: those of its samples, the family's own in
    /// OpenMetrics, and that of the sample that says when they began. Two families with a common one
    /// cannot stand on one page.
    ///
    /// ```
    /// use caas_metrics_model::MetricType;
    ///
    /// assert_eq!(
    ///     MetricType::Counter.taken_names("jobs_total"),
    ///     ["jobs_total", "jobs", "jobs_created"]
    /// );
    /// ```
    #[must_use]
    pub fn taken_names(self, name: &str) -> Vec<String> {
        let base = self.suffix().and_then(|suffix| name.strip_suffix(suffix));
        let family = base.filter(|base| !base.is_empty()).unwrap_or(name);
        let mut names = self.sample_names(name);
        if !names.iter().any(|sample| sample == family) {
            names.push(family.to_owned());
        }
        // A counter that is not called `…_total` is written as a number of unknown type.
        let has_start = match self {
            Self::Counter => family != name,
            Self::Histogram | Self::Summary => true,
            _ => false,
        };
        names.extend(has_start.then(|| format!("{family}_created")));
        names
    }
}

#[cfg(test)]
mod tests {
    use super::MetricType::{Counter, Gauge, Histogram, Info, Summary, Unknown};

    #[test]
    fn names_are_those_of_the_specification() {
        for (metric_type, name, samples, taken) in [
            (Counter, "a_total", vec!["a_total"], vec!["a_total", "a", "a_created"]),
            (Counter, "a", vec!["a"], vec!["a"]),
            (Counter, "_total", vec!["_total"], vec!["_total"]),
            (Gauge, "a", vec!["a"], vec!["a"]),
            (Unknown, "a_total", vec!["a_total"], vec!["a_total"]),
            (Info, "a_info", vec!["a_info"], vec!["a_info", "a"]),
            (Info, "a", vec!["a"], vec!["a"]),
            (
                Histogram,
                "a",
                vec!["a_bucket", "a_sum", "a_count"],
                vec!["a_bucket", "a_sum", "a_count", "a", "a_created"],
            ),
            (
                Summary,
                "a",
                vec!["a", "a_sum", "a_count"],
                vec!["a", "a_sum", "a_count", "a_created"],
            ),
        ] {
            assert_eq!(metric_type.sample_names(name), samples);
            assert_eq!(metric_type.taken_names(name), taken);
        }
    }
}
