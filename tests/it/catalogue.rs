//! The catalogue: declared families, built-in ones, and those that collectors describe.

use std::collections::{BTreeMap, BTreeSet};

use caas_metrics::{
    Collector, Format, MetricType, Problem, Registry, counted,
    desc::{Descriptor, LabelDescriptor},
    in_flight, metrics,
    sample::{FamilySnapshot, Number, OwnedValue},
    timed,
};

metrics! {
    namespace = "catalogue";

    /// Pages.
    counter PagesTotal { path: &str }

    /// Sizes.
    histogram SizeBytes;

    /// Build.
    info BuildInfo { version: &str }
}

#[counted]
#[timed]
#[in_flight]
fn annotated() {}

fn page(registry: &Registry, format: Format) -> String {
    let mut page = Vec::new();
    registry.encode(format, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

fn problems(registry: &Registry) -> BTreeMap<String, i64> {
    let families = registry.gather();
    let own = families.iter().find(|family| family.name == "caas_metrics_problems").unwrap();
    let counts = own.children.iter().map(|sample| match &sample.value {
        OwnedValue::Number(Number::Signed(count)) => (sample.labels[0].1.clone(), *count),
        other => panic!("{other:?}"),
    });
    counts.collect()
}

/// A descriptor of a gauge, changed.
fn described(change: impl FnOnce(&mut Descriptor)) -> &'static Descriptor {
    let mut descriptor = Descriptor::new(MetricType::Gauge, "catalogue_described", "Described.");
    change(&mut descriptor);
    Box::leak(Box::new(descriptor))
}

/// Returns families, and describes one.
struct Described(&'static [Descriptor], Vec<FamilySnapshot>);

impl Collector for Described {
    fn collect(&self) -> Vec<FamilySnapshot> {
        self.1.clone()
    }

    fn describe(&self) -> &'static [Descriptor] {
        self.0
    }
}

fn describing(descriptor: &'static Descriptor) -> Described {
    Described(std::slice::from_ref(descriptor), Vec::new())
}

#[test]
fn every_family_of_the_page_has_a_descriptor() {
    annotated();
    PagesTotal { path: "/" }.inc();
    SizeBytes.observe(1);
    BuildInfo { version: "1" }.set();
    let registry = Registry::with_declared();
    let pool = described(|it| it.name = "catalogue_pool_of_page");
    let families = vec![FamilySnapshot::of(pool).with(&[], 1.0)];
    registry.register(Described(std::slice::from_ref(pool), families));
    let descriptors: Vec<_> = registry.descriptors().collect();
    assert!(descriptors.is_sorted_by_key(|descriptor| descriptor.name));
    let by_name: BTreeMap<&str, &Descriptor> =
        descriptors.iter().map(|descriptor| (descriptor.name, *descriptor)).collect();
    // What is said of the page before is not on the first one.
    page(&registry, Format::Text);
    let families = registry.gather();
    for family in &families {
        let descriptor = by_name[&*family.name];
        assert_eq!(family.metric_type, descriptor.metric_type);
        assert_eq!((&*family.help, &*family.buckets), (descriptor.help, descriptor.buckets));
        for sample in &family.children {
            let labels: Vec<&str> = sample.labels.iter().map(|(name, _)| &**name).collect();
            let declared: Vec<&str> = descriptor.labels.iter().map(|label| label.name).collect();
            assert_eq!(labels, declared, "{}", family.name);
            let closed = descriptor.labels.iter().zip(&sample.labels);
            for (label, (_, value)) in closed.filter(|(label, _)| label.values.is_some()) {
                assert!(label.values.unwrap().contains(&&**value), "{}", family.name);
            }
        }
    }
    let shown: BTreeSet<&str> = families.iter().map(|family| &*family.name).collect();
    for name in [
        "function_calls_total",
        "function_duration_seconds",
        "functions_in_flight",
        "caas_metrics_overflow_total",
        "caas_metrics_refused_total",
        "caas_metrics_lost_total",
        "caas_metrics_label_panics_total",
        "caas_metrics_collector_age_seconds",
        "caas_metrics_collector_failures_total",
        "caas_metrics_dropped_total",
        "caas_metrics_page_bytes",
        "caas_metrics_problems",
        "caas_metrics_scrape_duration_seconds",
        "caas_metrics_scrapes_total",
        "caas_metrics_series",
    ] {
        assert!(by_name.contains_key(name) && shown.contains(name), "{name}");
    }
}

/// What a descriptor says of sample names is what pages have, in both formats.
#[test]
fn sample_names_are_those_of_the_page() {
    annotated();
    PagesTotal { path: "/" }.inc();
    SizeBytes.observe(1);
    BuildInfo { version: "1" }.set();
    let registry = Registry::with_declared();
    registry.register(|| {
        let value = OwnedValue::summary(vec![(0.5, 1.0)], 1.0, 1);
        let mut summary = FamilySnapshot::new(MetricType::Summary, "catalogue_waits", "Waits.");
        summary.push(&[], value);
        vec![summary]
    });
    // What is said of the page before is not on the first one.
    page(&registry, Format::Text);
    let shown: BTreeSet<String> = registry.gather().into_iter().map(|family| family.name).collect();
    let is_shown = |descriptor: &&Descriptor| shown.contains(descriptor.name);
    let mut expected: BTreeSet<String> =
        registry.descriptors().filter(is_shown).flat_map(Descriptor::sample_names).collect();
    let summary = described(|it| {
        (it.name, it.metric_type) = ("catalogue_waits", MetricType::Summary);
    });
    expected.extend(summary.sample_names());
    for format in [Format::Text, Format::OpenMetrics] {
        let page = page(&registry, format);
        let lines = page.lines().filter(|line| !line.starts_with('#'));
        let names: BTreeSet<String> =
            lines.map(|line| line.split(['{', ' ']).next().unwrap().to_owned()).collect();
        // Of the families in this program that have a bound below zero, OpenMetrics has no sum.
        assert_eq!(names, expected, "{format:?}");
    }
}

#[test]
fn the_gauge_of_problems_counts_what_check_reports() {
    let registry = Registry::new();
    registry.register(Vec::new);
    let found = problems(&registry);
    assert_eq!(found.keys().collect::<Vec<_>>().len(), Problem::KINDS.len());
    assert!(found.values().all(|count| *count == 0), "{found:?}");

    registry.set_default_labels([("le", "x"), ("job", "y"), ("reason", "z")]);
    registry.register(|| panic!("on purpose"));
    registry.register(|| panic!("on purpose"));
    registry.register(|| {
        let counter = FamilySnapshot::counter("a_total", "A.");
        let reason = FamilySnapshot::gauge("b", "B.").with(&[("reason", "x")], 1.0);
        vec![
            counter.with(&[("a", "1")], -1.0).with(&[("le", "1")], 1.0).with(&[], 1.0),
            FamilySnapshot::gauge("a b", "A.").with(&[], 1.0),
            FamilySnapshot::gauge("caas_metrics_problems", "A.").with(&[], 1.0),
            reason,
        ]
    });
    registry.register(describing(described(|it| it.name = "c d")));
    for _ in 0..2 {
        let reported = registry.check();
        let mut expected = BTreeMap::new();
        for problem in &reported {
            *expected.entry(problem.kind().to_owned()).or_default() += 1;
        }
        let mut found = problems(&registry);
        found.retain(|_, count| *count > 0);
        assert_eq!(found, expected, "{reported:#?}");
        assert!(expected.len() >= 7, "{expected:?}");
    }
    // What is put right is gone from the next page.
    registry.set_default_labels([("zone", "z")]);
    assert_eq!(problems(&registry)["bad_default_label"], 0);
    assert_eq!(problems(&registry)["default_label"], 0);
}

#[test]
fn a_described_family_is_listed_and_checked_before_it_has_values() {
    let registry = Registry::with_declared();
    let good = described(|it| it.name = "catalogue_pool_size");
    registry.register(Described(
        std::slice::from_ref(good),
        vec![FamilySnapshot::of(good).with(&[], 1.0)],
    ));
    registry.register(describing(good));
    assert_eq!(registry.descriptors().filter(|it| it.name == good.name).count(), 2);
    assert_eq!(good.location.file, file!());
    assert_eq!(registry.check(), []);
    assert!(page(&registry, Format::Text).contains("\ncatalogue_pool_size 1\n"));

    const TARGET: &[LabelDescriptor] = &[LabelDescriptor::open("job")];
    const RESERVED: &[LabelDescriptor] = &[LabelDescriptor::closed("le", &["1"])];
    for (descriptor, kind, sentence) in [
        (
            described(|it| it.name = "catalogue_size_bytes_sum"),
            "clash",
            "of histogram `catalogue_size_bytes`",
        ),
        (
            described(|it| it.name = "function_calls_total"),
            "clash",
            "takes the name `function_calls_total` of the built-in family `function_calls_total`",
        ),
        (
            described(|it| it.name = "caas_metrics_lost"),
            "clash",
            "the built-in family `caas_metrics_lost_total`",
        ),
        (described(|it| it.name = "a-b"), "bad_family", "not a metric name"),
        (described(|it| it.labels = RESERVED), "bad_family", "reserved"),
        (described(|it| it.labels = TARGET), "target_label", "`exported_job`"),
        (
            described(|it| (it.name, it.help) = (good.name, "Another help.")),
            "conflict",
            "with help \"Another help.\"",
        ),
        (
            described(|it| (it.metric_type, it.buckets) = (MetricType::Histogram, &[-1.0])),
            "no_sum",
            "OpenMetrics",
        ),
        (
            described(|it| (it.metric_type, it.buckets) = (MetricType::Histogram, &[1.0, 1.0])),
            "bad_family",
            "increasing",
        ),
    ] {
        let registry = Registry::with_declared();
        registry.register(describing(good));
        registry.register(describing(descriptor));
        let found = registry.check();
        let [problem] = &found[..] else { panic!("{sentence}: {found:?}") };
        assert_eq!(problem.kind(), kind, "{problem}");
        assert!(problem.to_string().contains(sentence), "{problem}");
        assert_eq!(problems(&registry)[kind], 1);
    }
}

#[test]
fn a_family_that_is_not_as_described_is_reported_and_stays() {
    let descriptor = described(|it| it.name = "catalogue_pool");
    for (family, difference) in [
        (FamilySnapshot::counter("catalogue_pool", "Described."), "type"),
        (FamilySnapshot::gauge("catalogue_pool", "Other."), "help"),
    ] {
        let registry = Registry::new();
        let families = vec![family.with(&[], 1.0)];
        registry.register(Described(std::slice::from_ref(descriptor), families));
        let found = registry.check();
        let [Problem::NotAsDescribed { difference: found, .. }] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(*found, difference);
        assert!(page(&registry, Format::Text).contains("\ncatalogue_pool 1\n"));
    }
}

#[test]
fn samples_with_other_labels_than_described_are_reported_and_stay() {
    static SPACE: Descriptor = Descriptor::new(MetricType::Gauge, "catalogue_space", "Described.")
        .with_labels(&[
            LabelDescriptor::open("disk"),
            LabelDescriptor::closed("kind", &["free", "used"]),
        ]);
    let differences = |labels: &[(&str, &str)]| {
        let registry = Registry::new();
        let families = vec![FamilySnapshot::of(&SPACE).with(labels, 1.0)];
        registry.register(Described(std::slice::from_ref(&SPACE), families));
        assert!(page(&registry, Format::Text).contains("\ncatalogue_space{"));
        let differences = registry.check().into_iter().map(|problem| match problem {
            Problem::NotAsDescribed { difference, .. } => difference,
            other => panic!("{other}"),
        });
        differences.collect::<Vec<_>>()
    };
    assert_eq!(differences(&[("kind", "free"), ("disk", "sda")]), [""; 0]);
    assert_eq!(differences(&[("disk", "sda")]), ["set of labels"]);
    assert_eq!(differences(&[("disk", "sda"), ("sort", "free")]), ["set of labels"]);
    assert_eq!(
        differences(&[("disk", "sda"), ("kind", "lost")]),
        ["set of values of a closed label"]
    );
}
