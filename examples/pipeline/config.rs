//! The shipped configuration of Prometheus, fitted to servers on this machine.
//!
//! Not here: the servers. Invariant: what no method below replaces is as shipped.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::version::Version;

/// The folder of the shipped files.
pub fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy")
}

/// Something to scrape, with the labels that the shipped file takes from Kubernetes.
pub struct Target {
    pub app: String,
    pub pod: String,
    pub address: SocketAddr,
}

/// A configuration; it is written as JSON, which is YAML too.
pub struct Config(pub Value);

impl Config {
    pub fn shipped() -> Result<Self, String> {
        let path = deploy().join("prometheus.yml");
        let say = |error: &dyn ToString| format!("{}: {}", path.display(), error.to_string());
        let text = fs::read_to_string(&path).map_err(|error| say(&error))?;
        let mut config = Self(serde_saphyr::from_str(&text).map_err(|error| say(&error))?);
        config.rules(&deploy().join("alerts.yml"));
        Ok(config)
    }

    /// Fits it to a version of Prometheus before 3.0, which has another name for one option, or none.
    pub fn version(&mut self, version: Version) {
        let Some(job) = self.0["scrape_configs"][0].as_object_mut() else { return };
        let value = job.remove("always_scrape_classic_histograms");
        if let (Some(value), Some(name)) = (value, version.classic_option()) {
            job.insert(name.to_owned(), value);
        }
    }

    /// Sets how often to scrape and to evaluate, except for rule groups with an interval of their own.
    pub fn every(&mut self, seconds: u32) {
        for field in ["scrape_interval", "scrape_timeout", "evaluation_interval"] {
            self.0["global"][field] = json!(format!("{seconds}s"));
        }
    }

    pub fn rules(&mut self, path: &Path) {
        self.0["rule_files"] = json!([path]);
    }

    pub fn alertmanager(&mut self, address: Option<SocketAddr>) {
        let targets: Vec<String> = address.iter().map(SocketAddr::to_string).collect();
        self.0["alerting"]["alertmanagers"][0]["static_configs"] = json!([{ "targets": targets }]);
    }

    /// Sends samples to `url`, with all other settings as shipped; `None` sends them nowhere.
    pub fn remote_write(&mut self, url: Option<&str>) {
        match url {
            Some(url) => self.0["remote_write"][0]["url"] = json!(url),
            None => self.0["remote_write"] = json!([]),
        }
    }

    /// Scrapes these instead of the pods of Kubernetes.
    pub fn targets(&mut self, targets: &[Target]) {
        let groups = targets.iter().map(|Target { app, pod, address }| {
            json!({
                "targets": [address],
                "labels": { "namespace": "caas", "app": app, "pod": pod },
            })
        });
        let job = &mut self.0["scrape_configs"][0];
        job["static_configs"] = groups.collect();
        if let Some(job) = job.as_object_mut() {
            job.remove("kubernetes_sd_configs");
            job.remove("relabel_configs");
        }
    }

    pub fn write(&self, path: &Path) -> Result<(), String> {
        let text = format!("{:#}\n", self.0);
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    }
}
