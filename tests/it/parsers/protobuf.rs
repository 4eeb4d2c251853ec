//! Pages in protobuf, read by `prost`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use caas_metrics::sample::{ChildSnapshot, Exemplar, FamilySnapshot, OwnedValue};
use caas_metrics::{Format, Registry};
use proptest::prelude::*;
use prost::Message;

use super::messages::{self, Metric, MetricFamily, MetricType};
use super::{Series, assert_same, bytes, expected, python, registry_of};

/// The messages of a registry's page, without those of what a registry says about itself.
pub(crate) fn read(registry: &Registry) -> Vec<MetricFamily> {
    let mut families = read_page(&bytes(registry, Format::Protobuf));
    families.retain(|family| !family.name().starts_with("caas_metrics_"));
    families
}

/// The messages of a page, which has nothing that the messages do not, and each family in one piece.
pub(crate) fn read_page(mut page: &[u8]) -> Vec<MetricFamily> {
    let mut families = Vec::<MetricFamily>::new();
    let mut names = BTreeSet::new();
    while !page.is_empty() {
        let before = page.len();
        let length = prost::decode_length_delimiter(page).unwrap();
        let family = MetricFamily::decode_length_delimited(&mut page).unwrap();
        // What is not in the messages would be missing in this length, and padding would be too.
        assert_eq!(family.encoded_len(), length, "{family:?}");
        assert_eq!(prost::length_delimiter_len(length), before - page.len() - length);
        assert!(!family.metric.is_empty(), "a message without metrics: {family:?}");
        let head = |family: &MetricFamily| MetricFamily { metric: Vec::new(), ..family.clone() };
        match families.last() {
            Some(last) if last.name == family.name => assert_eq!(head(last), head(&family)),
            _ => assert!(names.insert(family.name.clone()), "{:?} twice", family.name),
        }
        families.push(family);
    }
    families
}

/// What series the messages are, with classic buckets.
pub(crate) fn series(families: &[MetricFamily]) -> BTreeMap<Series, f64> {
    let mut series = BTreeMap::new();
    for family in families {
        for metric in &family.metric {
            for (suffix, extra, value) in samples(family.r#type(), metric) {
                let labels = metric.label.iter();
                let mut labels: BTreeMap<_, _> = labels
                    .map(|label| (label.name.clone().unwrap(), label.value.clone().unwrap()))
                    .collect();
                assert_eq!(labels.len(), metric.label.len(), "a label twice: {metric:?}");
                if let Some((name, bound)) = extra {
                    labels.insert(name.to_owned(), bound.to_string());
                }
                let name = format!("{}{suffix}", family.name());
                let before = series.insert((name, labels), value);
                assert_eq!(before, None, "twice: {} {metric:?}", family.name());
            }
        }
    }
    series
}

type Part = (&'static str, Option<(&'static str, f64)>, f64);

/// The samples of a metric, which has a value of its family's type and no other.
fn samples(metric_type: MetricType, metric: &Metric) -> Vec<Part> {
    let Metric { label: _, gauge, counter, summary, untyped, histogram } = metric;
    match (metric_type, gauge, counter, summary, untyped, histogram) {
        (MetricType::Gauge, Some(gauge), None, None, None, None) => {
            vec![("", None, gauge.value.unwrap())]
        }
        (MetricType::Counter, None, Some(counter), None, None, None) => {
            vec![("", None, counter.value.unwrap())]
        }
        (MetricType::Summary, None, None, Some(summary), None, None) => {
            let quantiles = summary.quantile.iter();
            let mut parts: Vec<Part> = quantiles
                .map(|at| ("", Some(("quantile", at.quantile.unwrap())), at.value.unwrap()))
                .collect();
            parts.push(("_sum", None, summary.sample_sum.unwrap()));
            parts.push(("_count", None, summary.sample_count.unwrap() as f64));
            parts
        }
        (MetricType::Untyped, None, None, None, Some(untyped), None) => {
            vec![("", None, untyped.value.unwrap())]
        }
        (MetricType::Histogram, None, None, None, None, Some(histogram)) => {
            let buckets = histogram.bucket.iter();
            let mut parts: Vec<Part> = buckets
                .map(|bucket| {
                    let le = ("le", bucket.upper_bound.unwrap());
                    ("_bucket", Some(le), bucket.cumulative_count.unwrap() as f64)
                })
                .collect();
            let count = histogram.sample_count.unwrap() as f64;
            if parts.last().is_none_or(|part| part.1 != Some(("le", f64::INFINITY))) {
                parts.push(("_bucket", Some(("le", f64::INFINITY)), count));
            }
            assert!(parts.windows(2).all(|pair| pair[0].2 <= pair[1].2), "{histogram:?}");
            parts.push(("_sum", None, histogram.sample_sum.unwrap()));
            parts.push(("_count", None, count));
            parts
        }
        _ => panic!("not a value of {metric_type:?}: {metric:?}"),
    }
}

#[test]
fn heads_have_name_type_unit_and_help() {
    let families = python::every_type();
    let expected = expected(&families);
    let read = read(&registry_of(families));
    assert_same(&series(&read), &expected);
    let heads: Vec<_> = read.iter().map(|f| (f.name(), f.r#type(), f.unit())).collect();
    assert_eq!(
        heads,
        [
            ("bare", MetricType::Gauge, ""),
            ("build_info", MetricType::Gauge, ""),
            ("cpu_seconds_total", MetricType::Counter, "seconds"),
            ("heap_bytes", MetricType::Gauge, "bytes"),
            ("latency_seconds", MetricType::Summary, "seconds"),
            ("legacy_requests", MetricType::Counter, ""),
            ("limit", MetricType::Gauge, ""),
            ("load", MetricType::Gauge, ""),
            ("mystery", MetricType::Untyped, ""),
            ("no_bounds", MetricType::Histogram, ""),
            ("ready_total", MetricType::Gauge, ""),
            ("request_seconds", MetricType::Histogram, "seconds"),
            ("version", MetricType::Gauge, ""),
        ]
    );
    for family in &read {
        assert_eq!(family.help(), "A \"help\"\nof two lines \\ é.");
    }
}

#[test]
fn the_page_of_the_whole_process_can_be_read() {
    series(&read_page(&bytes(caas_metrics::registry(), Format::Protobuf)));
}

#[test]
fn a_large_family_has_messages_of_64_kibibytes() {
    let mut family = FamilySnapshot::counter("many_total", "Many.");
    for n in 0..20_000_u64 {
        family.push(&[("n", &n.to_string())], n);
    }
    let expected = expected(std::slice::from_ref(&family));
    let read = read(&registry_of(vec![family]));
    assert_same(&series(&read), &expected);
    let lengths: Vec<_> = read.iter().map(Message::encoded_len).collect();
    let piece = 64 * 1024;
    assert!(lengths.iter().all(|length| *length < piece + 100), "{lengths:?}");
    // A message also ends where a piece of the page does.
    let bytes: usize = lengths.iter().sum();
    assert!(lengths.len() <= 2 * bytes.div_ceil(piece), "{lengths:?}");
}

proptest! {
    /// Texts of any length, so that every length before something has all its widths.
    #[test]
    fn texts_of_any_length_come_back(
        lengths in prop::collection::vec(
            prop::sample::select(&[0, 1, 60, 100, 120, 127, 128, 129, 16_380, 16_384, 70_000][..]),
            1..12,
        ),
    ) {
        let mut family = FamilySnapshot::gauge("long", "Long.");
        for (n, length) in lengths.iter().enumerate() {
            family.push(&[("n", &n.to_string()), ("text", &"é".repeat(*length))], n as f64);
        }
        let expected = expected(std::slice::from_ref(&family));
        assert_same(&series(&read(&registry_of(vec![family]))), &expected);
    }
}

fn at(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(milliseconds)
}

fn as_read(exemplar: &Exemplar) -> messages::Exemplar {
    let since = exemplar.timestamp.duration_since(UNIX_EPOCH).unwrap();
    let label = exemplar.labels.iter().map(|(name, value)| messages::LabelPair {
        name: Some(name.clone()),
        value: Some(value.clone()),
    });
    messages::Exemplar {
        label: label.collect(),
        value: Some(exemplar.value),
        timestamp: Some(time(since)),
    }
}

fn time(since: Duration) -> messages::Timestamp {
    let nanos = (since.subsec_nanos() > 0).then_some(since.subsec_nanos().cast_signed());
    messages::Timestamp { seconds: Some(since.as_secs() as i64), nanos }
}

#[test]
fn exemplars_and_start_times_are_there() {
    let slow = Exemplar::new(&[("trace_id", "é".repeat(100).as_str())], 3.5, at(1_700_000_000_250));
    let fast = Exemplar::new(&[("trace_id", "b"), ("span_id", "\"")], 0.5, at(1_700_000_001_000));
    let child = |value: OwnedValue| {
        ChildSnapshot::new(&[("l", "v")], value).with_started(at(1_600_000_000_001))
    };
    let mut counter = FamilySnapshot::counter("a_total", "A.");
    counter.children.push(child(4_u64.into()).with_exemplar(fast.clone()));
    let mut histogram = FamilySnapshot::histogram("b", "B.", &[1.0, 2.0]);
    let observed = child(OwnedValue::histogram(vec![1, 0, 1], 4.0));
    histogram.children.push(observed.with_exemplar(fast.clone()).with_exemplar(slow.clone()));
    let mut summary = FamilySnapshot::new(caas_metrics::MetricType::Summary, "c", "C.");
    summary.children.push(child(OwnedValue::summary(vec![(0.5, 1.0)], 4.0, 3)));
    let mut gauge = FamilySnapshot::gauge("d", "D.");
    gauge.children.push(child(1.0.into()));

    let read = read(&registry_of(vec![counter, histogram, summary, gauge]));
    let metric = |family: usize| read[family].metric[0].clone();
    let started = Some(time(Duration::from_millis(1_600_000_000_001)));
    let counter = metric(0).counter.unwrap();
    assert_eq!(counter.exemplar, Some(as_read(&fast)));
    assert_eq!(counter.created_timestamp, started);
    let histogram = metric(1).histogram.unwrap();
    assert_eq!(histogram.created_timestamp, started);
    let shown: Vec<_> =
        histogram.bucket.iter().map(|b| (b.upper_bound(), b.exemplar.clone())).collect();
    assert_eq!(
        shown,
        [(1.0, Some(as_read(&fast))), (2.0, None), (f64::INFINITY, Some(as_read(&slow))),]
    );
    // Those of the field for native histograms are only in such.
    assert_eq!(histogram.exemplars, []);
    assert_eq!(metric(2).summary.unwrap().created_timestamp, started);
    assert!(metric(3).gauge.is_some());
}
