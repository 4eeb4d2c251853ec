//! Pages read back by `promtool check metrics`, which also judges names.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::missing::skip_without;

/// Fails if promtool has something to say about a page in the text format.
#[track_caller]
pub(crate) fn assert_accepts(page: &str) {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped());
    let Ok(mut promtool) = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
        return skip_without("promtool");
    };
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.is_empty(), "{said} about\n{page}");
}
