//! The naming rules: those of promlint, the linter that Prometheus ships, and two of OpenMetrics.
//!
//! A table of pure functions over a metric's name and type; characters and reserved names, which
//! `#[legacy]` can't switch off, are checked elsewhere.
//! Invariant: a name on which promlint has a word to say is refused here.

use super::ast::MetricType;
use crate::naming;
use caas_metrics_model::unit;

/// What a rule finds: what is wrong, and the name with this one thing put right.
pub(crate) struct Finding {
    pub(crate) problem: String,
    pub(crate) better: String,
}

/// A rule: `None` if the name keeps it.
type Rule = fn(&str, MetricType) -> Option<Finding>;

/// All rules, in the order in which their findings are reported.
const RULES: [Rule; 10] = [
    snake_case,
    no_colon,
    base_unit,
    no_abbreviated_unit,
    no_type_in_name,
    counter_ends_in_total,
    only_counter_ends_in_total,
    no_histogram_suffix,
    info_ends_in_info,
    only_info_ends_in_info,
];

const TYPES: [&str; 5] = ["counter", "gauge", "gauge_histogram", "histogram", "summary"];

/// Everything that is wrong with the name.
pub(crate) fn findings(name: &str, metric_type: MetricType) -> Vec<Finding> {
    RULES.iter().filter_map(|rule| rule(name, metric_type)).collect()
}

/// A name that keeps every rule and is close to `name`.
pub(crate) fn better_name(name: &str, metric_type: MetricType) -> String {
    let mut better = name.to_owned();
    // Each rule can break another once (`x_ms` of a counter), hardly twice.
    for _ in 0..2 * RULES.len() {
        match RULES.iter().find_map(|rule| rule(&better, metric_type)) {
            Some(finding) if !finding.better.is_empty() => better = finding.better,
            _ => break,
        }
    }
    better
}

/// The unit in a name: its last word before `_total`, if that is a base unit.
pub(crate) fn unit_of(name: &str) -> Option<&'static str> {
    let name = name.strip_suffix("_total").unwrap_or(name);
    let (_, last) = name.rsplit_once('_')?;
    unit::BASE.iter().find(|unit| **unit == last).copied()
}

/// The base unit to use in place of `unit`, if it is a unit and not a base unit.
pub(crate) fn base_unit_for(unit: &str) -> Option<&'static str> {
    base_of(unit).filter(|base| *base != unit).or_else(|| full_unit(unit))
}

fn snake_case(name: &str, _: MetricType) -> Option<Finding> {
    let better = naming::snake_case(name);
    (!naming::is_snake_case(name)).then(|| finding(format!("`{name}` is not snake case"), better))
}

fn no_colon(name: &str, _: MetricType) -> Option<Finding> {
    let problem = || format!("`{name}` contains a `:`, which is for recording rules");
    name.contains(':').then(|| finding(problem(), name.replace(':', "_")))
}

fn base_unit(name: &str, _: MetricType) -> Option<Finding> {
    let other = |word: &str| Some((word.to_owned(), base_of(word).filter(|base| *base != word)?));
    let (unit, base) = name.split('_').find_map(other)?;
    let problem = format!("`{name}` is in {unit}, which is not the base unit {base}");
    Some(finding(problem, with_word(name, &unit, base)))
}

fn no_abbreviated_unit(name: &str, _: MetricType) -> Option<Finding> {
    let mut words = name.split('_').skip(1);
    let (word, unit) = words.find_map(|word| Some((word, full_unit(word)?)))?;
    let problem = format!("`{name}` contains the abbreviated unit `{word}`");
    Some(finding(problem, with_word(name, word, unit)))
}

fn no_type_in_name(name: &str, _: MetricType) -> Option<Finding> {
    let framed = format!("{name}_");
    let named = TYPES.iter().find(|named| framed.contains(&format!("_{named}_")))?;
    let better = framed.replacen(&format!("_{named}_"), "_", 1);
    let better = better.strip_suffix('_').unwrap_or(&better).to_owned();
    Some(finding(format!("`{name}` contains the metric type `{named}`"), better))
}

fn counter_ends_in_total(name: &str, metric_type: MetricType) -> Option<Finding> {
    let problem = || format!("`{name}` is a counter and does not end in `_total`");
    (metric_type == MetricType::Counter && !name.ends_with("_total"))
        .then(|| finding(problem(), format!("{name}_total")))
}

fn only_counter_ends_in_total(name: &str, metric_type: MetricType) -> Option<Finding> {
    let better = name.strip_suffix("_total").filter(|_| metric_type != MetricType::Counter)?;
    let problem = format!("`{name}` ends in `_total`, which is for counters");
    Some(finding(problem, better.to_owned()))
}

fn no_histogram_suffix(name: &str, _: MetricType) -> Option<Finding> {
    let cut = |suffix: &'static str| Some((suffix, name.strip_suffix(suffix)?));
    let (suffix, better) = ["_bucket", "_count", "_sum"].into_iter().find_map(cut)?;
    let problem = format!("`{name}` ends in `{suffix}`, which a histogram's samples do");
    Some(finding(problem, better.to_owned()))
}

fn info_ends_in_info(name: &str, metric_type: MetricType) -> Option<Finding> {
    let problem = || format!("`{name}` is an info and does not end in `_info`");
    (metric_type == MetricType::Info && !name.ends_with("_info"))
        .then(|| finding(problem(), format!("{name}_info")))
}

fn only_info_ends_in_info(name: &str, metric_type: MetricType) -> Option<Finding> {
    let better = name.strip_suffix("_info").filter(|_| metric_type != MetricType::Info)?;
    let problem = format!("`{name}` ends in `_info`, which is for infos");
    Some(finding(problem, better.to_owned()))
}

fn finding(problem: String, better: String) -> Finding {
    Finding { problem, better }
}

/// The base unit of `word`, if it is a unit, with a prefix or without.
fn base_of(word: &str) -> Option<&'static str> {
    let plain = |word: &str| {
        let base = unit::BASE.iter().find(|unit| **unit == word).copied();
        base.or_else(|| unit::OTHER.iter().find(|(unit, _)| *unit == word).map(|(_, base)| *base))
    };
    let prefixed = || unit::PREFIXES.iter().find_map(|prefix| plain(word.strip_prefix(prefix)?));
    plain(word).or_else(prefixed)
}

fn full_unit(word: &str) -> Option<&'static str> {
    unit::ABBREVIATIONS.iter().find(|(short, _)| *short == word).map(|(_, unit)| *unit)
}

/// `name` with the word `old` replaced by `new`, or left out where `new` is there already.
fn with_word(name: &str, old: &str, new: &str) -> String {
    let is_there = name.split('_').any(|word| word == new);
    let words = name.split('_').filter(|word| !(is_there && *word == old));
    words.map(|word| if word == old { new } else { word }).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use MetricType::{Counter, Gauge, Histogram, Info};

    /// Each rule: a name that breaks it alone, and the suggestion.
    #[test]
    fn every_rule_finds_its_mistake_and_suggests_a_name_that_passes() {
        for (name, metric_type, better) in [
            ("httpRequests_total", Counter, "http_requests_total"),
            ("open__files", Gauge, "open_files"),
            ("job:errors", Gauge, "job_errors"),
            ("x_duration_milliseconds", Histogram, "x_duration_seconds"),
            ("x_uptime_days", Gauge, "x_uptime_seconds"),
            ("x_size_kb", Gauge, "x_size_bytes"),
            ("x_gauge_active", Gauge, "x_active"),
            ("x_requests_counter", Counter, "x_requests_total"),
            ("x_requests", Counter, "x_requests_total"),
            ("x_connections_total", Gauge, "x_connections"),
            ("x_connections_count", Gauge, "x_connections"),
            ("x_size_bucket", Histogram, "x_size"),
            ("x_build", Info, "x_build_info"),
            ("x_build_info", Gauge, "x_build"),
            ("x_ms", Counter, "x_seconds_total"),
        ] {
            assert!(!findings(name, metric_type).is_empty(), "{name}");
            assert_eq!(better_name(name, metric_type), better);
            assert!(findings(better, metric_type).is_empty(), "{better}");
        }
    }

    #[test]
    fn good_names_pass() {
        for (name, metric_type) in [
            ("caas_http_requests_total", Counter),
            ("process_cpu_seconds_total", Counter),
            ("caas_request_duration_seconds", Histogram),
            ("caas_cache_hit_ratio", Gauge),
            ("caas_start_timestamp_seconds", Gauge),
            ("caas_build_info", Info),
        ] {
            assert!(findings(name, metric_type).is_empty(), "{name}");
        }
    }

    #[test]
    fn the_unit_is_the_last_word_before_total() {
        assert_eq!(unit_of("process_cpu_seconds_total"), Some("seconds"));
        assert_eq!(unit_of("x_size_bytes"), Some("bytes"));
        assert_eq!(unit_of("x_seconds_waiting"), None);
        assert_eq!(unit_of("x_hit_ratio"), None);
        assert_eq!(base_unit_for("ms"), Some("seconds"));
        assert_eq!(base_unit_for("kibibytes"), Some("bytes"));
        assert_eq!(base_unit_for("bytes"), None);
    }
}
