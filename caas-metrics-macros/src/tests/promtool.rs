//! Our naming rules against the real `promtool`: it has nothing to say about a name that we accept.
//!
//! Ours are stricter in places, so this is one direction only. Without `promtool` the test prints that
//! it was skipped; with `CAAS_E2E=required` it fails.

use crate::metrics_block::has_naming_findings;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Words that promtool has an opinion on, and some that it has not.
const WORDS: [&str; 34] = [
    "requests",
    "ms",
    "s",
    "kb",
    "d",
    "seconds",
    "milliseconds",
    "bytes",
    "kibibytes",
    "bits",
    "days",
    "ratio",
    "celsius",
    "fahrenheit",
    "total",
    "count",
    "sum",
    "bucket",
    "info",
    "counter",
    "gauge",
    "histogram",
    "summary",
    "camelCase",
    "UPPER",
    "p99",
    "created",
    "time",
    "http2",
    "minutes",
    "megaminutes",
    "kelvins",
    "le",
    "total_count",
];

#[test]
fn promtool_accepts_what_we_accept() {
    let mut compared = 0;
    let names = names();
    for metric_type in ["counter", "gauge", "histogram"] {
        let Some(criticised) = criticised(&page(&names, metric_type)) else {
            let required = std::env::var_os("CAAS_E2E").is_some_and(|value| value == "required");
            assert!(!required, "CAAS_E2E=required, but there is no promtool");
            writeln!(std::io::stderr(), "skipped: there is no promtool").expect("stderr is open");
            return;
        };
        for (name, criticism) in criticised {
            assert!(
                has_naming_findings(&name, metric_type),
                "promtool about the {metric_type} {name}: {criticism}"
            );
            compared += 1;
        }
    }
    assert!(compared > 1000, "promtool criticised {compared} names only");
}

/// Names of two and three words. The first is a number's, so that no histogram's samples clash.
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for first in WORDS {
        names.push(format!("x{}_{first}", names.len()));
        for second in WORDS {
            names.push(format!("x{}_{first}_{second}", names.len()));
        }
    }
    names
}

fn page(names: &[String], metric_type: &str) -> String {
    let mut page = String::new();
    for name in names {
        let _ = writeln!(page, "# HELP {name} Text.\n# TYPE {name} {metric_type}");
        let _ = match metric_type {
            "histogram" => {
                writeln!(page, "{name}_bucket{{le=\"+Inf\"}} 1\n{name}_sum 1\n{name}_count 1")
            }
            _ => writeln!(page, "{name} 1"),
        };
    }
    page
}

/// The names that promtool criticises, and what it says; `None` if there is no promtool.
fn criticised(page: &str) -> Option<Vec<(String, String)>> {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = promtool.stdin.take().expect("its input is a pipe");
    input.write_all(page.as_bytes()).expect("promtool reads the page");
    drop(input);
    let output = promtool.wait_with_output().expect("promtool ends");
    let report = String::from_utf8(output.stderr).expect("its report is text");
    let lines = report.lines().filter_map(|line| line.split_once(' '));
    Some(lines.map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
}
