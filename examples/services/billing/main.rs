//! Charges tenants for their messages: accepts charges over HTTP, and makes them from a queue.
//!
//! ```text
//! cargo run --example billing -- --listen 127.0.0.1:8083
//! curl -d '{"tenant_id":"acme","cents":2}' -H 'content-type: application/json' \
//!     http://127.0.0.1:8083/charges
//! curl http://127.0.0.1:9083/metrics
//! ```
//!
//! What to look at: `../shared/queue.rs` has the traits that a Kafka client would implement, and
//! updates the lag; in `charges` one attribute counts each charge and another times it.

#![allow(unreachable_pub, reason = "`pub` is for the other modules here: a program has no users")]

mod api;
mod arrears;
mod charges;
mod metrics;
#[path = "../shared/queue.rs"]
mod queue;
#[path = "../shared/refusal.rs"]
mod refusal;
#[path = "../shared/service.rs"]
mod service;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::arrears::Arrears;

/// A service that charges tenants and exposes Prometheus metrics.
#[derive(Parser)]
struct Args {
    /// The address to listen on; port 0 takes any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8083")]
    listen: String,
    /// The address of `/metrics`, which is not for clients.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9083")]
    admin: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let arrears = Arc::new(Arrears::default());
    let (producer, consumers) = queue::topic("charges");
    let router = api::router(producer, Arc::clone(&arrears));
    let mut consumers = queue::process(consumers, move |charge| {
        let arrears = Arc::clone(&arrears);
        async move { charges::settle(&charge, &arrears).await }
    });
    let finish = async { while consumers.join_next().await.is_some() {} };
    let addresses = service::Addresses { listen: &args.listen, admin: &args.admin };
    service::run("billing", addresses, router, finish).await
}
