//! Pages read back by independent parsers: Python's `prometheus_client`, and one written from the
//! grammar.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use caas_metrics::sample::{FamilySnapshot, Number, OwnedValue, Sample};
use caas_metrics::{Format, Label, MetricType, Registry, metrics};
use proptest::prelude::*;

/// A series, and the text of its value.
type Series = (String, BTreeMap<String, String>);

fn registry_of(families: Vec<FamilySnapshot>) -> Registry {
    let registry = Registry::new();
    registry.register(move || families.clone());
    registry
}

fn page(registry: &Registry, format: Format) -> String {
    let mut page = Vec::new();
    registry.encode(format, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

/// What the families' samples are on a page, by the definition of each type.
fn expected(families: &[FamilySnapshot]) -> BTreeMap<Series, f64> {
    let mut series = BTreeMap::new();
    for family in families {
        for sample in &family.samples {
            let mut add = |suffix: &str, extra: Option<(&str, f64)>, value: f64| {
                let mut labels: BTreeMap<_, _> = sample.labels.iter().cloned().collect();
                if let Some((name, bound)) = extra {
                    // Bounds are compared as numbers: how they are spelled is tested elsewhere.
                    labels.insert(name.to_owned(), bound.to_string());
                }
                series.insert((format!("{}{suffix}", family.name), labels), value);
            };
            match &sample.value {
                OwnedValue::Number(number) => add("", None, number.as_f64()),
                OwnedValue::Histogram { buckets, sum } => {
                    let mut count = 0;
                    let bounds = family.buckets.iter().chain(&[f64::INFINITY]);
                    for (bound, bucket) in bounds.zip(buckets) {
                        count += bucket;
                        add("_bucket", Some(("le", *bound)), count as f64);
                    }
                    add("_sum", None, *sum);
                    add("_count", None, count as f64);
                }
                OwnedValue::Summary { quantiles, sum, count } => {
                    for (quantile, value) in quantiles {
                        add("", Some(("quantile", *quantile)), *value);
                    }
                    add("_sum", None, *sum);
                    add("_count", None, *count as f64);
                }
            }
        }
    }
    series
}

#[track_caller]
fn assert_same(read: &BTreeMap<Series, f64>, expected: &BTreeMap<Series, f64>) {
    for (series, value) in expected {
        let found = read.get(series).map(|found| found.to_bits());
        assert_eq!(found, Some(value.to_bits()), "{series:?} has not the value {value}");
    }
    for series in read.keys() {
        assert!(expected.contains_key(series), "{series:?} should not be there");
    }
}

/// Reads the sample lines of a page by the grammar that both formats share.
fn read(page: &str) -> BTreeMap<Series, f64> {
    let own = |series: &Series| series.0.starts_with("caas_metrics_");
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines.map(read_line).filter(|(series, _)| !own(series)).collect()
}

fn read_line(line: &str) -> (Series, f64) {
    let end = line.find(['{', ' ']).expect("a name ends");
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, quoted) = rest.split_once("=\"").expect("a label has a value");
            let (value, after) = read_quoted(quoted);
            let value = match label {
                "le" | "quantile" => value.parse::<f64>().expect("a bound").to_string(),
                _ => value,
            };
            assert!(labels.insert(label.to_owned(), value).is_none(), "{label} twice: {line}");
            rest = after;
            match rest.strip_prefix(',') {
                Some(after) => rest = after,
                None => break,
            }
        }
        rest = rest.strip_prefix('}').expect("labels end");
    }
    let value = rest.strip_prefix(' ').expect("one blank");
    let is_go = value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eInfNa".contains(&byte));
    assert!(is_go && !matches!(value, "inf" | "-inf"), "{value} is not how Go writes a number");
    ((name.to_owned(), labels), value.parse().expect("a number"))
}

/// Reads up to the closing quote; returns the text and what follows the quote.
fn read_quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    loop {
        let (at, c) = chars.next().expect("a closing quote");
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match chars.next().expect("an escape").1 {
                'n' => '\n',
                escaped @ ('\\' | '"') => escaped,
                other => panic!("no escape: {other}"),
            }),
            c => value.push(c),
        }
    }
}

fn family(
    metric_type: MetricType,
    name: &str,
    samples: impl IntoIterator<Item = (Vec<(&'static str, String)>, OwnedValue)>,
) -> FamilySnapshot {
    let mut family = FamilySnapshot::new(metric_type, name, "A \"help\"\nof two lines \\ é.");
    family.samples = samples
        .into_iter()
        .map(|(labels, value)| Sample {
            labels: labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            value,
        })
        .collect();
    family
}

proptest! {
    #[test]
    fn what_is_written_can_be_read(
        texts in prop::collection::btree_set("(?s)[\\\\\"\n,={} é]{0,6}|.{0,12}", 1..6),
        whole in any::<u64>(),
        signed in any::<i64>(),
        float in any::<f64>().prop_filter("NaN is not equal to itself", |x| !x.is_nan()),
        sum in any::<f64>().prop_filter("as above", |x| !x.is_nan()),
        bounds in prop::collection::btree_set(0_u32..2_000_000_000, 0..12),
        counts in prop::collection::vec(0_u64..1 << 40, 13),
    ) {
        let bounds: Vec<f64> = bounds.into_iter().map(|n| f64::from(n) / 1000.0).collect();
        let of_each = |value: OwnedValue| {
            texts.iter().map(|t| (vec![("a", t.clone()), ("b", "b".to_owned())], value.clone())).collect::<Vec<_>>()
        };
        let number = |number: Number| of_each(OwnedValue::Number(number));
        let buckets = counts[..=bounds.len()].to_vec();
        // Of a summary and of a histogram whose bounds are not below zero, nothing is below zero.
        let sum = f64::abs(sum);
        let quantiles = vec![(0.5, float.abs()), (0.999, sum), (1.0, 0.0)];
        let mut families = vec![
            family(MetricType::Counter, "a_total", number(whole.into())),
            family(MetricType::Gauge, "b", number(signed.into())),
            family(MetricType::Unknown, "c", number(float.into())),
            family(MetricType::Histogram, "d", of_each(OwnedValue::Histogram { buckets, sum })),
            family(MetricType::Summary, "e", of_each(OwnedValue::Summary { quantiles, sum, count: whole })),
            family(MetricType::Gauge, "f", [(vec![], OwnedValue::Number(float.into()))]),
        ];
        families[3].buckets = bounds;
        let expected = expected(&families);
        let registry = registry_of(families);
        assert_same(&read(&page(&registry, Format::Text)), &expected);
        assert_same(&read(&page(&registry, Format::OpenMetrics)), &expected);
    }
}

#[derive(Label, Clone, Copy, Debug)]
enum Side {
    Left,
    Right,
    #[label(rename = "\"none\"")]
    Neither,
}

const SIDES: [Side; 3] = [Side::Left, Side::Right, Side::Neither];

metrics! {
    namespace = "parsers";

    /// Closed labels around an open one.
    counter MixedTotal { near: Side, path: &str, far: Side }

    /// An open label before the closed ones.
    gauge Level { path: &str, near: Side, far: Side }

    /// Closed labels only.
    #[lazy]
    histogram ClosedSize { near: Side, far: Side }
}

proptest! {
    // Each case reads the page of the whole process.
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// On a page each sample has its own labels, whatever the one before it had.
    #[test]
    fn children_are_not_mixed_up(
        children in prop::collection::vec(("[\\\\\"a]{0,2}", 0_usize..3, 0_usize..3), 1..40),
        removed in 0_usize..40,
        default in prop::option::of("[\\\\\"a]{0,2}"),
    ) {
        MixedTotal::clear();
        Level::clear();
        ClosedSize::reset();
        for (path, near, far) in &children {
            let (near, far) = (SIDES[*near], SIDES[*far]);
            MixedTotal { near, path, far }.inc();
            Level { path, near, far }.inc();
            ClosedSize { near, far }.observe(1);
        }
        for (path, near, far) in children.iter().take(removed) {
            MixedTotal { near: SIDES[*near], path, far: SIDES[*far] }.remove();
        }
        let registry = Registry::with_declared();
        registry.set_default_labels(default.map(|value| ("zone", value)));
        let is_ours = |name: &str| name.starts_with("parsers_");
        let families = registry.gather().into_iter().filter(|family| is_ours(&family.name));
        let expected = expected(&families.collect::<Vec<_>>());
        for format in [Format::Text, Format::OpenMetrics] {
            let mut read = read(&page(&registry, format));
            read.retain(|(name, _), _| is_ours(name));
            assert_same(&read, &expected);
        }
    }
}

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
    samples = [(s.name, s.labels, repr(float(s.value))) for s in family.samples]
    print(json.dumps([family.name, family.type, family.unit, family.documentation, samples]))
"#;

/// One line of the script's output.
type ReadFamily = (String, String, String, String, Vec<(String, BTreeMap<String, String>, String)>);

/// Whether there is a Python with the library. Where everything must be, its absence is a failure.
fn has_python() -> bool {
    let mut command = Command::new("python3");
    command.args(["-c", "import prometheus_client.openmetrics.parser"]);
    let found = command.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    if !found {
        let required = std::env::var_os("CAAS_E2E").is_some_and(|value| value == "required");
        assert!(!required, "CAAS_E2E=required, but there is no python3 with prometheus_client");
        eprintln!("skipped: there is no python3 with prometheus_client");
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
        .map(|(name, labels, value)| {
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
fn every_type() -> Vec<FamilySnapshot> {
    let texts = ["x", "", "q\"uo\\te\nline é,{}=", "\u{1f980}", "\\n"];
    let of_each = |value: OwnedValue| {
        texts.map(|text| (vec![("l", text.to_owned()), ("type", "GET".to_owned())], value.clone()))
    };
    let number = |number: Number| of_each(OwnedValue::Number(number));
    let histogram =
        |counts: &[u64]| of_each(OwnedValue::Histogram { buckets: counts.to_vec(), sum: 12.25 });
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
            of_each(OwnedValue::Summary { quantiles, sum: 4.5, count: 9 }),
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
fn python_reads_the_same_from_both_formats() {
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
fn python_reads_the_page_of_the_whole_process() {
    if !has_python() {
        return;
    }
    let registry = caas_metrics::registry();
    read_by_python(&page(registry, Format::Text), "text");
    read_by_python(&page(registry, Format::OpenMetrics), "openmetrics");
}
