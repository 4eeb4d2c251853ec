//! A real Prometheus that scrapes one target each second.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;

use crate::http;
use crate::process::{Process, TempDir, eventually};

/// A series' labels, without those that Prometheus adds.
pub type Labels = BTreeMap<String, String>;

pub struct Prometheus {
    process: Process,
    address: SocketAddr,
    _dir: TempDir,
}

impl Prometheus {
    pub fn start(target: SocketAddr) -> Self {
        let dir = TempDir::new("prometheus");
        let config = dir.path().join("prometheus.yml");
        let yaml = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 900ms}}\n\
             scrape_configs:\n\
             - job_name: gateway\n  \
               static_configs: [{{targets: ['{target}']}}]\n"
        );
        fs::write(&config, yaml).unwrap();

        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
            .args(["--web.listen-address=127.0.0.1:0", "--log.level=debug"]);
        let mut process = Process::start("prometheus-log", &mut command);
        let address = eventually("Prometheus is ready", || {
            process.assert_running();
            let log = process.stderr();
            let listening = log.lines().find(|line| line.contains("\"Listening on\""));
            let address = listening.and_then(|line| line.split("address=").nth(1)?.parse().ok());
            match address {
                Some(address) if http::get(address, "/-/ready").status == 200 => Ok(address),
                _ => Err(log),
            }
        });
        Self { process, address, _dir: dir }
    }

    /// What an instant query yields: each series' labels and value.
    pub fn query(&self, promql: &str) -> BTreeMap<Labels, String> {
        let answer = self.api(&format!("query?query={}", http::escape(promql)));
        let series = answer["result"].as_array().unwrap().iter().map(|series| {
            let labels = series["metric"].as_object().unwrap().iter();
            let labels = labels.filter(|(name, _)| !["instance", "job"].contains(&name.as_str()));
            let labels = labels.map(|(n, v)| (n.clone(), v.as_str().unwrap().to_owned()));
            (labels.collect(), series["value"][1].as_str().unwrap().to_owned())
        });
        series.collect()
    }

    /// The `data` of an answer of the HTTP API.
    pub fn api(&self, path: &str) -> Value {
        let answer = http::get(self.address, &format!("/api/v1/{path}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
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
