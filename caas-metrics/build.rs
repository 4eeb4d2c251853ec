//! Says which compiler this is, for `build_info!`. A package that has `links` must have a build script anyway,
//! and `links` is what refuses two versions of this crate in one program; see `Cargo.toml`.

use std::{env, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(version) = rustc_version() {
        println!("cargo::rustc-env=CAAS_METRICS_RUSTC={version}");
    }
}

/// `1.95.0` of `rustc 1.95.0 (59807616e 2026-04-14)`.
fn rustc_version() -> Option<String> {
    let output = Command::new(env::var_os("RUSTC")?).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_ascii_whitespace().nth(1).map(str::to_owned)
}
