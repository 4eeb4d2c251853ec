//! Blocks of Prometheus in a bucket, as Thanos keeps them, can be read back.

use std::fs;
use std::process::Command;

use crate::pipeline::Pipeline;
use crate::process::{Process, TempDir, lacks, skip};
use crate::prometheus::Prometheus;

#[test]
fn blocks_in_a_bucket_can_be_read_back() {
    let test = "blocks_in_a_bucket_can_be_read_back";
    if lacks(test, &["prometheus", "promtool"]) {
        return;
    }
    let python = Command::new("python3").args(["-c", "import boto3, moto.server"]).output();
    if !python.is_ok_and(|output| output.status.success()) {
        return skip(test, "python3 with boto3 and moto[server,s3]");
    }
    let pipeline = Pipeline::start();
    let prometheus = Prometheus::with(&pipeline.config(None, None).0.to_string());
    let token = pipeline.login();
    for _ in 0..8 {
        assert_eq!(pipeline.send(&token, "acme", "hello"), 201);
    }
    prometheus.expect("sum(caas_messages_sent_total)", 8.0);
    let snapshot = prometheus.snapshot();

    let mut command = Command::new("python3");
    command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]);
    let mut s3 = Process::start("s3-log", &mut command);
    let address = s3.ready("/moto-api/", |log| {
        log.split("Running on http://").nth(1)?.split_whitespace().next()?.parse().ok()
    });
    let dir = TempDir::new("blocks");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/bucket.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(format!("http://{address}")).arg(&snapshot).arg(dir.path());
    let keys = run(&mut command);
    for file in ["meta.json", "index", "chunks/000001"] {
        assert!(keys.lines().any(|key| key.ends_with(file)), "{file} is not in {keys}");
    }

    // A bucket has no write-ahead log, but `dump` of old versions asks for one.
    fs::create_dir(dir.path().join("wal")).unwrap();
    let promtool = |command: &str, arguments: &[&str]| {
        run(Command::new("promtool").args(["tsdb", command]).args(arguments).arg(dir.path()))
    };
    let blocks = promtool("list", &[]);
    let ulid = keys.split('/').next().unwrap();
    assert!(blocks.contains(ulid), "{ulid} is not in {blocks}");
    let dump = promtool("dump", &["--match={__name__=\"caas_messages_sent_total\"}"]);
    let last = dump.lines().last().unwrap_or_default();
    for label in [r#"app="gateway""#, r#"tenant_id="acme""#, r#"type="chat""#] {
        assert!(last.contains(label), "{label} is not in {last}");
    }
    assert_eq!(last.split_whitespace().rev().nth(1), Some("8"), "{last}");
}

/// Runs a program to its end; returns what it printed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
