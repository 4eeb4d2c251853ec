//! End to end: the four services with real servers around them, a theme a module.
//!
//! Tests whose servers are not installed are skipped with a note, or fail with `CAAS_E2E=required`.
#![cfg(unix)]
#![allow(unreachable_pub, reason = "`pub` is for the other modules here: a test has no users")]
#![allow(dead_code, reason = "each test program uses a part of the modules in `e2e/`")]

#[path = "e2e/alerting.rs"]
mod alerting;
#[path = "../examples/services/shared/client.rs"]
mod client;
#[path = "../examples/pipeline/config.rs"]
mod config;
#[path = "e2e/deploy.rs"]
mod deploy;
#[path = "e2e/http.rs"]
mod http;
#[path = "e2e/kubernetes.rs"]
mod kubernetes;
#[path = "../examples/pipeline/listeners.rs"]
mod listeners;
#[path = "e2e/load.rs"]
mod load;
#[path = "e2e/pipeline.rs"]
mod pipeline;
#[path = "e2e/process.rs"]
mod process;
#[path = "e2e/prometheus.rs"]
mod prometheus;
#[path = "e2e/server.rs"]
mod server;
#[path = "e2e/service.rs"]
mod service;
#[path = "e2e/store.rs"]
mod store;
#[path = "../examples/pipeline/load.rs"]
mod traffic;
#[path = "../examples/pipeline/version.rs"]
mod version;

#[path = "pipeline_e2e/alerts.rs"]
mod alerts;
#[path = "pipeline_e2e/bucket.rs"]
mod bucket;
#[path = "pipeline_e2e/counts.rs"]
mod counts;
#[path = "pipeline_e2e/discovery.rs"]
mod discovery;
#[path = "pipeline_e2e/example.rs"]
mod example;
#[path = "pipeline_e2e/queries.rs"]
mod queries;
#[path = "pipeline_e2e/restarts.rs"]
mod restarts;
