//! Clients cannot make an unlimited number of series, neither by paths nor by tenants.

use std::fs;

use axum::http::{Method, StatusCode};
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::page::{Sample, samples};
use crate::service::Service;

/// So many different paths and tenants are sent.
const MANY: u32 = 50_000;
/// The cardinality limit of a family that sets none.
const LIMIT: u32 = 2_000;
/// How many requests are under way at once.
const AT_ONCE: usize = 32;

#[test]
fn paths_and_tenants_without_end_make_no_series_without_end() {
    let gateway = Service::start("gateway", &[]);
    // A page says how the one before was.
    samples(&gateway);
    send(&gateway, 0..MANY / 5);
    let (early, early_memory) = (samples(&gateway), memory(&gateway));
    send(&gateway, MANY / 5..MANY);
    let (late, late_memory) = (samples(&gateway), memory(&gateway));

    let of = |name: &str, label: &str, value: &str| -> Vec<f64> {
        let is_it = |sample: &&Sample| {
            sample.name == name && sample.labels.get(label).is_some_and(|v| v == value)
        };
        late.iter().filter(is_it).map(|sample| sample.value).collect()
    };
    let total = |name, label, value| of(name, label, value).iter().sum::<f64>();
    let many = f64::from(MANY);
    let others = f64::from(MANY - LIMIT);

    // All paths that do not exist are one, with a series for each method, and all are counted.
    assert_eq!(total("caas_http_requests_total", "path", "unmatched"), many);
    assert!(of("caas_http_requests_total", "path", "unmatched").len() < 10);
    // As many tenants as the limit allows, each with its message, and one series for all others.
    assert_eq!(of("caas_messages_sent_total", "type", "chat"), [1.0; LIMIT as usize]);
    assert_eq!(of("caas_messages_sent_total", "tenant_id", "__overflow__"), [others]);
    let family = "caas_messages_sent_total";
    assert_eq!(of("caas_metrics_overflow_total", "family", family), [others]);
    assert_eq!(total("caas_http_requests_total", "status", "201"), many);

    // Four fifths of all that was sent have added no series, and next to no memory: the allocator
    // and the connections may still have grown a little.
    assert_eq!(late.len(), early.len());
    if let (Some(early), Some(late)) = (early_memory, late_memory) {
        assert!(late < early + 4_000_000, "{early} bytes have become {late}");
    }
}

/// Asks for each of these paths, and sends one message of each of these tenants.
fn send(gateway: &Service, numbers: std::ops::Range<u32>) {
    let client = Client::new(format!("http://{}", gateway.address));
    let one = |n: u32| {
        let client = client.clone();
        async move {
            let path = format!("/nothing/{n}");
            let (status, _) = client.send(Method::GET, &path, None, String::new()).await.unwrap();
            assert_eq!(status, StatusCode::NOT_FOUND);
            let message =
                json!({ "tenant_id": format!("tenant-{n}"), "type": "chat", "text": "hello" });
            // Where the queue is full it says so, and nothing is counted as sent.
            let mut status = StatusCode::SERVICE_UNAVAILABLE;
            while status == StatusCode::SERVICE_UNAVAILABLE {
                (status, _) = client.post("/messages", &message).await.unwrap();
            }
            assert_eq!(status, StatusCode::CREATED);
        }
    };
    let all = stream::iter(numbers).for_each_concurrent(AT_ONCE, one);
    Runtime::new().unwrap().block_on(all);
}

/// The bytes of memory that a service has, where the system tells.
fn memory(service: &Service) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", service.process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
}
