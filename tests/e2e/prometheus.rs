//! A real Prometheus, and queries to its HTTP API.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use crate::config::deploy;
use crate::http;
use crate::process::{Process, TempDir, eventually};

/// A series' labels, without those that Prometheus adds.
pub type Labels = BTreeMap<String, String>;

pub struct Prometheus {
    start: Start,
    process: Process,
    address: SocketAddr,
    dir: TempDir,
}

/// Which Prometheus to start, and with which `--enable-feature`.
#[derive(Clone)]
pub struct Start {
    pub program: &'static str,
    pub features: String,
}

impl Start {
    /// With the features in the manifest of Prometheus.
    pub fn shipped(program: &'static str) -> Self {
        let manifest = deploy().join("kubernetes/monitoring/prometheus.yaml");
        let manifest = fs::read_to_string(manifest).unwrap();
        let mut lines = manifest.lines().map(str::trim);
        let features = lines.find_map(|line| line.strip_prefix("- --enable-feature="));
        Self { program, features: features.unwrap().to_owned() }
    }
}

impl Prometheus {
    /// Scrapes one target each second.
    pub fn start(target: SocketAddr) -> Self {
        Self::with(&scraping(target))
    }

    /// Runs with any configuration.
    pub fn with(config: &str) -> Self {
        Self::run(Start { program: "prometheus", features: String::new() }, config)
    }

    /// Scrapes one target each second, natively: in protobuf, with native histograms.
    pub fn native(target: SocketAddr) -> Self {
        let features = "native-histograms,exemplar-storage".to_owned();
        Self::run(Start { program: "prometheus", features }, &scraping(target))
    }

    /// Runs any program with any configuration.
    pub fn run(start: Start, config: &str) -> Self {
        let dir = TempDir::new("prometheus");
        fs::write(dir.path().join("prometheus.yml"), config).unwrap();
        let (process, address) = run(&start, &dir);
        Self { start, process, address, dir }
    }

    /// Stops it as a platform does, and starts it again on the same data.
    pub fn restart(&mut self) {
        self.stop();
        (self.process, self.address) = run(&self.start, &self.dir);
    }

    pub fn stop(&mut self) {
        self.process.signal(Signal::TERM);
        assert!(self.process.exit().success(), "{}", self.process.stderr());
    }

    /// Writes what it has to a folder of blocks.
    pub fn snapshot(&self) -> PathBuf {
        let path = "/api/v1/admin/tsdb/snapshot";
        let answer = http::request(self.address, "POST", path, &[], "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        let name = answer.json()["data"]["name"].as_str().unwrap().to_owned();
        self.dir.path().join("data/snapshots").join(name)
    }

    /// What an instant query yields: the labels and value of each series that is a number.
    pub fn query(&self, promql: &str) -> BTreeMap<Labels, String> {
        let answer = self.api(&format!("query?query={}", http::escape(promql)));
        let series = answer["result"].as_array().unwrap().iter().filter_map(|series| {
            let value = series["value"][1].as_str()?.to_owned();
            Some((labels(&series["metric"]), value))
        });
        series.collect()
    }

    /// The labels of the series that an instant query yields and that are native histograms.
    pub fn native_series(&self, promql: &str) -> Vec<Labels> {
        let answer = self.api(&format!("query?query={}", http::escape(promql)));
        let series = answer["result"].as_array().unwrap().iter();
        let native = series.filter(|series| series["histogram"].is_array());
        native.map(|series| labels(&series["metric"])).collect()
    }

    /// The value of a query that yields one series, if it yields one.
    pub fn number(&self, promql: &str) -> Option<f64> {
        let found = self.query(promql);
        assert!(found.len() < 2, "{promql} yields many: {found:?}");
        found.into_values().next().map(|value| value.parse().unwrap())
    }

    /// Waits until a query that yields one series yields this.
    pub fn expect(&self, promql: &str, expected: f64) {
        eventually(promql, || match self.number(promql) {
            Some(value) if (value - expected).abs() < 1e-9 => Ok(()),
            other => Err(format!("{other:?} instead of {expected}")),
        });
    }

    /// The `data` of an answer of the HTTP API.
    pub fn api(&self, path: &str) -> Value {
        let answer = http::get(self.address, &format!("/api/v1/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()["data"].take()
    }

    /// The lines of the log that tell of something wrong.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.process.stderr();
        let bad = |line: &&str| {
            let line = line.to_lowercase();
            let words = ["level=warn", "level=error", "scrape failed", "append failed"];
            words.iter().any(|word| line.contains(word))
        };
        log.lines().filter(bad).map(str::to_owned).collect()
    }
}

/// The labels of a series in an answer of the HTTP API, without those that Prometheus adds.
pub fn labels(metric: &Value) -> Labels {
    let labels = metric.as_object().unwrap().iter();
    let labels = labels.filter(|(name, _)| !["instance", "job"].contains(&name.as_str()));
    labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

/// A configuration that scrapes one target each second.
fn scraping(target: SocketAddr) -> String {
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 900ms}}\n\
         scrape_configs:\n\
         - job_name: gateway\n  \
           static_configs: [{{targets: ['{target}']}}]\n"
    )
}

fn run(start: &Start, dir: &TempDir) -> (Process, SocketAddr) {
    let mut command = Command::new(start.program);
    if !start.features.is_empty() {
        command.arg(format!("--enable-feature={}", start.features));
    }
    command
        .arg(format!("--config.file={}", dir.path().join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
        .args(["--web.listen-address=127.0.0.1:0", "--web.enable-admin-api", "--log.level=debug"]);
    let mut process = Process::start("prometheus-log", &mut command);
    let address = process.ready("/-/ready", logged_address);
    (process, address)
}

/// Prometheus and Alertmanager log which port they took.
pub fn logged_address(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("\"Listening on\""))?;
    line.split("address=").nth(1)?.parse().ok()
}
