//! Which compiler the files of expectations belong to: `compiler.txt`.

use std::io::{self, Write as _};
use std::{env, process::Command};

/// Whether this is that compiler. Else what is skipped is said, or with `CAAS_UI=required` this fails.
pub fn is_the_one_that_blessed() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("rustc runs");
    let found = String::from_utf8(output.stdout).expect("a version is text");
    let blessed = include_str!("compiler.txt").trim();
    if found.starts_with(&format!("{blessed} ")) {
        return true;
    }
    let required = env::var("CAAS_UI").is_ok_and(|value| value == "required");
    assert!(!required, "CAAS_UI=required, but this is {} and not {blessed}", found.trim());
    // Not `println!`, which the test harness would swallow.
    let note = format!("skipped: expectations are compared with {blessed} only, this is {found}");
    io::stderr().write_all(note.as_bytes()).expect("stderr is open");
    false
}
