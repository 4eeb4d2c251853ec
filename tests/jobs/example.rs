//! `examples/batch_job.rs` with a real Pushgateway and as a text file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::node_exporter::{self, NodeExporter};
use crate::process::{TempDir, lacks};
use crate::pushgateway::{self, Gateway};
use crate::service::example;

fn run(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(example("batch_job")).arg(directory).args(arguments).output().unwrap()
}

/// A directory with nine words in two files, and a file that is not text.
fn words() -> TempDir {
    let dir = TempDir::new("words");
    for (name, bytes) in
        [("a", &b"one two  three\nfour"[..]), ("b", b"a b c d e"), ("c", b"\xff\xfe")]
    {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

fn value(page: &str, series: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{series} is not in {page}")).parse().unwrap()
}

#[test]
fn the_batch_job_pushes_how_it_went() {
    if lacks("the_batch_job_pushes_how_it_went", &[pushgateway::PROGRAM]) {
        return;
    }
    let (gateway, words) = (Gateway::start(), words());
    let output = run(words.path(), &["--gateway", &gateway.url()]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"9 words\n");
    let page = gateway.page();
    let of = |name: &str| value(&page, &format!("{name}{{instance=\"\",job=\"words\"}}"));
    assert_eq!(of("words_counted_total"), 9.0);
    let files =
        |kind: &str| format!("words_files_total{{instance=\"\",job=\"words\",kind=\"{kind}\"}}");
    for (kind, count) in [("counted", 2.0), ("skipped", 1.0), ("unreadable", 0.0)] {
        assert_eq!(value(&page, &files(kind)), count);
    }
    assert!(page.contains("function_duration_seconds_count{function=\"list\""), "{page}");
    let succeeded = of("words_last_success_timestamp_seconds");
    assert!(succeeded > 1.7e9, "{succeeded}");

    // A run that fails leaves the time of the last success.
    let output = run(&words.path().join("nowhere"), &["--gateway", &gateway.url()]);
    assert_eq!(output.status.code(), Some(1));
    let page = gateway.page();
    let of = |name: &str| value(&page, &format!("{name}{{instance=\"\",job=\"words\"}}"));
    assert_eq!(of("words_counted_total"), 0.0);
    assert_eq!(of("words_last_success_timestamp_seconds"), succeeded);

    // A bad URL is an error before any work.
    let output = run(words.path(), &["--gateway", "localhost:9091"]);
    assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
}

#[test]
fn the_batch_job_writes_how_it_went() {
    if lacks("the_batch_job_writes_how_it_went", &[node_exporter::PROGRAM]) {
        return;
    }
    let (files, words) = (TempDir::new("textfiles"), words());
    for name in ["one.prom", "two.prom"] {
        let path = files.path().join(name);
        let output = run(words.path(), &["--textfile", path.to_str().unwrap()]);
        assert!(output.status.success(), "{output:?}");
    }
    let node = NodeExporter::start(files.path());
    let page = node.page();
    for job in ["one", "two"] {
        assert_eq!(value(&page, &format!("words_counted_total{{textfile=\"{job}\"}}")), 9.0);
    }
    assert_eq!(value(&page, "node_textfile_scrape_error"), 0.0);
    assert_eq!(node.complaints(), [""; 0]);
}

/// The node exporter runs as another user.
#[test]
fn the_umask_does_not_hide_the_file() {
    let (files, words) = (TempDir::new("textfiles"), words());
    let path = files.path().join("job.prom");
    let mut command = Command::new("sh");
    command.args(["-c", "umask 077 && exec \"$@\"", "sh"]).arg(example("batch_job"));
    let output = command.arg(words.path()).arg("--textfile").arg(&path).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
}
