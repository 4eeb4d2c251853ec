//! One line that shows how the pipeline is doing.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use axum::http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::client::Client;
use crate::load::Counts;
use crate::services;

/// The queries to Prometheus, and how their answers are shown.
const QUESTIONS: [(&str, &str); 4] = [
    ("req/s", "sum(rate(caas_http_requests_total[10s]))"),
    (
        "s p99",
        "histogram_quantile(0.99, sum by (le) (rate(caas_request_duration_seconds_bucket[10s])))",
    ),
    ("connected", "sum(caas_socket_connections_active{app=\"socket\"})"),
    ("lag", "sum(caas_kafka_consumer_lag)"),
];

pub struct Summary {
    prometheus: Option<Client>,
}

impl Summary {
    pub fn new(prometheus: Option<SocketAddr>) -> Self {
        let client = |address| Client::new(format!("http://{address}"));
        Self { prometheus: prometheus.map(client) }
    }

    /// How many of the services Prometheus has scraped.
    pub async fn up(&self) -> Option<f64> {
        self.ask("sum(up{job=\"caas-services\"})").await
    }

    pub async fn line(&self, counts: &Counts) -> String {
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let mut line = format!(
            "sent: {} served, {} refused, {} failed",
            count(&counts.served),
            count(&counts.refused),
            count(&counts.failed),
        );
        if self.prometheus.is_some() {
            let up = self.up().await.unwrap_or(0.0);
            let _ = write!(line, " | Prometheus: {up} of {} up", services::NAMES.len());
            for (unit, query) in QUESTIONS {
                if let Some(value) = self.ask(query).await {
                    let _ = write!(line, ", {} {unit}", rounded(value));
                }
            }
            let _ = write!(line, ", alerts: {}", self.firing().await);
        }
        line
    }

    /// The value of a query that yields at most one series.
    async fn ask(&self, query: &str) -> Option<f64> {
        let query = utf8_percent_encode(query, NON_ALPHANUMERIC);
        let answer = self.get(&format!("query?query={query}")).await?;
        answer["result"][0]["value"][1].as_str()?.parse().ok()
    }

    /// The names of the alerts that fire.
    async fn firing(&self) -> String {
        let answer = self.get("alerts").await.unwrap_or_default();
        let alerts = answer["alerts"].as_array().into_iter().flatten();
        let firing = alerts.filter(|alert| alert["state"] == "firing");
        let mut names: Vec<&str> =
            firing.filter_map(|alert| alert["labels"]["alertname"].as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() { "none".to_owned() } else { names.join(" ") }
    }

    /// The `data` of an answer of the HTTP API.
    async fn get(&self, path: &str) -> Option<Value> {
        let path = format!("/api/v1/{path}");
        let (_, mut answer) =
            self.prometheus.as_ref()?.send(Method::GET, &path, None, String::new()).await.ok()?;
        Some(answer["data"].take())
    }
}

fn rounded(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.3}") }
}
