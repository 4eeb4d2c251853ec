//! Requests of all kinds to the services, bounded in rate and number.
//!
//! Not here: the clients that stay connected. Invariant: the requests repeat in a cycle without chance,
//! so that a graph of two minutes looks like one of two hours.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval};

use crate::client::{Client, NoAnswer};

/// The most requests that wait for an answer. While there are this many, none is sent.
const MOST_AT_ONCE: usize = 32;

/// How the requests ended.
#[derive(Default)]
pub struct Counts {
    pub served: AtomicU64,
    /// Answered with 4xx, most of them on purpose.
    pub refused: AtomicU64,
    /// Answered with 5xx, or not at all.
    pub failed: AtomicU64,
}

pub struct Load {
    gateway: Client,
    auth: Client,
    token: Mutex<String>,
    counts: Arc<Counts>,
}

/// Sends `rate` requests a second until it is dropped.
pub async fn run(gateway: SocketAddr, auth: SocketAddr, rate: u32, counts: Arc<Counts>) {
    let client = |address| Client::new(format!("http://{address}"));
    let token = Mutex::default();
    let load = Arc::new(Load { gateway: client(gateway), auth: client(auth), token, counts });
    load.send(0).await; // logs in
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let mut tick = interval(Duration::from_secs(1) / rate);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for n in 1.. {
        tick.tick().await;
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let load = Arc::clone(&load);
            tokio::spawn(async move {
                load.send(n).await;
                drop(place);
            });
        }
    }
}

impl Load {
    async fn send(&self, n: u64) {
        let counter = match self.request(n).await {
            Ok(status) if status.is_success() => &self.counts.served,
            Ok(status) if status.is_client_error() => &self.counts.refused,
            _ => &self.counts.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The `n`th request: of twenty, two log in, four are mistakes, two read, the others write.
    async fn request(&self, n: u64) -> Result<StatusCode, NoAnswer> {
        let gateway = async |method, path: &str, body: &str| {
            let (status, _) = self.gateway.send(method, path, None, body.to_owned()).await?;
            Ok(status)
        };
        match n % 20 {
            0 | 10 => {
                let (status, answer) = self.login("ada", "lovelace").await?;
                if let Some(token) = answer["token"].as_str() {
                    token
                        .clone_into(&mut self.token.lock().unwrap_or_else(PoisonError::into_inner));
                }
                Ok(status)
            }
            1 if n % 40 == 1 => Ok(self.login("nobody", "guess").await?.0),
            1 => Ok(self.login("mallory", "guess").await?.0),
            2 => gateway(Method::POST, "/messages", r#"{"tenant_id": "#).await,
            3 => gateway(Method::GET, &format!("/nothing/{n}"), "").await,
            4 => gateway(Method::DELETE, "/messages", "").await,
            5 => gateway(Method::GET, "/messages/1", "").await,
            6 if n % 100 == 6 => gateway(Method::GET, "/messages", "").await,
            _ => self.message(n).await,
        }
    }

    async fn login(&self, user: &str, password: &str) -> Result<(StatusCode, Value), NoAnswer> {
        self.auth.post("/login", &json!({ "user": user, "password": password })).await
    }

    async fn message(&self, n: u64) -> Result<StatusCode, NoAnswer> {
        let tenant = match n % 100 {
            13 => "broke-1",   // cannot pay, and is refused from then on
            47 => "unlucky-1", // the payment provider fails
            m => ["acme", "globex", "initech", "umbrella"][(m % 4) as usize],
        };
        let r#type = ["chat", "email", "push"][(n % 3) as usize];
        let text = if n % 50 == 9 { "" } else { "hello" };
        let message = json!({ "tenant_id": tenant, "type": r#type, "text": text });
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let body = message.to_string();
        Ok(self.gateway.send(Method::POST, "/messages", Some(&token), body).await?.0)
    }
}
