//! The shipped scrape configuration finds the pods that ask for it, and no others.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::config::Config;
use crate::kubernetes::{Kubernetes, Pod};
use crate::pipeline::{Pipeline, lacks};
use crate::process::within;
use crate::prometheus::Prometheus;

#[test]
fn prometheus_discovers_the_annotated_pods() {
    if lacks("prometheus_discovers_the_annotated_pods", &["prometheus"]) {
        return;
    }
    let pipeline = Pipeline::start();
    let port = |app: &str| {
        let (_, service) = pipeline.all().into_iter().find(|(name, _)| *name == app).unwrap();
        service.address.port()
    };
    let scraped = |port: u16| json!({ "prometheus.io/scrape": "true", "prometheus.io/port": port.to_string() });
    let pod = |name, app, phase, annotations, ports: &[u16]| {
        Pod { name, app, phase, annotations, ports }.describe()
    };
    let [auth, billing, gateway, socket] = ["auth", "billing", "gateway", "socket"].map(port);
    let path = json!({ "prometheus.io/scrape": "true", "prometheus.io/path": "/metrics" });
    let no = json!({ "prometheus.io/scrape": "false", "prometheus.io/port": auth.to_string() });
    let kubernetes = Kubernetes::start(vec![
        // One with two declared ports, but one annotated; one that declares none; one without a
        // port annotation, but with a path.
        pod("gateway-0", "gateway", "Running", scraped(gateway), &[gateway, 9]),
        pod("auth-0", "auth", "Running", scraped(auth), &[]),
        pod("billing-0", "billing", "Running", path, &[billing]),
        // And these are none of ours, or not any more.
        pod("database-0", "database", "Running", json!({}), &[auth]),
        pod("refusing-0", "refusing", "Running", no, &[auth]),
        pod("migration-0", "migration", "Succeeded", scraped(auth), &[auth]),
        pod("crashed-0", "crashed", "Failed", scraped(auth), &[auth]),
    ]);

    let mut config = Config::shipped().unwrap();
    config.every(1);
    config.alertmanager(None);
    config.remote_write(None);
    let api = format!("http://{}", kubernetes.server.address);
    let discovery = &mut config.0["scrape_configs"][0]["kubernetes_sd_configs"][0];
    assert_eq!(*discovery, json!({ "role": "pod" }));
    discovery["api_server"] = json!(api);
    let prometheus = Prometheus::with(&config.0.to_string());

    let expect_up = |expected: &[(&str, u16)]| {
        let expected: BTreeMap<_, _> =
            expected.iter().map(|(app, port)| (target(app, *port), "up".to_owned())).collect();
        within(45, "the pods are scraped", || {
            let found = targets(&prometheus);
            if found == expected { Ok(()) } else { Err(format!("{found:#?}")) }
        });
    };
    expect_up(&[("auth", auth), ("billing", billing), ("gateway", gateway)]);
    let dropped = prometheus.api("targets?state=dropped");
    let dropped = dropped["droppedTargets"].as_array().unwrap();
    let names = dropped.iter().map(|t| &t["discoveredLabels"]["__meta_kubernetes_pod_name"]);
    let mut names: Vec<&str> = names.map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["crashed-0", "database-0", "migration-0", "refusing-0"]);

    // What was scraped has the labels that the rules and dashboards rely on.
    let found = prometheus.query("group by (namespace, app, pod) (caas_logins_total)");
    let labels = [("namespace", "caas"), ("app", "auth"), ("pod", "auth-0")];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [BTreeMap::from(labels)]);

    // Pods come and go.
    kubernetes.add(pod("socket-0", "socket", "Running", scraped(socket), &[socket]));
    kubernetes.delete("billing-0");
    expect_up(&[("auth", auth), ("gateway", gateway), ("socket", socket)]);
}

type Target = (String, String);

fn target(app: &str, port: u16) -> Target {
    (format!("caas/{app}/{app}-0"), format!("http://127.0.0.1:{port}/metrics"))
}

/// The active targets: what they are called, where they are, and how they are.
fn targets(prometheus: &Prometheus) -> BTreeMap<Target, String> {
    let found = prometheus.api("targets?state=active");
    let found = found["activeTargets"].as_array().unwrap().iter().map(|target| {
        let label = |name: &str| target["labels"][name].as_str().unwrap_or("?");
        let name = format!("{}/{}/{}", label("namespace"), label("app"), label("pod"));
        let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
        ((name, text(&target["scrapeUrl"])), text(&target["health"]))
    });
    found.collect()
}
