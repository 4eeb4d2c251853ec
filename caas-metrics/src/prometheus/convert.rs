//! Families of the `prometheus` crate as our snapshots, and back.
//!
//! Pure functions on plain data. Not here: which side asks the other (`mod.rs`).
//! Invariant: this works with the `prometheus` crate's feature `protobuf` on and off, although its
//! `proto` types differ; only what both variants have is used.

use prometheus::proto;

use crate::desc::MetricType;
use crate::sample::{ChildSnapshot, FamilySnapshot, Number, OwnedValue};

/// Their families as our snapshots.
pub(super) fn snapshots(families: &[proto::MetricFamily]) -> Vec<FamilySnapshot> {
    families.iter().map(snapshot).collect()
}

fn snapshot(family: &proto::MetricFamily) -> FamilySnapshot {
    let metric_type = match family.get_field_type() {
        proto::MetricType::COUNTER => MetricType::Counter,
        proto::MetricType::GAUGE => MetricType::Gauge,
        proto::MetricType::HISTOGRAM => MetricType::Histogram,
        proto::MetricType::SUMMARY => MetricType::Summary,
        proto::MetricType::UNTYPED => MetricType::Unknown,
    };
    let mut snapshot = FamilySnapshot::new(metric_type, family.name(), family.help());
    if metric_type == MetricType::Histogram {
        snapshot.buckets = common_bounds(family.get_metric());
    }
    for metric in family.get_metric() {
        let value = match metric_type {
            MetricType::Histogram => histogram_value(metric.get_histogram(), &snapshot.buckets),
            MetricType::Summary => summary_value(metric.get_summary()),
            MetricType::Counter => OwnedValue::Number(number(plain::counter(metric))),
            // An untyped value cannot be read in both variants of `proto`. What stands for it is refused
            // by `admit.rs`, so that it is counted as dropped, and `check` names it.
            MetricType::Unknown => OwnedValue::histogram(Vec::new(), 0.0),
            _ => OwnedValue::Number(number(plain::gauge(metric))),
        };
        let labels = metric.get_label().iter();
        let labels = labels.map(|label| (label.name().to_owned(), label.value().to_owned()));
        snapshot.children.push(ChildSnapshot::owned(labels.collect(), value));
    }
    snapshot
}

/// Up to this integer, 2⁵³, a float can count without gaps.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The `prometheus` crate has only floats; whole numbers become integers again.
#[expect(clippy::cast_sign_loss, reason = "the value is positive there")]
fn number(value: f64) -> Number {
    if value.fract() != 0.0 || value.abs() > EXACT {
        return Number::Float(value); // NaN and infinities too: their fraction is NaN
    }
    if value < 0.0 { Number::Signed(value as i64) } else { Number::Unsigned(value as u64) }
}

/// The finite bounds that all histograms of a family have: children of one `HistogramVec` agree,
/// but several collectors may share a name, and a cumulative count is right at any bound it has.
/// Bounds that are not valid are kept as they are, for `admit.rs` to refuse.
fn common_bounds(metrics: &[proto::Metric]) -> Vec<f64> {
    let Some((first, rest)) = metrics.split_first() else { return Vec::new() };
    let is_odd = |bounds: &Vec<f64>| bounds.iter().any(|bound| !bound.is_finite());
    if let Some(odd) = metrics.iter().map(bounds_below_infinity).find(is_odd) {
        return odd;
    }
    let mut bounds = bounds_below_infinity(first);
    for metric in rest {
        let others = bounds_below_infinity(metric);
        if others != bounds {
            bounds.retain(|bound| others.contains(bound));
        }
    }
    bounds
}

#[allow(clippy::float_cmp, reason = "infinity is infinity")]
fn bounds_below_infinity(metric: &proto::Metric) -> Vec<f64> {
    let buckets = metric.get_histogram().get_bucket().iter();
    buckets.map(proto::Bucket::upper_bound).filter(|bound| *bound != f64::INFINITY).collect()
}

/// Cumulative counts become counts per bucket, with `+Inf` as the last one. Counts that decrease are
/// not a histogram's; the result is then empty, for `admit.rs` to refuse.
fn histogram_value(histogram: &proto::Histogram, bounds: &[f64]) -> OwnedValue {
    let mut below = 0;
    let mut buckets = Vec::with_capacity(bounds.len() + 1);
    let shared = histogram.get_bucket().iter().filter(|b| bounds.contains(&b.upper_bound()));
    let cumulative = shared.map(proto::Bucket::cumulative_count);
    for count in cumulative.chain([histogram.get_sample_count()]) {
        let Some(more) = count.checked_sub(below) else {
            buckets.clear();
            break;
        };
        buckets.push(more);
        below = count;
    }
    OwnedValue::histogram(buckets, histogram.get_sample_sum())
}

fn summary_value(summary: &proto::Summary) -> OwnedValue {
    let quantiles = summary.get_quantile().iter();
    OwnedValue::Summary {
        quantiles: quantiles.map(|quantile| (quantile.quantile(), quantile.value())).collect(),
        sum: summary.sample_sum(),
        count: summary.sample_count(),
    }
}

/// Our snapshot as their family.
pub(super) fn family(snapshot: FamilySnapshot) -> proto::MetricFamily {
    let FamilySnapshot { name, help, metric_type, buckets: bounds, children, .. } = snapshot;
    let metrics = children.into_iter().map(|sample| {
        let mut metric = proto::Metric::from_label(proto_labels(sample.labels));
        match sample.value {
            OwnedValue::Number(number) if metric_type == MetricType::Counter => {
                let mut counter = proto::Counter::default();
                counter.set_value(number.as_f64());
                metric.set_counter(counter);
            }
            OwnedValue::Number(number) => {
                let mut gauge = proto::Gauge::default();
                gauge.set_value(number.as_f64());
                metric.set_gauge(gauge);
            }
            OwnedValue::Histogram { buckets, sum, .. } => {
                metric.set_histogram(proto_histogram(&bounds, &buckets, sum));
            }
            OwnedValue::Summary { quantiles, sum, count } => {
                metric.set_summary(proto_summary(quantiles, sum, count));
            }
        }
        metric
    });

    let mut family = proto::MetricFamily::default();
    family.set_name(name);
    family.set_help(help);
    family.set_metric(metrics.collect());
    family.set_field_type(match metric_type {
        MetricType::Counter => proto::MetricType::COUNTER,
        MetricType::Histogram => proto::MetricType::HISTOGRAM,
        MetricType::Summary => proto::MetricType::SUMMARY,
        // Their encoder panics on an untyped family: what is neither of the above is a gauge.
        _ => proto::MetricType::GAUGE,
    });
    family
}

fn proto_labels(labels: Vec<(String, String)>) -> Vec<proto::LabelPair> {
    let pairs = labels.into_iter().map(|(name, value)| {
        let mut pair = proto::LabelPair::default();
        pair.set_name(name);
        pair.set_value(value);
        pair
    });
    pairs.collect()
}

/// Counts per bucket become cumulative; `+Inf` is left to `sample_count`, as they do it.
fn proto_histogram(bounds: &[f64], counts: &[u64], sum: f64) -> proto::Histogram {
    let mut cumulative = 0;
    let buckets = bounds.iter().zip(counts).map(|(&bound, count)| {
        cumulative += count;
        let mut bucket = proto::Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(cumulative);
        bucket
    });
    let mut histogram = proto::Histogram::default();
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(counts.iter().sum());
    histogram.set_sample_sum(sum);
    histogram
}

fn proto_summary(quantiles: Vec<(f64, f64)>, sum: f64, count: u64) -> proto::Summary {
    let quantiles = quantiles.into_iter().map(|(at, value)| {
        let mut quantile = proto::Quantile::default();
        quantile.set_quantile(at);
        quantile.set_value(value);
        quantile
    });
    let mut summary = proto::Summary::default();
    summary.set_quantile(quantiles.collect());
    summary.set_sample_count(count);
    summary.set_sample_sum(sum);
    summary
}

/// The values of counters and gauges, the one place where the two variants of `proto` differ.
///
/// Without its feature `protobuf` the getter is called `get_value`, with it `value`, and a
/// dependency's features can't be asked for. Methods of a type come before those of a trait: in
/// each variant `value` ends at the getter that exists, and the trait supplies the other name.
mod plain {
    use prometheus::proto;

    pub(super) fn counter(metric: &proto::Metric) -> f64 {
        let counter: &proto::Counter = metric.get_counter();
        counter.value()
    }

    pub(super) fn gauge(metric: &proto::Metric) -> f64 {
        let gauge: &proto::Gauge = metric.get_gauge();
        gauge.value()
    }

    #[allow(dead_code, reason = "used in the variant whose getter is `get_value`")]
    trait Value {
        fn value(&self) -> f64;
    }

    #[allow(dead_code, reason = "makes the trait above compile in the variant with `value`")]
    trait GetValue {
        fn get_value(&self) -> f64;
    }

    impl Value for proto::Counter {
        fn value(&self) -> f64 {
            self.get_value()
        }
    }

    impl GetValue for proto::Counter {
        fn get_value(&self) -> f64 {
            self.value()
        }
    }

    impl Value for proto::Gauge {
        fn value(&self) -> f64 {
            self.get_value()
        }
    }

    impl GetValue for proto::Gauge {
        fn get_value(&self) -> f64 {
            self.value()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(snapshot: &FamilySnapshot) -> FamilySnapshot {
        snapshots(&[family(snapshot.clone())]).remove(0)
    }

    #[test]
    fn what_goes_there_comes_back() {
        let labels = || vec![("tenant".to_owned(), "a\"b\\c\n".to_owned())];
        let counter = FamilySnapshot::counter("jobs_total", "Jobs.")
            .with(&[("queue", "mail")], 12_u64)
            .with(&[("queue", "push")], 0.5);
        let gauge = FamilySnapshot::gauge("lag", "Lag.").with(&[], -3_i64);
        let mut histogram = FamilySnapshot::new(MetricType::Histogram, "wait_seconds", "Wait.");
        histogram.buckets = vec![0.1, 1.0];
        let value = OwnedValue::histogram(vec![1, 0, 2], 7.25);
        histogram.children.push(ChildSnapshot::owned(labels(), value));
        let mut summary = FamilySnapshot::new(MetricType::Summary, "size_bytes", "Sizes.");
        let value = OwnedValue::Summary { quantiles: vec![(0.5, 3.0)], sum: 9.0, count: 3 };
        summary.children.push(ChildSnapshot::owned(labels(), value));

        for family in [counter, gauge, histogram, summary] {
            assert_eq!(round_trip(&family), family);
        }
    }

    #[test]
    fn info_becomes_a_gauge() {
        let info = FamilySnapshot::new(MetricType::Info, "build_info", "Build.");
        let back = round_trip(&info.with(&[("version", "1")], 1_u64));
        assert_eq!(back.metric_type, MetricType::Gauge);
        assert_eq!(back.children[0].value, OwnedValue::Number(Number::Unsigned(1)));
    }

    #[test]
    fn integral_floats_become_integers() {
        assert_eq!(number(0.0), Number::Unsigned(0));
        assert_eq!(number(-0.0), Number::Unsigned(0));
        assert_eq!(number(-2.0), Number::Signed(-2));
        assert_eq!(number(EXACT), Number::Unsigned(1 << 53));
        assert_eq!(number(EXACT * 2.0), Number::Float(EXACT * 2.0));
        assert_eq!(number(0.25), Number::Float(0.25));
        assert_eq!(number(f64::NEG_INFINITY), Number::Float(f64::NEG_INFINITY));
        assert!(matches!(number(f64::NAN), Number::Float(nan) if nan.is_nan()));
    }

    #[test]
    fn an_infinite_bucket_is_not_counted_twice() {
        let mut theirs = proto_histogram(&[1.0], &[2, 3], 9.0);
        let mut buckets = theirs.get_bucket().to_vec();
        let mut infinite = proto::Bucket::default();
        infinite.set_upper_bound(f64::INFINITY);
        infinite.set_cumulative_count(5);
        buckets.push(infinite);
        theirs.set_bucket(buckets);
        let expected = OwnedValue::histogram(vec![2, 3], 9.0);
        assert_eq!(histogram_value(&theirs, &[1.0]), expected);
    }

    #[test]
    fn histograms_of_one_name_are_shown_with_the_buckets_they_share() {
        let metric = |bounds: &[f64], counts: &[u64]| {
            let mut metric = proto::Metric::default();
            metric.set_histogram(proto_histogram(bounds, counts, 1.0));
            metric
        };
        let mut family = proto::MetricFamily::default();
        family.set_field_type(proto::MetricType::HISTOGRAM);
        family.set_metric(vec![
            metric(&[1.0, 2.0, 3.0], &[1, 10, 100, 1000]),
            metric(&[1.0, 3.0, 4.0], &[5, 6, 7, 8]),
        ]);

        let ours = snapshots(&[family]).remove(0);
        assert_eq!(ours.buckets, [1.0, 3.0]);
        let counts = |i: usize| match &ours.children[i].value {
            OwnedValue::Histogram { buckets, .. } => buckets.clone(),
            other => panic!("not a histogram: {other:?}"),
        };
        assert_eq!(counts(0), [1, 110, 1000]);
        assert_eq!(counts(1), [5, 6, 15]);
    }
}
