//! What collectors and default labels do to a page: nothing, whatever they hold. What is left out is
//! counted by its reason, and named by `check`.

mod any_page;
mod prometheus_crate;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use caas_metrics::{
    Format, MetricType, Problem, Registry,
    desc::Native,
    metrics,
    sample::{ChildSnapshot, Exemplar, FamilySnapshot, NativeCounts, Number, OwnedValue},
};

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

/// With two native buckets on either side.
fn native(schema: i8, counts: NativeCounts) -> FamilySnapshot {
    let mut family = FamilySnapshot::histogram("h", "Help.", &[]);
    family.native = Some(Native::new().with_schema(schema).with_range(1.0, 4.0));
    family.push(&[], OwnedValue::histogram(vec![0], 0.0).with_native(counts));
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
    let counts = own.children.iter().map(|sample| match &sample.value {
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
fn exemplars_that_no_reader_takes_are_left_out_counted_and_named() {
    let now = SystemTime::now();
    let exemplar = |labels: &[(&str, &str)], value| Exemplar::new(labels, value, now);
    let (id, long) = ("a".repeat(120), "a".repeat(121));
    let good = exemplar(&[("trace_id", &id)], 1.0);
    let bad = [
        (exemplar(&[("trace_id", &long)], 1.0), "more than 128 characters"),
        (exemplar(&[("trace-id", "a")], 1.0), "not a label name"),
        (exemplar(&[("a", "a"), ("b", "b"), ("a", "c")], 1.0), "a label twice"),
        (exemplar(&[], f64::NAN), "in no bucket"),
        (Exemplar::new(&[], 1.0, UNIX_EPOCH - Duration::from_secs(1)), "before 1970"),
    ];
    let child = |value: OwnedValue| ChildSnapshot::new(&[], value);
    for (family, value) in [
        (FamilySnapshot::counter("e_total", "Help."), OwnedValue::from(1_u64)),
        (FamilySnapshot::histogram("e", "Help.", &[]), OwnedValue::histogram(vec![1], 1.0)),
    ] {
        for (bad, sentence) in &bad {
            let mut family = family.clone();
            let child = child(value.clone()).with_exemplar(good.clone());
            family.children.push(child.with_exemplar(bad.clone()));
            let registry = registry_of(vec![family]);
            assert_eq!(dropped(&registry), [("exemplar".to_owned(), 1)].into(), "{sentence}");
            let families = registry.gather();
            let family = families.iter().find(|family| family.name.starts_with('e')).unwrap();
            assert_eq!(family.children[0].exemplars, std::slice::from_ref(&good), "{sentence}");
            let problems = registry.check();
            let [problem @ Problem::BadExemplars { .. }] = &problems[..] else {
                panic!("{problems:?}");
            };
            assert!(problem.to_string().contains(sentence), "{problem}");
        }
    }
    let mut gauge = FamilySnapshot::gauge("e", "Help.");
    gauge.children.push(child(1.0.into()).with_exemplar(good.clone()).with_exemplar(good));
    let registry = registry_of(vec![gauge]);
    assert_eq!(dropped(&registry), [("exemplar".to_owned(), 2)].into());
}

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
        (
            family_with(Gauge, "n", summary(&[], 0.0).children.remove(0).value),
            "value",
            1,
            "another",
        ),
        (summary(&[(1.5, 1.0)], 1.0), "value", 1, "not between 0 and 1"),
        (summary(&[(nan, 1.0)], 1.0), "value", 1, "not between 0 and 1"),
        (summary(&[(0.5, 1.0), (0.9, 1.0), (0.5, 2.0)], 1.0), "value", 1, "a quantile twice"),
        (summary(&[(0.0, 1.0), (-0.0, 1.0)], 1.0), "value", 1, "a quantile twice"),
        (summary(&[(0.5, -1.0)], 1.0), "value", 1, "below zero"),
        (summary(&[(0.5, 1.0)], nan), "value", 1, "sum is NaN"),
        (native(0, NativeCounts::new(0, vec![1, 1, 1], vec![])), "value", 1, "of its range"),
        (native(0, NativeCounts::new(0, vec![], vec![1, 1, 1])), "value", 1, "of its range"),
        (native(0, NativeCounts::new(1, vec![u64::MAX], vec![])), "value", 1, "above 2^64"),
        (native(9, NativeCounts::default()), "bounds", 1, "the schema of a native histogram"),
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
    let left = of_others(&registry).remove(0).children;
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
    assert_eq!(of_others(&registry)[0].children.len(), 2);
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
    let is_expected = |problem: &Problem| {
        let Problem::DefaultLabel { label, name, .. } = problem else { return false };
        (&**label, &**name) == ("zone", "admission_run_seconds")
    };
    assert!(problems.iter().any(is_expected), "{problems:?}");

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
    assert_eq!(of_others(&shared)[0].children.len(), 2, "they are no danger for the page");
}
