//! Pages read back by independent parsers: Python's `prometheus_client`, promtool, one written from the grammar,
//! and `prost` for protobuf.

mod grammar;
pub(crate) mod messages;
mod native;
pub(crate) mod promtool;
pub(crate) mod protobuf;
mod python;

use std::collections::BTreeMap;

use caas_metrics::sample::{FamilySnapshot, OwnedValue};
use caas_metrics::{Format, MetricType, Registry};

type Series = (String, BTreeMap<String, String>);

fn registry_of(families: Vec<FamilySnapshot>) -> Registry {
    let registry = Registry::new();
    registry.register(move || families.clone());
    registry
}

fn bytes(registry: &Registry, format: Format) -> Vec<u8> {
    let mut page = Vec::new();
    registry.encode(format, &mut page).unwrap();
    page
}

fn page(registry: &Registry, format: Format) -> String {
    String::from_utf8(bytes(registry, format)).unwrap()
}

/// What the families' samples are on a page, by the definition of each type.
fn expected(families: &[FamilySnapshot]) -> BTreeMap<Series, f64> {
    let mut series = BTreeMap::new();
    for family in families {
        for sample in &family.children {
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
                OwnedValue::Histogram { buckets, sum, .. } => {
                    let mut count = 0;
                    let bounds = family.buckets.iter().chain(&[f64::INFINITY]);
                    for (bound, bucket) in bounds.zip(buckets) {
                        count += bucket;
                        add("_bucket", Some(("le", *bound)), count as f64);
                    }
                    add("_sum", None, *sum);
                    add("_count", None, count as f64);
                }
                OwnedValue::Summary { quantiles, sum, count, .. } => {
                    for (quantile, value) in quantiles {
                        add("", Some(("quantile", *quantile)), *value);
                    }
                    add("_sum", None, *sum);
                    add("_count", None, *count as f64);
                }
                other => panic!("{other:?}"),
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

fn family(
    metric_type: MetricType,
    name: &str,
    samples: impl IntoIterator<Item = (Vec<(&'static str, String)>, OwnedValue)>,
) -> FamilySnapshot {
    let mut family = FamilySnapshot::new(metric_type, name, "A \"help\"\nof two lines \\ é.");
    for (labels, value) in samples {
        let labels: Vec<_> = labels.iter().map(|(name, value)| (*name, &**value)).collect();
        family.push(&labels, value);
    }
    family
}
