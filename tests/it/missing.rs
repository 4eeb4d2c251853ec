//! Programs that a test needs and that this machine may lack.

use std::io::{self, Write};

/// Says that a test is skipped for want of `program`; fails where `CAAS_E2E=required` asks for everything.
#[track_caller]
pub(crate) fn skip_without(program: &str) {
    let is_required = std::env::var_os("CAAS_E2E").is_some_and(|value| value == "required");
    assert!(!is_required, "CAAS_E2E=required, but {program} is missing");
    // The harness hides what `eprintln!` says in a test that passes.
    let mut err = io::stderr();
    writeln!(err, "skipped: a test needs {program}").unwrap();
}
