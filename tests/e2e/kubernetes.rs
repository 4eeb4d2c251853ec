//! The part of the Kubernetes API that the discovery of pods needs: a list, and a watch on it.
//!
//! For a Prometheus that is built without this discovery, also what the discovery would have made of
//! the pods: targets with the documented labels, in the format of `http_sd_configs`.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::server::Server;

pub struct Kubernetes {
    pub server: Server,
    cluster: Arc<Cluster>,
}

struct Cluster {
    pods: Mutex<Vec<Value>>,
    events: broadcast::Sender<String>,
}

impl Kubernetes {
    pub fn start(pods: Vec<Value>) -> Self {
        let cluster =
            Arc::new(Cluster { pods: Mutex::new(pods), events: broadcast::Sender::new(64) });
        let router =
            Router::new().route("/api/v1/pods", get(pods_of)).route("/targets", get(targets));
        let router = router.with_state(cluster.clone());
        Self { server: Server::start(router), cluster }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub fn add(&self, pod: Value) {
        self.tell("ADDED", &pod);
        self.cluster.pods.lock().unwrap_or_else(PoisonError::into_inner).push(pod);
    }

    pub fn delete(&self, name: &str) {
        let mut pods = self.cluster.pods.lock().unwrap_or_else(PoisonError::into_inner);
        let position = pods.iter().position(|pod| pod["metadata"]["name"] == name).unwrap();
        let pod = pods.remove(position);
        self.tell("DELETED", &pod);
    }

    fn tell(&self, what: &str, pod: &Value) {
        let event = format!("{}\n", json!({ "type": what, "object": pod }));
        let _ = self.cluster.events.send(event); // nobody watches where targets are polled
    }
}

async fn pods_of(State(cluster): State<Arc<Cluster>>, RawQuery(query): RawQuery) -> Response {
    let is_watch = query.is_some_and(|query| query.contains("watch="));
    if !is_watch {
        let pods = cluster.pods.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let list = json!({
            "kind": "PodList",
            "apiVersion": "v1",
            "metadata": { "resourceVersion": "1" },
            "items": pods,
        });
        return Json(list).into_response();
    }
    let events = cluster.events.subscribe();
    let events = stream::unfold(events, async |mut events| {
        loop {
            match events.recv().await {
                Ok(event) => break Some((Ok::<_, Infallible>(event), events)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => break None,
            }
        }
    });
    ([("content-type", "application/json")], Body::from_stream(events)).into_response()
}

/// One target for each declared port of a pod, or one for a pod without.
async fn targets(State(cluster): State<Arc<Cluster>>) -> Json<Value> {
    let pods = cluster.pods.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let groups = pods.iter().map(|pod| {
        let ip = pod["status"]["podIP"].as_str().unwrap();
        let container = &pod["spec"]["containers"][0];
        let ports = container["ports"].as_array().unwrap().iter();
        let mut addresses: Vec<_> =
            ports.map(|port| format!("{ip}:{}", port["containerPort"])).collect();
        if addresses.is_empty() {
            addresses.push(ip.to_owned());
        }
        let mut labels = json!({
            "__meta_kubernetes_namespace": pod["metadata"]["namespace"],
            "__meta_kubernetes_pod_name": pod["metadata"]["name"],
            "__meta_kubernetes_pod_phase": pod["status"]["phase"],
            "__meta_kubernetes_pod_container_init": "false",
            "__meta_kubernetes_pod_container_name": container["name"],
        });
        for (field, prefix) in [("labels", "label"), ("annotations", "annotation")] {
            for (name, value) in pod["metadata"][field].as_object().unwrap() {
                let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
                labels[format!("__meta_kubernetes_pod_{prefix}_{name}")] = value.clone();
            }
        }
        json!({ "targets": addresses, "labels": labels })
    });
    Json(groups.collect())
}

/// A pod as Kubernetes describes it.
pub struct Pod<'a> {
    pub name: &'a str,
    pub app: &'a str,
    pub phase: &'a str,
    pub annotations: Value,
    /// The ports that its containers declare.
    pub ports: &'a [u16],
}

impl Pod<'_> {
    pub fn describe(&self) -> Value {
        let ports =
            self.ports.iter().map(|port| json!({ "containerPort": port, "protocol": "TCP" }));
        let ports: Value = ports.collect();
        json!({
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": {
                "name": self.name,
                "namespace": "caas",
                "uid": format!("uid-of-{}", self.name),
                "resourceVersion": "1",
                "labels": { "app.kubernetes.io/name": self.app },
                "annotations": self.annotations,
            },
            "spec": {
                "nodeName": "node-1",
                "containers": [{ "name": self.app, "image": self.app, "ports": ports }],
            },
            "status": {
                "phase": self.phase,
                "podIP": "127.0.0.1",
                "hostIP": "127.0.0.1",
                "conditions": [{ "type": "Ready", "status": "True" }],
            },
        })
    }
}
