//! Programs that end: what they leave with a Pushgateway, with the node exporter, and with the last scrape.
//!
//! A program of its own, since what is pushed is the process's registry, and since it starts servers. Tests
//! whose servers are not installed are skipped with a note, or fail with `CAAS_E2E=required`.
#![cfg(unix)]
#![allow(unreachable_pub, reason = "`pub` is for the other modules here: a test has no users")]
#![allow(dead_code, reason = "each test program uses a part of the modules in `e2e/`")]

#[path = "../examples/pipeline/config.rs"]
mod config;
#[path = "e2e/http.rs"]
mod http;
#[path = "e2e/node_exporter.rs"]
mod node_exporter;
#[path = "e2e/process.rs"]
mod process;
#[path = "e2e/prometheus.rs"]
mod prometheus;
#[path = "e2e/pushgateway.rs"]
mod pushgateway;
#[path = "e2e/service.rs"]
mod service;
#[path = "../examples/pipeline/version.rs"]
mod version;

#[path = "jobs/answers.rs"]
mod answers;
#[path = "jobs/ends.rs"]
mod ends;
#[path = "jobs/example.rs"]
mod example;
#[path = "jobs/last_scrape.rs"]
mod last_scrape;
#[path = "jobs/peer.rs"]
mod peer;
#[path = "jobs/push.rs"]
mod push;
#[path = "jobs/textfile.rs"]
mod textfile;

caas_metrics::metrics! {
    namespace = "jobs";

    /// Items that the tests count.
    counter ItemsTotal { outcome: &str }
}
