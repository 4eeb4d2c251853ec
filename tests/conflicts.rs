//! Declarations that contradict each other: they are found after linking, and do not harm the page. A
//! program of its own, since all families of a program are in one registry.

use caas_metrics::{Format, Problem, registry};

mod first {
    caas_metrics::metrics! {
        /// Type.
        pub counter TypeTotal;

        /// Labels.
        pub counter LabelsTotal { a: &str }

        /// Help of the first.
        pub gauge HelpLevel;

        /// Buckets.
        #[buckets(1, 2)]
        pub histogram WaitSeconds;

        /// Everything at once.
        pub gauge Everything { kind: bool, region: &str }

        /// Sample names.
        pub histogram LoadSeconds;

        /// The name of a family of this crate.
        pub counter FunctionCallsTotal { module: &str }

        /// The name of another one.
        pub counter CaasMetricsLostTotal;

        /// Bounds below zero.
        #[buckets(-1, 1)]
        pub histogram DriftSeconds;

        /// Bounds below zero, on purpose.
        #[buckets(-1, 1)]
        #[legacy(reason = "only the buckets are looked at")]
        pub histogram SkewSeconds;

        /// Labels of targets.
        pub gauge NodesActive { instance: &str, zone: &str, job: &str }
    }

    caas_metrics::build_info!(revision = "a");
}

mod second {
    caas_metrics::metrics! {
        /// Type.
        pub counter TypeTotal<f64>;

        /// Labels.
        pub counter LabelsTotal { b: &str }

        /// Help of the second.
        pub gauge HelpLevel;

        /// Buckets.
        #[buckets(1, 3)]
        pub histogram WaitSeconds;

        /// Everything differs.
        #[unit = "bytes"]
        #[zeroed(kind)]
        pub gauge Everything<f64> { kind: bool, shard: &str }

        /// A clash in one format.
        #[legacy(reason = "to clash")]
        #[name = "load_seconds_count"]
        pub gauge LoadSecondsCount;
    }

    caas_metrics::build_info!(revision = "b");
}

#[test]
fn conflicts_name_both_places_and_the_first_is_exported() {
    first::TypeTotal.inc_by(1);
    second::TypeTotal.inc_by(0.5);
    first::LabelsTotal { a: "x" }.inc();
    second::LabelsTotal { b: "x" }.inc();
    first::HelpLevel.set(1);
    second::HelpLevel.set(2);
    first::WaitSeconds.observe(1);
    second::WaitSeconds.observe(3);
    first::Everything { kind: true, region: "x" }.set(1);
    second::Everything { kind: true, shard: "x" }.set(1.0);
    first::LoadSeconds.observe(1);
    second::LoadSecondsCount.set(7);

    let problems = registry().check();
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 12, "{texts:#?}");
    let conflicts = problems.iter().filter(|p| matches!(p, Problem::Conflict { .. })).count();
    assert_eq!(conflicts, 6);
    let line = |text: &str, nth: usize| {
        let mut lines = include_str!("conflicts.rs").lines().enumerate();
        lines.by_ref().filter(|(_, line)| line.contains(text)).nth(nth).unwrap().0 + 1
    };
    let (kept, dropped) = (line("counter TypeTotal", 0), line("counter TypeTotal", 1));
    let expected = format!(
        "`type_total` is declared in two ways: at tests/conflicts.rs:{kept} with number type integer, \
         which is exported; at tests/conflicts.rs:{dropped} with number type float, which is not"
    );
    assert!(texts.contains(&expected), "{texts:#?}");
    let (kept, dropped) = (line("gauge Everything", 0), line("gauge Everything", 1));
    let expected = format!(
        "`everything` is declared in two ways: at tests/conflicts.rs:{kept} with number type \
         integer, help \"Everything at once.\", unit none, labels (kind, region), label `kind` \
         (false, true), which is exported; at tests/conflicts.rs:{dropped} with number type float, \
         help \"Everything differs.\", unit bytes, labels (kind, shard), label `kind` (false, true), \
         zeroed, which is not"
    );
    assert!(texts.contains(&expected), "{texts:#?}");
    let (kept, dropped) = (line("build_info!(", 0), line("build_info!(", 1));
    let expected = format!(
        "`build_info` is declared in two ways: at tests/conflicts.rs:{kept} with label `revision` (a), \
         which is exported; at tests/conflicts.rs:{dropped} with label `revision` (b), which is not"
    );
    assert!(texts.contains(&expected), "{texts:#?}");
    for difference in ["labels (a)", "\"Help of the second.\"", "buckets (1, 3)"] {
        assert!(texts.iter().any(|text| text.contains(difference)), "{difference}: {texts:#?}");
    }
    let clash = texts.iter().find(|text| text.contains("`load_seconds_count`")).unwrap();
    assert!(clash.contains("conflicts.rs:") && clash.contains("gauge"), "{clash}");

    for label in ["instance", "job"] {
        let place = format!("tests/conflicts.rs:{}", line("gauge NodesActive", 0));
        let told =
            format!("label `{label}` of gauge `nodes_active` ({place}) as `exported_{label}`");
        assert!(texts.iter().any(|text| text.contains(&told)), "{texts:#?}");
    }

    for (family, name) in [
        ("counter FunctionCallsTotal", "function_calls_total"),
        ("counter CaasMetricsLostTotal", "caas_metrics_lost_total"),
    ] {
        let place = format!("tests/conflicts.rs:{}", line(family, 0));
        let expected = format!(
            "the built-in family `{name}` takes the name `{name}` of counter `{name}` ({place}) and \
             is not exported"
        );
        assert!(texts.contains(&expected), "{texts:#?}");
    }
    let place = format!("tests/conflicts.rs:{}", line("histogram DriftSeconds", 0));
    let told =
        format!("OpenMetrics has no `drift_seconds_sum` and no `drift_seconds_count` ({place})");
    assert!(texts.iter().any(|text| text.starts_with(&told)), "{texts:#?}");

    let mut page = Vec::new();
    registry().encode(Format::OpenMetrics, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    for name in ["drift_seconds", "skew_seconds"] {
        assert!(page.contains(&format!("{name}_bucket{{le=\"+Inf\"}}")), "{page}");
        assert!(!page.contains(&format!("{name}_sum")), "{page}");
        assert!(!page.contains(&format!("{name}_count")), "{page}");
    }

    let mut page = Vec::new();
    registry().encode(Format::Text, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    let has = |line: &str| page.lines().any(|l| l == line);
    assert!(has("type_total 1"), "{page}");
    assert!(has("labels_total{a=\"x\"} 1"), "{page}");
    assert!(!page.contains("labels_total{b="), "{page}");
    assert!(has("help_level 1"), "{page}");
    assert!(has("wait_seconds_bucket{le=\"2.0\"} 1"), "{page}");
    assert!(has("load_seconds_count 1"), "{page}");
    for line in page.lines().filter(|line| line.starts_with("# TYPE ")) {
        assert_eq!(page.matches(line).count(), 1, "{line}");
    }
}

#[test]
fn a_program_that_declares_something_is_not_told_that_nothing_is() {
    assert!(!registry().check().contains(&Problem::NothingDeclared));
}
