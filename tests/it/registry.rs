//! The registry: order, redeclaration, default labels, collectors, formats.

use caas_metrics::{
    Format, Problem, Registry, metrics, registry,
    sample::{FamilySnapshot, OwnedValue},
};

mod first {
    caas_metrics::metrics! {
        /// Declared twice, in the same words.
        pub counter TwinsTotal { side: &str }
    }
}

mod second {
    caas_metrics::metrics! {
        /// Declared twice, in the same words.
        pub counter TwinsTotal { side: &str }
    }
}

metrics! {
    namespace = "registry";

    /// A counter with a help of "quotes", a \ and more
    /// on a second line.
    pub counter HelpTotal;

    /// Z.
    pub gauge ZLevel;

    /// A.
    pub gauge ALevel { server: &str }
}

fn page(registry: &Registry, format: Format) -> String {
    let mut page = Vec::new();
    registry.encode(format, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

fn family<'a>(families: &'a [FamilySnapshot], name: &str) -> &'a FamilySnapshot {
    families.iter().find(|family| family.name == name).unwrap()
}

#[test]
fn identical_declarations_are_one_family_and_sums() {
    first::TwinsTotal { side: "both" }.inc();
    second::TwinsTotal { side: "both" }.inc_by(2);
    second::TwinsTotal { side: "second" }.inc_by(4);
    let families = registry().gather();
    assert_eq!(families.iter().filter(|family| family.name == "twins_total").count(), 1);
    let samples = &family(&families, "twins_total").children;
    let mut samples: Vec<_> =
        samples.iter().map(|sample| (&*sample.labels[0].1, sample.value.clone())).collect();
    samples.sort_by_key(|(side, _)| *side);
    let number = |n: u64| OwnedValue::Number(n.into());
    assert_eq!(samples, [("both", number(3)), ("second", number(4))]);
}

#[test]
fn families_come_by_name_on_every_page() {
    let families = registry().gather();
    let names: Vec<&str> = families.iter().map(|family| &*family.name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted);
}

#[test]
fn this_program_has_no_problem() {
    assert_eq!(registry().check(), []);
    let locations: Vec<_> = registry()
        .descriptors()
        .filter(|descriptor| descriptor.name == "registry_z_level")
        .map(|descriptor| descriptor.location.to_string())
        .collect();
    let declared = include_str!("registry.rs").lines().position(|l| l.contains("gauge ZLevel;"));
    let line = declared.unwrap() + 1;
    assert_eq!(locations, [format!("tests/it/registry.rs:{line}")]);
}

#[test]
fn default_labels_stand_behind_and_give_way() {
    let registry = Registry::new();
    registry.set_default_labels([("service", "gateway"), ("zone", "a"), ("not a label", "x")]);
    registry.register(|| {
        let queue = FamilySnapshot::gauge("queue_length", "Waiting.");
        vec![queue.with(&[("zone", "own")], 1.0).with(&[], 2.0)]
    });
    let page = page(&registry, Format::Text);
    assert!(page.contains("queue_length{zone=\"own\",service=\"gateway\"} 1\n"), "{page}");
    assert!(page.contains("queue_length{service=\"gateway\",zone=\"a\"} 2\n"), "{page}");

    let ours = Registry::with_declared();
    ours.set_default_labels([("server", "x")]);
    let problems = ours.check();
    let is_expected = |problem: &Problem| {
        let Problem::DefaultLabel { label, name, .. } = problem else { return false };
        (&**label, &**name) == ("server", "registry_a_level")
    };
    assert!(problems.iter().any(is_expected), "{problems:?}");
}

#[test]
fn a_collector_that_panics_costs_only_its_own_families() {
    let registry = Registry::new();
    registry.register(|| -> Vec<FamilySnapshot> { panic!("the pool is gone") });
    registry.register(|| vec![FamilySnapshot::counter("jobs_total", "Jobs.").with(&[], 1_u64)]);
    let families = registry.gather();
    assert_eq!(family(&families, "jobs_total").children.len(), 1);
    let failures = family(&families, "caas_metrics_collector_failures_total");
    assert_eq!(failures.children[0].labels[1], ("reason".to_owned(), "panic".to_owned()));
    assert_eq!(failures.children[0].value, OwnedValue::Number(1_u64.into()));
    let [Problem::CollectorPanicked { collector, .. }] = &registry.check()[..] else {
        panic!("{:?}", registry.check())
    };
    assert_eq!(failures.children[0].labels[0].1, *collector);
    assert!(collector.starts_with("tests/it/registry.rs:"), "{collector}");
}

#[test]
fn families_that_would_break_the_page_are_left_out_and_reported() {
    let registry = Registry::new();
    registry.register(|| {
        let gauge = |name: &str| FamilySnapshot::gauge(name, "Help.");
        let histogram = FamilySnapshot::histogram("h_seconds", "Help.", &[1.0, 2.0])
            .with(&[], OwnedValue::histogram(vec![1, 2, 3], 6.0));
        let mut short = histogram.clone();
        short.name = "short_seconds".to_owned();
        short.buckets.push(3.0);
        vec![
            gauge("good").with(&[], 1.0),
            gauge("bad name").with(&[], 1.0),
            gauge("bad_label").with(&[("a b", "")], 1.0),
            gauge("twice").with(&[("a", "1")], 1.0).with(&[("a", "1")], 2.0),
            gauge("same_label").with(&[("a", "1"), ("a", "2")], 1.0),
            histogram,
            short,
            gauge("h_seconds_count").with(&[], 1.0),
            FamilySnapshot::counter("down_total", "Help.").with(&[], -1.0),
        ]
    });
    let names: Vec<String> = registry.gather().into_iter().map(|family| family.name).collect();
    let names: Vec<_> = names.iter().filter(|name| !name.starts_with("caas_metrics_")).collect();
    assert_eq!(names, ["good", "h_seconds", "twice"]);
    let problems = registry.check();
    assert_eq!(problems.len(), 7, "{problems:#?}");
    assert!(problems.iter().all(|problem| !problem.to_string().is_empty()));
}

#[test]
fn collectors_can_share_a_family() {
    let registry = Registry::new();
    for pool in ["read", "write"] {
        registry.register(move || {
            vec![FamilySnapshot::gauge("pool_size", "Size.").with(&[("pool", pool)], 1.0)]
        });
    }
    assert_eq!(family(&registry.gather(), "pool_size").children.len(), 2);
    assert_eq!(registry.check(), []);
}

#[test]
fn pages_of_both_formats() {
    HelpTotal.inc();
    ZLevel.set(-3);
    ALevel { server: "q\"\\\n" }.set(1);
    let text = page(registry(), Format::Text);
    assert!(text.contains(
        "# HELP registry_help_total A counter with a help of \"quotes\", a \\\\ and more on a \
         second line.\n# TYPE registry_help_total counter\nregistry_help_total 1\n"
    ));
    assert!(text.contains("registry_z_level -3\n"));
    assert!(text.contains("registry_a_level{server=\"q\\\"\\\\\\n\"} 1\n"));
    let open = page(registry(), Format::OpenMetrics);
    assert!(open.contains(
        "# TYPE registry_help counter\n# HELP registry_help A counter with a help of \
         \\\"quotes\\\", a \\\\ and more on a second line.\nregistry_help_total 1\n"
    ));
    assert!(open.ends_with("\n# EOF\n"));
}
