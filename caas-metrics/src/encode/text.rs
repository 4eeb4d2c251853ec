//! The Prometheus text format 0.0.4.
//!
//! Here is what differs from OpenMetrics: the lines above a family. `lines` writes the samples.
//! Invariant: TYPE and HELP have the name of the samples, and types are the five of 0.0.4.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>

use super::Spec;
use super::escape::{Escape, escaped};
use super::lines::{Dialect, Lines};
use crate::desc::MetricType;
use crate::sample::FamilyHead;

pub(super) const SPEC: Spec = Spec {
    name: "text",
    content_type: "text/plain; version=0.0.4; charset=utf-8",
    media_type: ("text", "plain"),
    parameters: &[("version", "0.0.4")],
    encoder: |options| Box::new(Lines::new(&TEXT, options)),
};

static TEXT: Dialect = Dialect {
    whole_floats_have_a_point: false,
    end: b"",
    head,
    has_sum: |_| true,
    // A reader would take `_created` for a family of its own, and an exemplar for an error.
    base: |_| None,
};

fn head(out: &mut Vec<u8>, family: &FamilyHead<'_>) {
    let name = family.name;
    if !family.help.is_empty() {
        for part in ["# HELP ", name, " "] {
            out.extend_from_slice(part.as_bytes());
        }
        escaped(out, family.help.as_bytes(), Escape::Help);
        out.push(b'\n');
    }
    for part in ["# TYPE ", name, " ", type_name(family.metric_type), "\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// The type's name in 0.0.4. Prometheus refuses any other.
const fn type_name(metric_type: MetricType) -> &'static str {
    match metric_type {
        MetricType::Info => MetricType::Gauge.as_str(),
        MetricType::Unknown => "untyped",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Encoder, Format, Options, tests::page};
    use crate::desc::MetricType::{self, Counter, Gauge, Histogram, Info, Summary, Unknown};
    use crate::sample::Number::{Float, Signed, Unsigned};
    use crate::sample::{FamilyHead, Labels, Sample, Value};

    fn head(metric_type: MetricType, name: &str) -> FamilyHead<'_> {
        FamilyHead { name, help: "A help.", unit: None, metric_type, buckets: &[], native: None }
    }

    #[test]
    fn each_type_has_its_lines() {
        let page = page(Format::Text, |sink| {
            sink.family(&head(Counter, "a_total"));
            sink.labels(&["l"]);
            sink.sample(&Sample::new(Labels::new(&["v"]), Value::Number(Unsigned(1))));
            sink.family(&head(Gauge, "b"));
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Signed(-2))));
            sink.family(&head(Info, "c_info"));
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Unsigned(1))));
            sink.family(&head(Unknown, "d"));
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Float(3.0))));
            sink.family(&FamilyHead { buckets: &[0.5, 1.0], ..head(Histogram, "e") });
            sink.labels(&["l"]);
            sink.sample(&Sample::new(
                Labels::new(&["v"]),
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
# HELP a_total A help.
# TYPE a_total counter
a_total{l=\"v\"} 1
# HELP b A help.
# TYPE b gauge
b -2
# HELP c_info A help.
# TYPE c_info gauge
c_info 1
# HELP d A help.
# TYPE d untyped
d 3
# HELP e A help.
# TYPE e histogram
e_bucket{l=\"v\",le=\"0.5\"} 1
e_bucket{l=\"v\",le=\"1.0\"} 3
e_bucket{l=\"v\",le=\"+Inf\"} 6
e_sum{l=\"v\"} 1e+06
e_count{l=\"v\"} 6
# HELP f A help.
# TYPE f summary
f{quantile=\"0.5\"} 7
f_sum 9.5
f_count 2
"
        );
    }

    #[test]
    fn help_keeps_its_quotes() {
        let page = page(Format::Text, |sink| {
            sink.family(&FamilyHead { help: "a \"b\" \\ c\nd", ..head(Gauge, "x") });
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Signed(0))));
        });
        assert_eq!(page, "# HELP x a \"b\" \\\\ c\\nd\n# TYPE x gauge\nx 0\n");
    }

    #[test]
    fn a_family_without_samples_or_help_leaves_no_such_line() {
        let page = page(Format::Text, |sink| {
            sink.family(&head(Counter, "silent_total"));
            sink.family(&FamilyHead { help: "", ..head(Gauge, "x") });
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Signed(0))));
            sink.family(&head(Counter, "silent_too_total"));
        });
        assert_eq!(page, "# TYPE x gauge\nx 0\n");
    }

    #[test]
    fn a_value_that_its_type_cannot_have_is_left_out() {
        let page = page(Format::Text, |sink| {
            sink.family(&head(Histogram, "x"));
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Signed(0))));
            sink.family(&FamilyHead { help: "", ..head(Gauge, "y") });
            sink.sample(&Sample::new(
                Labels::new(&[]),
                Value::Histogram { buckets: &[1], sum: 1.0, native: None },
            ));
            sink.sample(&Sample::new(
                Labels::new(&[]),
                Value::Summary { quantiles: &[], sum: 1.0, count: 1 },
            ));
            sink.sample(&Sample::new(Labels::new(&[]), Value::Number(Signed(0))));
        });
        assert_eq!(page, "# TYPE y gauge\ny 0\n");
    }

    #[test]
    fn the_buffer_can_be_taken_between_samples() {
        let mut encoder = Encoder::new(Format::Text, Options::default());
        encoder.sink().family(&head(Gauge, "x"));
        let mut page = Vec::new();
        for n in 0..3 {
            encoder.sink().sample(&Sample::new(Labels::new(&[]), Value::Number(Signed(n))));
            page.append(encoder.buffer());
        }
        encoder.finish();
        assert!(encoder.buffer().is_empty());
        assert_eq!(page, b"# HELP x A help.\n# TYPE x gauge\nx 0\nx 1\nx 2\n");
    }
}
