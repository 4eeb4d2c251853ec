//! What collectors and default labels do to a page: nothing, whatever they hold. What is left out is
//! counted by its reason, and named by `check`.

use std::collections::{BTreeMap, BTreeSet};

use caas_metrics::{
    Format, MetricType, Problem, Registry, metrics,
    sample::{FamilySnapshot, Number, OwnedValue},
};
use prometheus::{core, proto};
use proptest::prelude::*;

metrics! {
    namespace = "admission";

    /// Runs.
    #[buckets(1)]
    histogram RunSeconds { zone: &str }

    /// Nodes of an ensemble.
    #[legacy(reason = "dashboards know how Prometheus calls these labels")]
    gauge NodesActive { instance: &str, job: &str }
}

fn registry_of(families: Vec<FamilySnapshot>) -> Registry {
    let registry = Registry::new();
    registry.register(move || families.clone());
    registry
}

fn gauge() -> FamilySnapshot {
    FamilySnapshot::gauge("g", "Help.").with(&[], 1.0)
}

fn family_with(metric_type: MetricType, name: &str, value: OwnedValue) -> FamilySnapshot {
    let mut family = FamilySnapshot::new(metric_type, name, "Help.");
    family.push(&[], value);
    family
}

fn histogram(bounds: &[f64], buckets: &[u64], sum: f64) -> FamilySnapshot {
    let value = OwnedValue::histogram(buckets.to_vec(), sum);
    let mut family = family_with(MetricType::Histogram, "h", value);
    family.buckets = bounds.to_vec();
    family
}

fn summary(quantiles: &[(f64, f64)], sum: f64) -> FamilySnapshot {
    let value = OwnedValue::summary(quantiles.to_vec(), sum, 1);
    family_with(MetricType::Summary, "s", value)
}

fn number(metric_type: MetricType, value: impl Into<Number>) -> FamilySnapshot {
    family_with(metric_type, "n", OwnedValue::Number(value.into()))
}

/// What a scrape counts in `caas_metrics_dropped_total`, without zeros.
fn dropped(registry: &Registry) -> BTreeMap<String, u64> {
    let families = registry.gather();
    let own = families.iter().find(|family| family.name == "caas_metrics_dropped_total").unwrap();
    let counts = own.samples.iter().map(|sample| match &sample.value {
        OwnedValue::Number(Number::Unsigned(count)) => (sample.labels[0].1.clone(), *count),
        other => panic!("{other:?}"),
    });
    counts.filter(|(_, count)| *count > 0).collect()
}

fn of_others(registry: &Registry) -> Vec<FamilySnapshot> {
    let mut families = registry.gather();
    families.retain(|family| !family.name.starts_with("caas_metrics_"));
    families
}

/// Each: what a collector returns beside a good gauge, under which reason it is counted, how often, and
/// what `check` says.
#[test]
fn what_would_break_the_page_is_left_out_counted_and_named() {
    let labelled = |labels: &[(&str, &str)]| FamilySnapshot::gauge("l", "Help.").with(labels, 1.0);
    let nan = f64::NAN;
    use MetricType::{Counter, Gauge, Info, Unknown};
    for (family, reason, count, sentence) in [
        (
            labelled(&[("le", "1")]),
            "label_name",
            1,
            "first `l{le=\"1\"}`): a label's name is reserved",
        ),
        (labelled(&[("quantile", "1")]), "label_name", 1, "is reserved"),
        (labelled(&[("__name__", "x")]), "label_name", 1, "is reserved"),
        (labelled(&[("a b", "x")]), "label_name", 1, "is not a label name"),
        (labelled(&[("", "x")]), "label_name", 1, "is not a label name"),
        (labelled(&[("a", "x"), ("b", ""), ("a", "y")]), "label_name", 1, "a label twice"),
        (
            family_with(Unknown, "g", OwnedValue::Number(2.0.into())),
            "clash",
            1,
            "takes the name `g`",
        ),
        (
            labelled(&[("a", "x"), ("b", "y")]).with(&[("b", "y"), ("a", "x")], 2.0),
            "duplicate",
            1,
            "samples of a collector's family `l` are left out (1, first `l{b=\"y\",a=\"x\"}`): another",
        ),
        (
            labelled(&[("a", "")]).with(&[], 2.0).with(&[("b", "")], 2.0),
            "duplicate",
            2,
            "(2, first `l{}`)",
        ),
        (FamilySnapshot::gauge("a-b", "Help.").with(&[], 1.0), "name", 1, "not a metric name"),
        (histogram(&[1.0, nan], &[0, 0, 0], 0.0), "bounds", 1, "bounds are not"),
        (histogram(&[2.0, 1.0], &[0, 0, 0], 0.0), "bounds", 1, "bounds are not"),
        (histogram(&[1.0, 1.0], &[0, 0, 0], 0.0), "bounds", 1, "bounds are not"),
        (histogram(&[f64::INFINITY], &[0, 0], 0.0), "bounds", 1, "bounds are not"),
        (histogram(&[1.0], &[0], 0.0), "value", 1, "do not fit its bounds"),
        (histogram(&[1.0], &[1, u64::MAX], 0.0), "value", 1, "above 2^64"),
        (histogram(&[1.0], &[1, 1], nan), "value", 1, "sum is NaN"),
        (histogram(&[0.0], &[1, 1], -1.0), "value", 1, "below zero without a bound below zero"),
        (number(Counter, -1_i64), "value", 1, "a counter is NaN or below zero"),
        (number(Counter, nan), "value", 1, "a counter is NaN or below zero"),
        (number(Info, 2_u64), "value", 1, "an info is not 1"),
        (number(MetricType::Histogram, 2_u64), "value", 1, "another type"),
        (number(MetricType::Summary, 2_u64), "value", 1, "another type"),
        (family_with(Gauge, "n", summary(&[], 0.0).samples.remove(0).value), "value", 1, "another"),
        (summary(&[(1.5, 1.0)], 1.0), "value", 1, "not between 0 and 1"),
        (summary(&[(nan, 1.0)], 1.0), "value", 1, "not between 0 and 1"),
        (summary(&[(0.5, 1.0), (0.9, 1.0), (0.5, 2.0)], 1.0), "value", 1, "a quantile twice"),
        (summary(&[(0.0, 1.0), (-0.0, 1.0)], 1.0), "value", 1, "a quantile twice"),
        (summary(&[(0.5, -1.0)], 1.0), "value", 1, "below zero"),
        (summary(&[(0.5, 1.0)], nan), "value", 1, "sum is NaN"),
    ] {
        let shown = format!("{family:?}");
        let registry = registry_of(vec![gauge(), family]);
        // Whatever is said of it, it is said before a scrape too; only scrapes count.
        let problems = registry.check();
        let [problem] = &problems[..] else { panic!("{shown}: {problems:?}") };
        assert!(problem.to_string().contains(sentence), "{shown}: {problem}");
        let expected = BTreeMap::from([(reason.to_owned(), count)]);
        assert_eq!(dropped(&registry), expected, "{shown}");
        assert_eq!(dropped(&registry)[reason], 2 * count, "{shown}: each scrape counts");
        assert!(of_others(&registry).contains(&gauge()), "{shown}");
    }
    // What is odd and breaks nothing stays.
    for family in [
        histogram(&[-1.0], &[1, 1], -1.0),
        histogram(&[], &[1], 1.0),
        summary(&[(0.5, nan)], 1.0),
        number(Counter, f64::INFINITY),
        number(Gauge, nan),
        number(Unknown, -1.0),
        labelled(&[("le_", ""), ("_le", "")]).with(&[("a", "1")], 1.0),
    ] {
        let registry = registry_of(vec![family]);
        assert_eq!(registry.check(), []);
        assert_eq!(dropped(&registry), BTreeMap::new());
        assert_eq!(of_others(&registry).len(), 1);
    }
}

#[test]
fn only_what_is_wrong_is_left_out() {
    let family = FamilySnapshot::counter("c_total", "Help.")
        .with(&[("a", "1")], 1_u64)
        .with(&[("a", "2")], -1.0)
        .with(&[("le", "2")], 1_u64)
        .with(&[("a", "1")], 5_u64)
        .with(&[("a", "3")], -2.0)
        .with(&[("a", "4")], 4_u64);
    let registry = registry_of(vec![family]);
    let left = of_others(&registry).remove(0).samples;
    let texts: Vec<&str> = left.iter().map(|sample| &*sample.labels[0].1).collect();
    assert_eq!(texts, ["1", "4"]);
    assert_eq!(left[0].value, OwnedValue::Number(Number::Unsigned(1)), "the first one stays");
    let expected =
        [("duplicate", 1), ("label_name", 1), ("value", 2)].map(|(why, n)| (why.to_owned(), n));
    let page = registry.check();
    assert_eq!(page.len(), 3, "{page:?}");
    let before = dropped(&registry);
    let after = dropped(&registry);
    for (why, count) in expected {
        assert_eq!(after[&why] - before[&why], count, "{why}");
    }
}

/// Two samples can be one only once the default labels are there.
#[test]
fn a_default_label_that_makes_two_samples_one_leaves_the_first() {
    let family = FamilySnapshot::gauge("l", "Help.")
        .with(&[("a", "1")], 1.0)
        .with(&[("zone", "eu"), ("a", "1")], 2.0)
        .with(&[("zone", "us"), ("a", "1")], 3.0);
    let registry = registry_of(vec![family]);
    assert_eq!(dropped(&registry), BTreeMap::new());
    registry.set_default_labels([("zone", "eu")]);
    let expected = [("default_label".to_owned(), 1), ("duplicate".to_owned(), 1)];
    assert_eq!(dropped(&registry), BTreeMap::from(expected));
    assert_eq!(of_others(&registry)[0].samples.len(), 2);
    let problems: Vec<String> = registry.check().iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().any(|text| text.contains("`zone` is a label of `l`")), "{problems:?}");
    assert!(problems.iter().any(|text| text.contains("first `l{zone=\"eu\",a=\"1\"}`)")));
}

#[test]
fn default_labels_that_cannot_be_some_are_left_out_counted_and_named() {
    let registry = Registry::with_declared();
    registry.set_default_labels([
        ("le", "x"),
        ("quantile", "y"),
        ("__x", "z"),
        ("a b", "z"),
        ("zone", "first"),
        ("zone", "second"),
    ]);
    RunSeconds { zone: "own" }.observe(0.5);
    let left_out = dropped(&registry);
    // Five that cannot be some, and at least one family that has the label itself.
    assert_eq!(left_out.keys().collect::<Vec<_>>(), ["default_label"]);
    assert!(left_out["default_label"] > 5, "{left_out:?}");
    let problems = registry.check();
    let bad = problems.iter().filter(|p| matches!(p, Problem::BadDefaultLabel { .. })).count();
    assert_eq!(bad, 5, "{problems:?}");
    let (label, name) = ("zone".to_owned(), "admission_run_seconds".to_owned());
    assert!(problems.contains(&Problem::DefaultLabel { label, name }), "{problems:?}");

    let mut page = Vec::new();
    registry.encode(Format::Text, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("admission_run_seconds_bucket{zone=\"own\",le=\"1.0\"} "), "{page}");
    assert!(page.contains(",zone=\"first\"} ") && !page.contains("zone=\"second\""), "{page}");
    // Without default labels nothing is left out.
    registry.set_default_labels::<&str, &str>([]);
    assert_eq!(dropped(&registry), dropped(&registry));
}

/// Prometheus stores such a label under another name; so its author is told, unless `#[legacy]` says
/// that it must stay. A family without it is in `tests/conflicts.rs`.
#[test]
fn labels_that_prometheus_gives_to_targets_are_reported() {
    let reported = |registry: &Registry| {
        let mut problems = registry.check();
        problems.retain(|problem| matches!(problem, Problem::TargetLabel { .. }));
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    NodesActive { instance: "localhost:2181", job: "zk" }.set(3);
    let registry = Registry::with_declared();
    assert_eq!(reported(&registry), [""; 0]);
    registry.set_default_labels([("job", "x"), ("instances", "y")]);
    let found = reported(&registry);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("`exported_job`") && found[0].contains("default labels"),
        "{found:?}"
    );
    let shared = registry_of(vec![gauge().with(&[("job", "a")], 1.0)]);
    assert_eq!(of_others(&shared)[0].samples.len(), 2, "they are no danger for the page");
}

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

/// Names that are allowed and names that are not.
const NAMES: &str = "a|b|zone|le|quantile|__a|a-b||é";

fn any_value() -> impl Strategy<Value = OwnedValue> {
    let float = || prop_oneof![any::<f64>(), Just(-1.0), Just(0.5), Just(1.0)];
    prop_oneof![
        float().prop_map(|x| OwnedValue::Number(x.into())),
        any::<i64>().prop_map(|n| OwnedValue::Number(n.into())),
        (prop::collection::vec(prop_oneof![0_u64..9, Just(u64::MAX)], 0..4), float())
            .prop_map(|(buckets, sum)| OwnedValue::histogram(buckets, sum)),
        (prop::collection::vec((float(), float()), 0..3), float())
            .prop_map(|(quantiles, sum)| OwnedValue::summary(quantiles, sum, 1)),
    ]
}

fn any_family() -> impl Strategy<Value = FamilySnapshot> {
    use MetricType::{Counter, Gauge, Histogram, Info, Summary, Unknown};
    let types = prop::sample::select(vec![Counter, Gauge, Histogram, Info, Summary, Unknown]);
    let bounds =
        prop_oneof![Just(vec![]), Just(vec![1.0]), Just(vec![-1.0, 1.0]), Just(vec![1.0, 1.0])];
    let labels = prop::collection::vec((NAMES, "x|y|"), 0..3);
    let samples = prop::collection::vec((labels, any_value()), 0..6);
    let names = "a|a_total|a_count|a_bucket|b_info|9a|a b|function_calls_total";
    (types, names, bounds, samples).prop_map(|(metric_type, name, buckets, samples)| {
        let mut family = FamilySnapshot::new(metric_type, &name, "Help.");
        family.buckets = if metric_type == Histogram { buckets } else { Vec::new() };
        for (labels, value) in samples {
            let labels: Vec<_> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
            family.push(&labels, value);
        }
        family
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The rules of the formats, read off the page, whatever collectors and default labels hold.
    #[test]
    fn a_page_keeps_the_rules(
        families in prop::collection::vec(any_family(), 0..5),
        default in prop::collection::vec((NAMES, "x|y|"), 0..3),
    ) {
        let registry = registry_of(families);
        registry.set_default_labels(default);
        for format in [Format::Text, Format::OpenMetrics] {
            let mut page = Vec::new();
            registry.encode(format, &mut page).unwrap();
            assert_keeps_the_rules(&String::from_utf8(page).unwrap());
        }
    }
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// No value of these pages has a character that is escaped, so lines can be split where they are.
fn assert_keeps_the_rules(page: &str) {
    let (mut series, mut types) = (BTreeSet::new(), BTreeMap::new());
    let (mut current, mut count) = ("", 0.0);
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, metric_type) = rest.split_once(' ').unwrap();
            assert!(types.insert(name, metric_type).is_none(), "{name} twice\n{page}");
            current = metric_type;
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let (key, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) =
            key.strip_suffix('}').map_or((key, ""), |k| k.split_once('{').unwrap());
        assert!(is_name(name), "{line}");
        let mut set = BTreeMap::new();
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            let (label, text) = label.split_once('=').unwrap();
            assert!(is_name(label) && !label.starts_with("__"), "{line}");
            assert!(set.insert(label, text).is_none(), "{line}");
        }
        assert_eq!(
            set.contains_key("le"),
            name.ends_with("_bucket") && current == "histogram",
            "{line}"
        );
        assert!(!set.contains_key("quantile") || current == "summary", "{line}");
        set.retain(|_, text| *text != "\"\"");
        assert!(series.insert((name, set.clone())), "{line} twice\n{page}");
        let value: f64 = value.parse().unwrap();
        let is_part = ["_sum", "_count", "_bucket"].iter().any(|suffix| name.ends_with(suffix));
        match current {
            "counter" => assert!(value >= 0.0, "{line}"),
            "info" => assert!(value == 1.0, "{line}"),
            "summary" => assert!(value.is_nan() && !is_part || value >= 0.0, "{line}"),
            "histogram" if name.ends_with("_bucket") => {
                // The first bucket of a series is the one after a `+Inf`.
                assert!(value >= count, "{line}\n{page}");
                count = if set["le"] == "\"+Inf\"" { 0.0 } else { value };
            }
            "histogram" => assert!(!value.is_nan(), "{line}"),
            _ => {}
        }
    }
}
