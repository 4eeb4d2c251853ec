//! The errors for users who have `caas-metrics` under another name and forget `crate = …`.
//!
//! They are not in `tests/ui`, because programs there have the dependency under its own name.

/// Each mistake is one error, in the first edition that knows the macros and in the last one.
#[test]
fn mistakes_are_reported() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(rustc).arg("--version").output().expect("rustc runs");
    let blessed = include_str!("../ui/compiler.txt").trim();
    if String::from_utf8_lossy(&output.stdout).starts_with(&format!("{blessed} ")) {
        trybuild::TestCases::new().compile_fail("../ui/*.rs");
    }
}
