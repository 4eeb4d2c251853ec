//! `build_info!`, in modules, functions and with arguments of all kinds.

use std::process::Command;

use caas_metrics::sample::{ChildSnapshot, FamilySnapshot};
use caas_metrics::{Format, Label, MetricType, build_info, metrics, registry};

use crate::parsers::promtool;

build_info!();

mod deeper {
    /// Shadows what the macro might use.
    #[allow(dead_code)]
    mod core {}
    #[allow(dead_code)]
    struct Label;
    const BRANCH: &str = "main";
    const NOTHING: Option<&str> = None;

    caas_metrics::build_info! {
        tier = "backend",
        namespace = "it_build",
        branch = BRANCH,
        revision = Some("0f3c2a9"),
        version = concat!("v", 2),
        channel = NOTHING,
        empty = "",
    }
}

fn family(name: &str) -> FamilySnapshot {
    registry().gather().into_iter().find(|family| family.name == name).unwrap()
}

#[derive(Label, Clone, Copy, PartialEq, Debug)]
enum Mode {
    Primary,
    Standby,
}

metrics! {
    /// An info whose labels are all closed, of which the program sets one.
    info ItModeInfo { mode: Mode }
}

fn labels(child: &ChildSnapshot) -> Vec<(&str, &str)> {
    child.labels.iter().map(|(name, value)| (&**name, &**value)).collect()
}

/// The version of the compiler that Cargo uses, as it says itself.
fn rustc() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.strip_prefix("rustc ").unwrap().split(' ').next().unwrap().to_owned()
}

#[test]
fn one_line_has_version_revision_and_compiler() {
    let build = family("build_info");
    assert_eq!(build.metric_type, MetricType::Info);
    let [child] = &build.children[..] else { panic!("{build:?}") };
    assert_eq!(child.value, 1_u64.into());
    let variables = ["GIT_REVISION", "GITHUB_SHA", "CI_COMMIT_SHA"];
    // As when these tests were compiled.
    let set =
        [option_env!("GIT_REVISION"), option_env!("GITHUB_SHA"), option_env!("CI_COMMIT_SHA")];
    let revision = set.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or("unknown");
    let expected =
        [("version", env!("CARGO_PKG_VERSION")), ("revision", revision), ("rustc", &rustc())];
    assert_eq!(labels(child), expected, "{variables:?}");
}

#[test]
fn arguments_may_come_in_any_order() {
    let build = family("it_build_build_info");
    let [child] = &build.children[..] else { panic!("{build:?}") };
    let expected = [
        ("version", "v2"),
        ("revision", "0f3c2a9"),
        ("rustc", &*rustc()),
        ("tier", "backend"),
        ("branch", "main"),
        ("channel", "unknown"),
        ("empty", "unknown"),
    ];
    assert_eq!(labels(child), expected);
}

#[test]
fn the_page_has_it_from_the_start_in_every_format() {
    build_info!(namespace = "it_function");
    let line = |format: Format| {
        let mut page = Vec::new();
        registry().encode(format, &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        let is_of_build =
            |line: &&str| line.contains("it_function_build") && !line.contains("{family");
        page.lines().filter(is_of_build).flat_map(|line| [line, "\n"]).collect::<String>()
    };
    let text = line(Format::Text);
    assert!(text.contains("# TYPE it_function_build_info gauge\n"), "{text}");
    assert!(text.ends_with("\"} 1\n"), "{text}");
    promtool::assert_accepts(&text);
    let open = line(Format::OpenMetrics);
    assert!(open.contains("# TYPE it_function_build info\n"), "{open}");
    assert!(open.contains("\nit_function_build_info{version=\""), "{open}");
}

#[test]
fn equal_ones_are_one() {
    mod first {
        caas_metrics::build_info!(namespace = "it_equal");
    }
    mod second {
        caas_metrics::build_info!(namespace = "it_equal");
    }
    let equal = family("it_equal_build_info");
    assert_eq!(equal.children.len(), 1);
    assert_eq!(equal.children[0].value, 1_u64.into());
}

#[test]
fn an_info_of_closed_labels_is_there_when_it_is_set() {
    let shown = || {
        let families = registry().gather();
        let family = families.iter().find(|family| family.name == "it_mode_info");
        let children = family.map(|family| family.children.clone()).unwrap_or_default();
        children.iter().map(|child| child.labels[0].1.clone()).collect::<Vec<_>>()
    };
    assert!(shown().is_empty());
    ItModeInfo { mode: Mode::Standby }.set();
    assert_eq!(shown(), ["standby"]);
    assert!(ItModeInfo { mode: Mode::Standby }.remove());
    ItModeInfo { mode: Mode::Primary }.set();
    assert_eq!(shown(), ["primary"]);
    ItModeInfo::clear();
    assert!(shown().is_empty());
}
