//! Families of the `prometheus` crate that would break a page.

use std::collections::BTreeMap;

use caas_metrics::Registry;
use prometheus::{core, proto};

use super::{dropped, of_others};

/// A collector of theirs can make what their own types cannot.
struct Theirs(core::Desc, proto::MetricFamily);

impl core::Collector for Theirs {
    fn desc(&self) -> Vec<&core::Desc> {
        vec![&self.0]
    }

    fn collect(&self) -> Vec<proto::MetricFamily> {
        vec![self.1.clone()]
    }
}

fn theirs(metric_type: proto::MetricType, metrics: Vec<proto::Metric>) -> Registry {
    let mut family = proto::MetricFamily::default();
    family.set_name("t_total".to_owned());
    family.set_help("Help.".to_owned());
    family.set_field_type(metric_type);
    family.set_metric(metrics);
    let desc = core::Desc::new("t".into(), "Help.".into(), vec![], [].into()).unwrap();
    let theirs = prometheus::Registry::new();
    theirs.register(Box::new(Theirs(desc, family))).unwrap();
    let registry = Registry::new();
    registry.register(caas_metrics::prometheus::from_registry(theirs));
    registry
}

fn their_histogram(buckets: &[(f64, u64)], count: u64) -> proto::Metric {
    let buckets = buckets.iter().map(|(bound, count)| {
        let mut bucket = proto::Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(*count);
        bucket
    });
    let mut histogram = proto::Histogram::default();
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(count);
    let mut metric = proto::Metric::default();
    metric.set_histogram(histogram);
    metric
}

fn their_counter(labels: &[(&str, &str)], value: f64) -> proto::Metric {
    let labels = labels.iter().map(|(name, value)| {
        let mut label = proto::LabelPair::default();
        label.set_name((*name).to_owned());
        label.set_value((*value).to_owned());
        label
    });
    let mut metric = proto::Metric::from_label(labels.collect());
    let mut counter = proto::Counter::default();
    counter.set_value(value);
    metric.set_counter(counter);
    metric
}

#[test]
fn the_prometheus_crate_breaks_no_page() {
    use proto::MetricType::{COUNTER, HISTOGRAM};
    let good = || their_histogram(&[(1.0, 1), (2.0, 3)], 4);
    for (kind, metrics, reason, count) in [
        (HISTOGRAM, vec![their_histogram(&[(1.0, 3), (2.0, 1)], 4)], "value", 1),
        (HISTOGRAM, vec![their_histogram(&[(1.0, 3)], 2)], "value", 1),
        (HISTOGRAM, vec![their_histogram(&[(f64::NAN, 3)], 4)], "bounds", 1),
        (HISTOGRAM, vec![good(), their_histogram(&[(f64::NAN, 3)], 4)], "bounds", 2),
        (HISTOGRAM, vec![their_histogram(&[(f64::NEG_INFINITY, 0), (1.0, 3)], 4)], "bounds", 1),
        (HISTOGRAM, vec![their_histogram(&[(2.0, 1), (1.0, 1)], 4)], "bounds", 1),
        (HISTOGRAM, vec![good(), good()], "duplicate", 1),
        (COUNTER, vec![their_counter(&[], -1.0)], "value", 1),
        (COUNTER, vec![their_counter(&[], f64::NAN)], "value", 1),
        (COUNTER, vec![their_counter(&[("le", "1")], 1.0)], "label_name", 1),
    ] {
        let registry = theirs(kind, metrics);
        assert_eq!(dropped(&registry), BTreeMap::from([(reason.to_owned(), count)]));
        assert_eq!(registry.check().len(), 1);
    }
    let good = theirs(HISTOGRAM, vec![good()]);
    assert_eq!((dropped(&good), good.check()), (BTreeMap::new(), vec![]));
    assert_eq!(of_others(&good).len(), 1);
}
