//! As much of the Kubernetes API as the discovery of pods needs: a list, and a watch on it.

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
        let router = Router::new().route("/api/v1/pods", get(pods_of)).with_state(cluster.clone());
        Self { server: Server::start(router), cluster }
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
        let watchers =
            self.cluster.events.send(format!("{}\n", json!({ "type": what, "object": pod })));
        assert!(watchers.is_ok(), "nobody watches the pods");
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
