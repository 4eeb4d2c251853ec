//! What others depend on, written down: the public items of the crate, and the metrics that it adds to
//! every page. A change of either shows in the diff of these files. `CAAS_BLESS=1` makes them anew.
//!
//! rustdoc's description of a crate belongs to one compiler, `ui/compiler.txt`; with another one that
//! part is skipped, or fails with `CAAS_UI=required`.

#[path = "ui/compiler.rs"]
mod compiler;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process::Command};

use caas_metrics::desc::Descriptor;

#[test]
fn the_public_items_are_those_written_down() {
    if !compiler::is_the_one_that_blessed() {
        return;
    }
    let target = root().join("target/api");
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["rustdoc", "--quiet", "--package", "caas-metrics", "--all-features", "--lib"])
        .args(["--", "-Zunstable-options", "--output-format=json"])
        .current_dir(root())
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .status()
        .expect("cargo runs");
    assert!(status.success());
    let api = public_api::Builder::from_rustdoc_json(target.join("doc/caas_metrics.json"))
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .expect("rustdoc describes the crate");
    let mut items = String::new();
    for item in api.items() {
        writeln!(items, "{item}").expect("a string takes all");
    }
    compare("tests/api/items.txt", &items);
}

#[test]
fn the_metrics_of_every_page_are_those_written_down() {
    let mut metrics = String::new();
    for descriptor in caas_metrics::registry().descriptors() {
        line(&mut metrics, descriptor).expect("a string takes all");
    }
    compare("tests/api/metrics.txt", &metrics);
}

fn line(to: &mut String, descriptor: &Descriptor) -> std::fmt::Result {
    write!(to, "{} {}", descriptor.metric_type.as_str(), descriptor.name)?;
    let labels = descriptor.labels.iter().map(|label| match label.values {
        Some(values) => format!("{} = {}", label.name, values.join(" | ")),
        None => label.name.to_owned(),
    });
    let labels: Vec<_> = labels.collect();
    if !labels.is_empty() {
        write!(to, " {{ {} }}", labels.join(", "))?;
    }
    if !descriptor.buckets.is_empty() {
        write!(to, " {:?}", descriptor.buckets)?;
    }
    writeln!(to, ": {}", descriptor.help)
}

#[track_caller]
fn compare(file: &str, found: &str) {
    let path = root().join(file);
    if env::var_os("CAAS_BLESS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(&path, found).expect("it can be written");
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    let only = |a: &str, b: &str| -> Vec<String> {
        a.lines().filter(|line| !b.lines().any(|other| other == *line)).map(str::to_owned).collect()
    };
    let (gone, new) = (only(&known, found), only(found, &known));
    assert!(
        known == found,
        "{file} has changed; CAAS_BLESS=1 accepts this.\nno longer there: {gone:#?}\nnew: {new:#?}"
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
