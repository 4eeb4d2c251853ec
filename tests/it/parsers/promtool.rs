//! Pages read back by `promtool check metrics`, which also judges names.

use std::io::Write;
use std::process::{Command, Stdio};

/// Fails if promtool has something to say about a page in the text format.
#[track_caller]
pub(crate) fn assert_accepts(page: &str) {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped());
    let Ok(mut promtool) = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
        let required = std::env::var_os("CAAS_E2E").is_some_and(|value| value == "required");
        assert!(!required, "CAAS_E2E=required, but there is no promtool");
        eprintln!("skipped: there is no promtool");
        return;
    };
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.is_empty(), "{said} about\n{page}");
}
