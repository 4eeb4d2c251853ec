//! Runs the tests and examples of the feature `testing`, which are built with that feature: the other tests
//! judge the crate without it, and Cargo gives all packages of a command the same features.

use std::{env, path::Path, process::Command};

fn run(arguments: &[&str]) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let status = Command::new(cargo).current_dir(root).args(arguments).status();
    assert!(status.expect("cargo runs").success(), "cargo {arguments:?}");
}

#[test]
fn the_tests_of_isolations_pass() {
    run(&["test", "--quiet", "--package", "caas-metrics-testing-tests"]);
    let features = ["--package", "caas-metrics", "--features", "testing"];
    // Those of the module, and of what it has from others.
    run(&[&["test", "--quiet", "--doc"], &features[..], &["--", "testing", "isolation"]].concat());
}
