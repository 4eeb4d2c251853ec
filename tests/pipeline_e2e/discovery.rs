//! The shipped scrape configuration finds the pods that ask for it, and no others.
//!
//! Debian builds Prometheus without the discovery of Kubernetes. Where it is missing, two tests share
//! the work: `victoria-metrics` takes the file as it is shipped and asks the API; Prometheus takes the
//! file with another discovery, which gives it the labels that its own one gives to pods.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};

use crate::config::Config;
use crate::kubernetes::{Kubernetes, Pod};
use crate::pipeline::Pipeline;
use crate::process::{TempDir, lacks, say, version, within};
use crate::prometheus::Prometheus;
use crate::store::Store;

#[test]
fn the_shipped_file_discovers_pods_through_the_api() {
    if lacks("the_shipped_file_discovers_pods_through_the_api", &["victoria-metrics"]) {
        return;
    }
    let cluster = Cluster::start();
    let mut config = config();
    let discovery = &mut config.0["scrape_configs"][0]["kubernetes_sd_configs"];
    assert_eq!(*discovery, json!([{ "role": "pod" }]));
    discovery[0]["api_server"] = json!(cluster.kubernetes.url());
    let store = Store::scraping(Some(&config));
    cluster.assert_discovered(&|path| store.api(path));
    let logins =
        "count(caas_logins_total{namespace='caas',app='auth',pod='auth-0',job='caas-services'})";
    within(20, logins, || match store.number(logins) {
        Some(2.0) => Ok(()),
        other => Err(format!("{other:?}")),
    });
}

#[test]
fn prometheus_keeps_the_annotated_pods() {
    if lacks("prometheus_keeps_the_annotated_pods", &["prometheus", "promtool"]) {
        return;
    }
    let cluster = Cluster::start();
    let mut config = config();
    config.version(version("prometheus"));
    let job = config.0["scrape_configs"][0].as_object_mut().unwrap();
    if knows_kubernetes() {
        job["kubernetes_sd_configs"][0]["api_server"] = json!(cluster.kubernetes.url());
    } else {
        say("note: this Prometheus is built without the discovery of Kubernetes, so in \
             prometheus_keeps_the_annotated_pods pods come to it by http_sd_configs");
        job.remove("kubernetes_sd_configs").unwrap();
        let targets = format!("{}/targets", cluster.kubernetes.url());
        job.insert(
            "http_sd_configs".to_owned(),
            json!([{ "url": targets, "refresh_interval": "1s" }]),
        );
    }
    let prometheus = Prometheus::with(&config.0.to_string());
    cluster.assert_discovered(&|path| prometheus.api(path));

    // What was scraped has the labels that the rules and dashboards rely on.
    let labels = [("namespace", "caas"), ("app", "auth"), ("pod", "auth-0")];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let found = prometheus.query("group by (namespace, app, pod) (caas_logins_total)");
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [BTreeMap::from(labels)]);
}

/// Whether the Prometheus that is installed has the discovery of Kubernetes.
fn knows_kubernetes() -> bool {
    let dir = TempDir::new("kubernetes");
    let path = dir.path().join("prometheus.yml");
    let job = json!({ "job_name": "pods", "kubernetes_sd_configs": [{ "role": "pod" }] });
    std::fs::write(&path, json!({ "scrape_configs": [job] }).to_string()).unwrap();
    let checked = Command::new("promtool").args(["check", "config"]).arg(&path).output().unwrap();
    let said = [checked.stdout, checked.stderr].concat();
    let is_unknown =
        String::from_utf8_lossy(&said).contains("field kubernetes_sd_configs not found");
    assert!(checked.status.success() != is_unknown, "{}", String::from_utf8_lossy(&said));
    checked.status.success()
}

/// As shipped, but for the interval and the servers behind.
fn config() -> Config {
    let mut config = Config::shipped().unwrap();
    config.every(1);
    config.alertmanager(None);
    config.remote_write(None);
    config
}

/// The four services as pods, among others.
struct Cluster {
    kubernetes: Kubernetes,
    pipeline: Pipeline,
}

impl Cluster {
    fn start() -> Self {
        let pipeline = Pipeline::start();
        let auth = pipeline.auth.admin.port();
        let billing = pipeline.billing.admin.port();
        let gateway = pipeline.gateway.admin.port();
        let path = json!({ "prometheus.io/scrape": "true", "prometheus.io/path": "/metrics" });
        let no = json!({ "prometheus.io/scrape": "false", "prometheus.io/port": auth.to_string() });
        let kubernetes = Kubernetes::start(vec![
            // One with two declared ports, but one annotated; one that declares none; one without
            // a port annotation, but with a path.
            pod("gateway", "Running", scraped(gateway), &[gateway, 9]),
            pod("auth", "Running", scraped(auth), &[]),
            pod("billing", "Running", path, &[billing]),
            // And these are none of ours, or not any more.
            pod("database", "Running", json!({}), &[auth]),
            pod("refusing", "Running", no, &[auth]),
            pod("migration", "Succeeded", scraped(auth), &[auth]),
            pod("crashed", "Failed", scraped(auth), &[auth]),
        ]);
        Self { kubernetes, pipeline }
    }

    fn assert_discovered(&self, api: &dyn Fn(&str) -> Value) {
        let Pipeline { auth, billing, socket, gateway } = &self.pipeline;
        let [auth, billing, socket, gateway] =
            [auth, billing, socket, gateway].map(|service| service.admin.port());
        expect_up(api, &[("auth", auth), ("billing", billing), ("gateway", gateway)]);

        let dropped = api("targets?state=dropped");
        let dropped = dropped["droppedTargets"].as_array().unwrap();
        let names = dropped.iter().map(|t| &t["discoveredLabels"]["__meta_kubernetes_pod_name"]);
        let mut names: Vec<&str> = names.map(|name| name.as_str().unwrap()).collect();
        names.sort_unstable();
        names.retain(|name| *name != "gateway-0"); // whether its second port counts as dropped varies
        assert_eq!(names, ["crashed-0", "database-0", "migration-0", "refusing-0"]);

        // Pods come and go.
        self.kubernetes.add(pod("socket", "Running", scraped(socket), &[socket]));
        self.kubernetes.delete("billing-0");
        expect_up(api, &[("auth", auth), ("gateway", gateway), ("socket", socket)]);
    }
}

fn pod(app: &str, phase: &str, annotations: Value, ports: &[u16]) -> Value {
    Pod { name: &format!("{app}-0"), app, phase, annotations, ports }.describe()
}

fn scraped(port: u16) -> Value {
    json!({ "prometheus.io/scrape": "true", "prometheus.io/port": port.to_string() })
}

/// Waits until exactly these are scraped, with success.
fn expect_up(api: &dyn Fn(&str) -> Value, expected: &[(&str, u16)]) {
    let expected = expected.iter().map(|(app, port)| {
        let name = format!("caas/{app}/{app}-0");
        (name, format!("http://127.0.0.1:{port}/metrics"), "up".to_owned())
    });
    let expected: Vec<_> = expected.collect();
    within(45, "the pods are scraped", || {
        let answer = api("targets?state=active");
        let targets = answer["activeTargets"].as_array().unwrap().iter().map(|target| {
            let label = |name: &str| target["labels"][name].as_str().unwrap_or("?");
            let name = format!("{}/{}/{}", label("namespace"), label("app"), label("pod"));
            let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
            (name, text(&target["scrapeUrl"]), text(&target["health"]))
        });
        let mut found: Vec<_> = targets.collect();
        found.sort();
        if found == expected { Ok(()) } else { Err(format!("{found:#?}")) }
    });
}
