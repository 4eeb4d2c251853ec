//! Pages read back by Python's `prometheus_client`.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use caas_metrics::sample::{ChildSnapshot, Exemplar, FamilySnapshot, Number, OwnedValue};
use caas_metrics::{Format, MetricType};

use super::{Series, assert_same, expected, family, page, protobuf, registry_of};

/// Reads a page with `prometheus_client` and prints families and samples as JSON lines.
const SCRIPT: &str = r#"
import json, sys
if sys.argv[1] == "text":
    from prometheus_client.parser import text_string_to_metric_families as read
else:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as read
sys.stdin.reconfigure(encoding="utf-8", newline="\n")
sys.stdout.reconfigure(encoding="utf-8", newline="\n")
for family in read(sys.stdin.read()):
    exemplar = lambda e: e and (e.labels, e.value, float(e.timestamp))
    samples = [(s.name, s.labels, repr(float(s.value)), exemplar(s.exemplar)) for s in family.samples]
    print(json.dumps([family.name, family.type, family.unit, family.documentation, samples]))
"#;

/// One line of the script's output.
type ReadFamily = (String, String, String, String, Vec<ReadSample>);

/// Name, labels, value, and the exemplar: its labels, value and time.
type ReadSample = (String, Labels, String, Option<(Labels, f64, f64)>);
type Labels = BTreeMap<String, String>;

/// Whether there is a Python with the library. Where everything must be, its absence is a failure.
fn has_python() -> bool {
    let mut command = Command::new("python3");
    command.args(["-c", "import prometheus_client.openmetrics.parser"]);
    let found = command.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !found {
        crate::missing::skip_without("python3 with prometheus_client");
    }
    found
}

fn read_by_python(page: &str, format: &str) -> Vec<ReadFamily> {
    let mut python = Command::new("python3")
        .args(["-c", SCRIPT, format])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = python.stdin.take().unwrap();
    let bytes = page.as_bytes().to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{format} is not understood:\n{page}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let families: Vec<ReadFamily> =
        lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    families.into_iter().filter(|family| !family.0.starts_with("caas_metrics_")).collect()
}

fn samples_of(families: &[ReadFamily]) -> BTreeMap<Series, f64> {
    let samples = families.iter().flat_map(|family| &family.4);
    samples
        .map(|(name, labels, value, _)| {
            let mut labels = labels.clone();
            for bound in ["le", "quantile"] {
                if let Some(text) = labels.get_mut(bound) {
                    *text = text.parse::<f64>().unwrap().to_string();
                }
            }
            ((name.clone(), labels), value.parse().unwrap())
        })
        .collect()
}

/// A family of each type and of each deviation in its name.
pub(super) fn every_type() -> Vec<FamilySnapshot> {
    let texts = ["x", "", "q\"uo\\te\nline é,{}=", "\u{1f980}", "\\n"];
    let of_each = |value: OwnedValue| {
        texts.map(|text| (vec![("l", text.to_owned()), ("type", "GET".to_owned())], value.clone()))
    };
    let number = |number: Number| of_each(OwnedValue::Number(number));
    let histogram = |counts: &[u64]| of_each(OwnedValue::histogram(counts.to_vec(), 12.25));
    let quantiles = vec![(0.5, 1.0), (0.99, 2.5), (1.0, 1e9)];
    let mut families = vec![
        family(MetricType::Counter, "cpu_seconds_total", number(1.5.into())),
        family(MetricType::Counter, "legacy_requests", number(7_u64.into())),
        family(MetricType::Gauge, "heap_bytes", number((-5_i64).into())),
        family(MetricType::Gauge, "load", number((-1.25e-7).into())),
        family(MetricType::Gauge, "limit", number(f64::INFINITY.into())),
        family(MetricType::Gauge, "ready_total", number(1_i64.into())),
        family(MetricType::Gauge, "bare", [(vec![], OwnedValue::Number(3.0.into()))]),
        family(MetricType::Info, "build_info", number(1_u64.into())),
        family(MetricType::Info, "version", number(1_u64.into())),
        family(MetricType::Unknown, "mystery", number(1e6.into())),
        family(MetricType::Histogram, "request_seconds", histogram(&[1, 2, 3, 4, 5, 6])),
        family(MetricType::Histogram, "no_bounds", histogram(&[4])),
        family(
            MetricType::Summary,
            "latency_seconds",
            of_each(OwnedValue::summary(quantiles, 4.5, 9)),
        ),
    ];
    for family in &mut families {
        let units = ["bytes", "seconds"];
        let unit =
            units.into_iter().find(|unit| family.name.trim_end_matches("_total").ends_with(unit));
        family.unit = unit.map(str::to_owned);
        if family.name == "request_seconds" {
            family.buckets = vec![0.005, 0.1, 1.0, 10.0, 2.5e7];
        }
    }
    families
}

#[test]
fn python_reads_the_same_from_both_formats_as_protobuf_has() {
    if !has_python() {
        return;
    }
    let families = every_type();
    let expected = expected(&families);
    let registry = registry_of(families);
    let open_metrics = read_by_python(&page(&registry, Format::OpenMetrics), "openmetrics");
    assert_same(&samples_of(&open_metrics), &expected);
    let mut text = read_by_python(&page(&registry, Format::Text), "text");
    // Python calls every counter of the text format `…_total`.
    for sample in text.iter_mut().flat_map(|family| &mut family.4) {
        if sample.0 == "legacy_requests_total" {
            sample.0 = "legacy_requests".to_owned();
        }
    }
    assert_same(&samples_of(&text), &expected);
    assert_same(&protobuf::series(&protobuf::read(&registry)), &expected);
}

#[test]
fn python_finds_names_types_units_and_helps() {
    if !has_python() {
        return;
    }
    let page = page(&registry_of(every_type()), Format::OpenMetrics);
    let read = read_by_python(&page, "openmetrics");
    let heads: Vec<_> = read.iter().map(|f| (f.0.as_str(), f.1.as_str(), f.2.as_str())).collect();
    assert_eq!(
        heads,
        [
            ("bare", "gauge", ""),
            ("build", "info", ""),
            ("cpu_seconds", "counter", "seconds"),
            ("heap_bytes", "gauge", "bytes"),
            ("latency_seconds", "summary", "seconds"),
            ("legacy_requests", "unknown", ""),
            ("limit", "gauge", ""),
            ("load", "gauge", ""),
            ("mystery", "unknown", ""),
            ("no_bounds", "histogram", ""),
            ("ready_total", "gauge", ""),
            ("request_seconds", "histogram", "seconds"),
            ("version", "gauge", ""),
        ]
    );
    for family in &read {
        assert_eq!(family.3, "A \"help\"\nof two lines \\ é.");
    }
}

#[test]
fn python_finds_exemplars_and_starts() {
    if !has_python() {
        return;
    }
    let at = |milliseconds| UNIX_EPOCH + Duration::from_millis(milliseconds);
    // Two quotes: this parser counts them in exemplars, also those that are escaped.
    let text = "\"\\é\"";
    let exemplar = Exemplar::new(&[("trace_id", text)], 1.5, at(1_700_000_000_250));
    let with = |mut family: FamilySnapshot, value: OwnedValue| {
        for label in ["x", "y"] {
            let child = ChildSnapshot::new(&[("l", label)], value.clone());
            let child = child.with_started(at(1_600_000_000_125));
            family.children.push(child.with_exemplar(exemplar.clone()));
        }
        family
    };
    let counts = OwnedValue::histogram(vec![1, 1], 2.0);
    let registry = registry_of(vec![
        with(FamilySnapshot::counter("a_total", "A."), 2_u64.into()),
        with(FamilySnapshot::histogram("b", "B.", &[1.0]), counts),
    ]);
    registry.show_created_lines();
    let read = read_by_python(&page(&registry, Format::OpenMetrics), "openmetrics");
    let samples = read.iter().flat_map(|family| &family.4);
    let mut found = Vec::new();
    for (name, _, value, shown) in samples {
        if name.ends_with("_created") {
            found.push((&**name, value.parse().unwrap()));
        }
        if let Some((labels, value, time)) = shown {
            assert_eq!(*labels, [("trace_id".to_owned(), text.to_owned())].into());
            assert_eq!(*value, 1.5);
            found.push((&**name, *time));
        }
    }
    let (time, start) = (1_700_000_000.25, 1_600_000_000.125);
    let of_a = [("a_total", time), ("a_created", start)];
    let of_b = [("b_bucket", time), ("b_created", start)];
    assert_eq!(found, [of_a, of_a, of_b, of_b].concat());
}

#[test]
fn python_reads_the_page_of_the_whole_process() {
    if !has_python() {
        return;
    }
    let registry = caas_metrics::registry();
    read_by_python(&page(registry, Format::Text), "text");
    read_by_python(&page(registry, Format::OpenMetrics), "openmetrics");
}
