//! A remote-write store that answers queries: it stands in for Thanos Receive and Query. It also
//! scrapes, with the discovery of Kubernetes that Debian leaves out of its Prometheus.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;

use crate::config::Config;
use crate::http;
use crate::process::{Process, TempDir, free_address};

pub struct Store {
    address: SocketAddr,
    _process: Process,
    _dir: TempDir,
}

impl Store {
    pub fn start() -> Self {
        Self::scraping(None)
    }

    /// Scrapes too, by a configuration of Prometheus.
    pub fn scraping(config: Option<&Config>) -> Self {
        let dir = TempDir::new("store");
        let address = free_address();
        let mut command = Command::new("victoria-metrics");
        command
            .arg(format!("-httpListenAddr={address}"))
            .arg(format!("-storageDataPath={}", dir.path().join("data").display()))
            .args([
                "-search.latencyOffset=0s",
                "-memory.allowedBytes=256MB",
                "-retentionPeriod=1d",
            ]);
        if let Some(config) = config {
            let path = dir.path().join("prometheus.yml");
            config.write(&path).unwrap();
            command.arg(format!("-promscrape.config={}", path.display()));
            // What it does not do, such as rules, is passed over.
            command.arg("-promscrape.config.strictParse=false");
            command.arg("-promscrape.kubernetesSDCheckInterval=1s");
        }
        let mut process = Process::start("store-log", &mut command);
        process.ready("/health", |_| Some(address));
        Self { address, _process: process, _dir: dir }
    }

    pub fn write_url(&self) -> String {
        format!("http://{}/api/v1/write", self.address)
    }

    /// The value of a query that yields one series, if it yields one.
    pub fn number(&self, promql: &str) -> Option<f64> {
        let answer =
            http::get(self.address, &format!("/api/v1/query?query={}", http::escape(promql)));
        let answer = answer.json();
        let series = answer["data"]["result"].as_array().unwrap();
        assert!(series.len() < 2, "{promql} yields many: {answer}");
        series.first().map(|series| series["value"][1].as_str().unwrap().parse().unwrap())
    }

    /// The `data` of an answer of the HTTP API.
    pub fn api(&self, path: &str) -> Value {
        let answer = http::get(self.address, &format!("/api/v1/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()["data"].take()
    }
}
