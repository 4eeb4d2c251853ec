//! A real Pushgateway.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;

use crate::http;
use crate::process::{Process, TempDir};
use crate::prometheus::{Labels, logged_address};

pub const PROGRAM: &str = "prometheus-pushgateway";

pub struct Gateway {
    pub address: SocketAddr,
    process: Process,
    _dir: TempDir,
}

impl Gateway {
    pub fn start() -> Self {
        Self::with(&[], "")
    }

    /// With more arguments, and with a `--web.config.file` unless that is empty.
    pub fn with(arguments: &[&str], web: &str) -> Self {
        let dir = TempDir::new("pushgateway");
        let mut command = Command::new(PROGRAM);
        // Debian's would share a file with all others.
        command.args(["--web.listen-address=127.0.0.1:0", "--persistence.file="]).args(arguments);
        if !web.is_empty() {
            let path = dir.path().join("web.yml");
            fs::write(&path, web).unwrap();
            command.arg(format!("--web.config.file={}", path.display()));
        }
        let mut process = Process::start("pushgateway-log", &mut command);
        let address = process.listening(logged_address);
        Self { address, process, _dir: dir }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The page that Prometheus scrapes, without what the gateway says of itself.
    pub fn page(&self) -> String {
        let mut page = http::get(self.address, "/metrics").body;
        page = page.lines().filter(|line| line.contains("job=\"")).collect::<Vec<_>>().join("\n");
        page + "\n"
    }

    /// The labels of each group.
    pub fn groups(&self) -> Vec<Labels> {
        let answer = http::get(self.address, "/api/v1/metrics").json();
        let groups = answer["data"].as_array().unwrap().iter();
        let labels = groups.map(|group| {
            let labels = group["labels"].as_object().unwrap().iter();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            labels.map(|(name, value)| (name.clone(), text(value))).collect()
        });
        labels.collect()
    }

    pub fn log(&self) -> String {
        self.process.stderr()
    }
}
