//! A real Alertmanager with the shipped configuration, and the receiver of its notifications.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::config::deploy;
use crate::process::{Process, TempDir};
use crate::prometheus::logged_address;
use crate::server::Server;

/// One alert of a notification.
#[derive(Clone, Debug)]
pub struct Notified {
    /// The receiver that it came by, like `page`.
    pub receiver: String,
    pub status: String,
    pub labels: Value,
}

pub struct Alerting {
    pub address: SocketAddr,
    _process: Process,
    _dir: TempDir,
    _hook: Server,
    notified: Arc<Mutex<Vec<Notified>>>,
}

impl Alerting {
    /// As shipped, but that its receivers are this test and that it waits a second where it would
    /// wait for more alerts.
    pub fn start() -> Self {
        let notified: Arc<Mutex<Vec<Notified>>> = Arc::default();
        let hook = Router::new().route("/{receiver}", post(take)).with_state(notified.clone());
        let hook = Server::start(hook);

        let shipped = fs::read_to_string(deploy().join("alertmanager.yml")).unwrap();
        let shipped = shipped.replace("alert-receiver:8080", &hook.address.to_string());
        let mut config: Value = serde_saphyr::from_str(&shipped).unwrap();
        let route = &mut config["route"];
        let inner = route["routes"].as_array_mut().unwrap().iter_mut();
        inner.for_each(hurry);
        hurry(route);

        let dir = TempDir::new("alertmanager");
        let path = dir.path().join("alertmanager.yml");
        fs::write(&path, config.to_string()).unwrap();
        let mut command = Command::new("prometheus-alertmanager");
        command
            .arg(format!("--config.file={}", path.display()))
            .arg(format!("--storage.path={}", dir.path().join("data").display()))
            .args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]);
        let mut process = Process::start("alertmanager-log", &mut command);
        let address = process.ready("/-/ready", logged_address);
        Self { address, _process: process, _dir: dir, _hook: hook, notified }
    }

    /// All that was notified so far.
    pub fn notified(&self) -> Vec<Notified> {
        self.notified.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn hurry(route: &mut Value) {
    route["group_wait"] = json!("1s");
    route["group_interval"] = json!("1s");
}

async fn take(
    State(notified): State<Arc<Mutex<Vec<Notified>>>>,
    Path(receiver): Path<String>,
    Json(notification): Json<Value>,
) {
    let alerts = notification["alerts"].as_array().into_iter().flatten();
    let alerts = alerts.map(|alert| Notified {
        receiver: receiver.clone(),
        status: alert["status"].as_str().unwrap_or_default().to_owned(),
        labels: alert["labels"].clone(),
    });
    notified.lock().unwrap_or_else(PoisonError::into_inner).extend(alerts);
}
