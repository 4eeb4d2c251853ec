//! Which families a scrape is for: all of them, or those that somebody named.
//!
//! Not here: where the names come from. Invariant: a name means the same in every format.

use crate::desc::{Descriptor, MetricType};

/// The families that a scrape is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    All,
    /// Those of these names.
    Named(Vec<String>),
}

impl Filter {
    /// Whether a family is wanted. OpenMetrics names a counter without `_total` and an info without
    /// `_info`, and both names will do.
    pub(crate) fn wants(&self, metric_type: MetricType, name: &str) -> bool {
        let Self::Named(names) = self else { return true };
        let suffix = match metric_type {
            MetricType::Counter => "_total",
            MetricType::Info => "_info",
            _ => "",
        };
        let short = name.strip_suffix(suffix).unwrap_or(name);
        names.iter().any(|wanted| wanted == name || wanted == short)
    }

    /// Whether one of the families that a collector describes may be wanted. Our own families say
    /// something of all collectors.
    pub(crate) fn wants_one(&self, described: &[Descriptor]) -> bool {
        let Self::Named(names) = self else { return true };
        let is_wanted = |it: &Descriptor| self.wants(it.metric_type, it.name);
        let is_ours = |name: &String| name.starts_with("caas_metrics_");
        (described.is_empty() && !names.is_empty())
            || described.iter().any(is_wanted)
            || names.iter().any(is_ours)
    }

    /// What this one or the other one wants.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Named(mut names), Self::Named(mut others)) => {
                names.append(&mut others);
                Self::Named(names)
            }
            _ => Self::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_either_format() {
        let filter = Filter::Named(vec!["jobs".into(), "up".into(), "build_info".into()]);
        assert!(filter.wants(MetricType::Counter, "jobs_total"));
        assert!(filter.wants(MetricType::Gauge, "up"));
        assert!(filter.wants(MetricType::Info, "build_info"));
        assert!(!filter.wants(MetricType::Gauge, "jobs_total"));
        assert!(!filter.wants(MetricType::Info, "jobs_info_x"));
        assert!(!filter.wants(MetricType::Counter, "up_total_total"));
        assert!(Filter::All.wants(MetricType::Gauge, "anything"));
    }

    #[test]
    fn a_collector_is_asked_if_it_may_have_what_is_wanted() {
        static JOBS: [Descriptor; 1] =
            [Descriptor::new(MetricType::Counter, "jobs_total", "Jobs.")];
        let named = |name: &str| Filter::Named(vec![name.to_owned()]);
        assert!(named("jobs").wants_one(&JOBS));
        assert!(!named("up").wants_one(&JOBS));
        assert!(named("up").wants_one(&[]), "it may have anything");
        assert!(named("caas_metrics_problems").wants_one(&JOBS));
        assert!(!Filter::Named(Vec::new()).wants_one(&[]));
        assert!(Filter::All.wants_one(&JOBS));
        assert_eq!(named("up").or(Filter::All), Filter::All);
        assert!(named("up").or(named("jobs")).wants_one(&JOBS));
    }
}
