//! OpenMetrics 1.0.
//!
//! Here is what differs from the text format: the lines above a family, and the end of the page.
//! Invariant: sample names are those of the text format; only the family's name may be shorter.
//!
//! Source: <https://prometheus.io/docs/specs/om/open_metrics_spec/>

use super::Spec;
use super::escape::{Escape, escaped};
use super::lines::{Dialect, Lines};
use crate::desc::MetricType;
use crate::sample::FamilyHead;

pub(super) const SPEC: Spec = Spec {
    name: "openmetrics",
    content_type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
    media_type: ("application", "openmetrics-text"),
    parameters: &[("version", "1.0.0")],
    encoder: |options| Box::new(Lines::new(&OPEN_METRICS, options)),
};

static OPEN_METRICS: Dialect =
    Dialect { whole_floats_have_a_point: true, end: b"# EOF\n", head, has_sum, base };

fn head(out: &mut Vec<u8>, family: &FamilyHead<'_>) {
    let (name, metric_type) = named(family);
    for part in ["# TYPE ", name, " ", metric_type.as_str(), "\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    if let Some(unit) = unit(family) {
        for part in ["# UNIT ", name, " ", unit, "\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }
    if !family.help.is_empty() {
        for part in ["# HELP ", name, " "] {
            out.extend_from_slice(part.as_bytes());
        }
        escaped(out, family.help.as_bytes(), Escape::Quoted);
        out.push(b'\n');
    }
}

/// A sum that can shrink is not a counter, so the specification forbids it.
fn has_sum(family: &FamilyHead<'_>) -> bool {
    !family.sum_can_shrink()
}

/// The family's name, if it is of a type whose samples can have a start: these have exemplars too, where
/// the specification allows them.
fn base<'a>(family: &FamilyHead<'a>) -> Option<&'a str> {
    let (name, metric_type) = named(family);
    let has_start =
        matches!(metric_type, MetricType::Counter | MetricType::Histogram | MetricType::Summary);
    has_start.then_some(name)
}

/// The family's name and type, chosen so that the samples have the same names as in the text format.
fn named<'a>(family: &FamilyHead<'a>) -> (&'a str, MetricType) {
    let Some(suffix) = family.metric_type.suffix() else {
        return (family.name, family.metric_type);
    };
    match (family.name.strip_suffix(suffix), family.metric_type) {
        (Some(name), metric_type) if !name.is_empty() => (name, metric_type),
        (_, MetricType::Info) => (family.name, MetricType::Gauge),
        _ => (family.name, MetricType::Unknown),
    }
}

/// The unit, if it is the last word of the family's name. The specification allows no other, and in
/// protobuf Prometheus neither.
pub(super) fn unit<'a>(family: &FamilyHead<'a>) -> Option<&'a str> {
    let ((name, metric_type), unit) = (named(family), family.unit?);
    let is_last_word = name.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_'));
    (is_last_word && !unit.is_empty() && metric_type != MetricType::Info).then_some(unit)
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::super::tests::{page, page_with};
    use super::super::{Format, Options};
    use crate::desc::MetricType::{self, Counter, Gauge, Histogram, Info, Summary, Unknown};
    use crate::sample::Number::{Float, Signed, Unsigned};
    use crate::sample::{Exemplar, FamilyHead, Labels, Sample, Sink, Value};

    fn head(metric_type: MetricType, name: &str) -> FamilyHead<'_> {
        FamilyHead { name, help: "A help.", unit: None, metric_type, buckets: &[], native: None }
    }

    /// The lines above one sample of a family.
    fn lines_above(family: FamilyHead<'_>) -> String {
        let page = page(Format::OpenMetrics, |sink| {
            sink.family(&FamilyHead { help: "", ..family });
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Unsigned(1))));
        });
        page.lines().filter(|l| l.starts_with("# ") && *l != "# EOF").collect::<Vec<_>>().join("|")
    }

    #[test]
    fn each_type_has_its_lines() {
        let page = page(Format::OpenMetrics, |sink| {
            sink.family(&FamilyHead { unit: Some("seconds"), ..head(Counter, "a_seconds_total") });
            sink.labels(&["l"]);
            sink.sample(&Sample::new(Labels::new(&["v"]), Value::Number(Float(1.0))));
            sink.family(&head(Gauge, "b"));
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Signed(-2))));
            sink.family(&head(Info, "c_info"));
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Unsigned(1))));
            sink.family(&head(Unknown, "d"));
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Float(f64::INFINITY))));
            sink.family(&FamilyHead { buckets: &[0.5, 1.0], ..head(Histogram, "e") });
            sink.sample(&Sample::new(
                Labels::new(&[]),
                Value::Histogram { buckets: &[1, 2, 3], sum: 1e6, native: None },
            ));
            sink.family(&head(Summary, "f"));
            sink.sample(&Sample::new(
                Labels::new(&[]),
                Value::Summary { quantiles: &[(0.5, 7.0)], sum: 9.5, count: 2 },
            ));
        });
        assert_eq!(
            page,
            "\
# TYPE a_seconds counter
# UNIT a_seconds seconds
# HELP a_seconds A help.
a_seconds_total{l=\"v\"} 1.0
# TYPE b gauge
# HELP b A help.
b -2
# TYPE c info
# HELP c A help.
c_info 1
# TYPE d unknown
# HELP d A help.
d +Inf
# TYPE e histogram
# HELP e A help.
e_bucket{le=\"0.5\"} 1
e_bucket{le=\"1.0\"} 3
e_bucket{le=\"+Inf\"} 6
e_sum 1e+06
e_count 6
# TYPE f summary
# HELP f A help.
f{quantile=\"0.5\"} 7.0
f_sum 9.5
f_count 2
# EOF
"
        );
    }

    #[test]
    fn names_that_do_not_tell_their_type_have_another() {
        assert_eq!(lines_above(head(Counter, "requests")), "# TYPE requests unknown");
        assert_eq!(lines_above(head(Counter, "_total")), "# TYPE _total unknown");
        assert_eq!(lines_above(head(Info, "build")), "# TYPE build gauge");
    }

    #[test]
    fn a_unit_is_written_only_as_the_last_word_of_the_family() {
        let with = |unit, family| lines_above(FamilyHead { unit: Some(unit), ..family });
        assert_eq!(
            with("bytes", head(Gauge, "heap_bytes")),
            "# TYPE heap_bytes gauge|# UNIT heap_bytes bytes"
        );
        assert_eq!(with("bytes", head(Gauge, "heap")), "# TYPE heap gauge");
        assert_eq!(with("bytes", head(Gauge, "kilobytes")), "# TYPE kilobytes gauge");
        assert_eq!(with("", head(Gauge, "heap_")), "# TYPE heap_ gauge");
        assert_eq!(with("a", head(Info, "heap_a_info")), "# TYPE heap_a info");
        assert_eq!(
            with("seconds", head(Counter, "x_seconds")),
            "# TYPE x_seconds unknown|# UNIT x_seconds seconds"
        );
    }

    /// A counter, a histogram, a summary and a gauge that have all that a sample can have.
    fn with_everything(sink: &mut dyn Sink) {
        let at = |milliseconds| UNIX_EPOCH + Duration::from_millis(milliseconds);
        let slow = Exemplar::new(&[("a", "\"\\"), ("b", "c")], 7.0, at(1_700_000_000_250));
        let fast = Exemplar::new(&[], 0.25, at(1_700_000_001_000));
        let exemplars = [slow, fast];
        let start = Some(Duration::from_secs(1_600_000_000));
        let sample = |value| Sample {
            start,
            exemplars: &exemplars,
            ..Sample::new(Labels::new(&["v"]), value)
        };
        for (metric_type, name, value) in [
            (Counter, "a_total", Value::Number(Unsigned(1))),
            (Counter, "a", Value::Number(Unsigned(1))),
            (Histogram, "b", Value::Histogram { buckets: &[1, 0, 1], sum: 7.25, native: None }),
            (Summary, "c", Value::Summary { quantiles: &[(0.5, 1.0)], sum: 1.0, count: 1 }),
            (Gauge, "d", Value::Number(Unsigned(1))),
        ] {
            let buckets: &[f64] = if metric_type == Histogram { &[1.0, 2.0] } else { &[] };
            sink.family(&FamilyHead { help: "", buckets, ..head(metric_type, name) });
            sink.labels(&["l"]);
            sink.sample(&sample(value));
            if metric_type == Counter {
                let labels = Labels { kept: 1, ..Labels::new(&["v"]) };
                sink.sample(&Sample { labels, start: None, exemplars: &[], ..sample(value) });
            }
        }
    }

    /// It is not copied from a sample that was written elsewhere.
    #[test]
    fn a_sample_after_one_with_an_exemplar_has_its_own_labels() {
        let shown = [Exemplar::new(&[("a", "b")], 1.0, SystemTime::UNIX_EPOCH)];
        let page = page(Format::OpenMetrics, |sink| {
            sink.family(&FamilyHead { help: "", ..head(Counter, "long_name_total") });
            sink.labels(&["l", "m"]);
            let values = [["v", "w"], ["v", "x"], ["v", "y"]];
            for (kept, values) in values.iter().enumerate() {
                let labels = Labels { kept: kept.min(1), ..Labels::new(values) };
                let sample = Sample::new(labels, Value::Number(Unsigned(1)));
                let exemplars = if kept == 1 { &shown[..] } else { &[] };
                sink.sample(&Sample { exemplars, ..sample });
            }
        });
        assert_eq!(
            page,
            r#"# TYPE long_name counter
long_name_total{l="v",m="w"} 1
long_name_total{l="v",m="x"} 1 # {a="b"} 1.0 0
long_name_total{l="v",m="y"} 1
# EOF
"#
        );
    }

    #[test]
    fn exemplars_and_starts_are_beside_their_samples() {
        let options = Options { created_lines: true };
        let page = page_with(Format::OpenMetrics, options, with_everything);
        assert_eq!(
            page,
            r#"# TYPE a counter
a_total{l="v"} 1 # {} 0.25 1700000001
a_created{l="v"} 1600000000
a_total{l="v"} 1
# TYPE a unknown
a{l="v"} 1
a{l="v"} 1
# TYPE b histogram
b_bucket{l="v",le="1.0"} 1 # {} 0.25 1700000001
b_bucket{l="v",le="2.0"} 1
b_bucket{l="v",le="+Inf"} 2 # {a="\"\\",b="c"} 7.0 1700000000.250
b_sum{l="v"} 7.25
b_count{l="v"} 2
b_created{l="v"} 1600000000
# TYPE c summary
c{l="v",quantile="0.5"} 1.0
c_sum{l="v"} 1.0
c_count{l="v"} 1
c_created{l="v"} 1600000000
# TYPE d gauge
d{l="v"} 1
# EOF
"#
        );
    }

    #[test]
    fn starts_are_shown_only_if_asked_for() {
        let asked =
            page_with(Format::OpenMetrics, Options { created_lines: true }, with_everything);
        let lines = asked.lines().filter(|line| !line.contains("_created"));
        let without = page(Format::OpenMetrics, with_everything);
        assert_eq!(without.lines().collect::<Vec<_>>(), lines.collect::<Vec<_>>());
    }

    #[test]
    fn the_text_format_has_neither() {
        let text = page_with(Format::Text, Options { created_lines: true }, with_everything);
        assert!(!text.contains("_created") && !text.contains(" # "), "{text}");
    }

    #[test]
    fn help_escapes_quotes_too() {
        let page = page(Format::OpenMetrics, |sink| {
            sink.family(&FamilyHead { help: "a \"b\" \\ c\nd", ..head(Gauge, "x") });
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Signed(0))));
        });
        assert_eq!(page, "# TYPE x gauge\n# HELP x a \\\"b\\\" \\\\ c\\nd\nx 0\n# EOF\n");
    }

    #[test]
    fn negative_bounds_leave_out_sum_and_count() {
        let page = page(Format::OpenMetrics, |sink| {
            sink.family(&FamilyHead { help: "", buckets: &[-1.0, 0.0], ..head(Histogram, "x") });
            sink.sample(&Sample::new(
                Labels::new(&[]),
                Value::Histogram { buckets: &[1, 0, 0], sum: -7.0, native: None },
            ));
        });
        assert_eq!(
            page,
            "# TYPE x histogram\nx_bucket{le=\"-1.0\"} 1\nx_bucket{le=\"0.0\"} 1\n\
             x_bucket{le=\"+Inf\"} 1\n# EOF\n"
        );
    }

    #[test]
    fn an_empty_page_has_its_end() {
        assert_eq!(page(Format::OpenMetrics, |_| ()), "# EOF\n");
    }
}
