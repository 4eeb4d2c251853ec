//! Which families a scrape is for: all of them, those that somebody named, or those of a job.
//!
//! Not here: where the names come from. Invariant: a name means the same in every format.

use crate::desc::{Descriptor, MetricType};

/// The families that a scrape is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    All,
    /// Those of these names.
    Named(Vec<String>),
    /// Those that are still true when the program has ended.
    Job,
}

/// What is only true while a program runs: its process, and pages that somebody scrapes. Servers that keep a
/// job's page have `process_…` families themselves, and refuse or rewrite those of others.
const OF_THE_RUNNING: [&str; 16] = [
    "caas_metrics_collector_age_seconds",
    "caas_metrics_page_bytes",
    "caas_metrics_scrape_duration_seconds",
    "caas_metrics_scrapes_total",
    "caas_metrics_series",
    "process_cpu_seconds_total",
    "process_heap_bytes",
    "process_max_fds",
    "process_network_receive_bytes_total",
    "process_network_transmit_bytes_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
    "process_virtual_memory_max_bytes",
];

impl Filter {
    /// Whether a family is wanted. OpenMetrics names a counter without `_total` and an info without
    /// `_info`, and both names will do.
    pub(crate) fn wants(&self, metric_type: MetricType, name: &str) -> bool {
        let names = match self {
            Self::All => return true,
            Self::Named(names) => names,
            Self::Job => return !OF_THE_RUNNING.contains(&name),
        };
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
        let is_wanted = |it: &Descriptor| self.wants(it.metric_type, it.name);
        let names = match self {
            Self::All => return true,
            Self::Named(names) => names,
            Self::Job => return described.is_empty() || described.iter().any(is_wanted),
        };
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
            (Self::Job, Self::Job) => Self::Job,
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

    #[test]
    fn a_job_leaves_nothing_about_its_process() {
        static THREADS: [Descriptor; 1] =
            [Descriptor::new(MetricType::Gauge, "process_threads", "Threads.")];
        assert!(!Filter::Job.wants(MetricType::Gauge, "process_threads"));
        assert!(Filter::Job.wants(MetricType::Counter, "process_items_total"), "it is the user's");
        assert!(Filter::Job.wants(MetricType::Counter, "caas_metrics_lost_total"));
        assert!(!Filter::Job.wants_one(&THREADS));
        assert!(Filter::Job.wants_one(&[]));
        assert_eq!(Filter::Job.or(Filter::Job), Filter::Job);
        assert_eq!(Filter::Job.or(Filter::Named(vec!["up".to_owned()])), Filter::All);
    }
}
