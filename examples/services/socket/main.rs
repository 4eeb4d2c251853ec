//! Delivers messages to clients that are connected by WebSocket.
//!
//! ```text
//! cargo run --example socket -- --listen 127.0.0.1:8081
//! websocat ws://127.0.0.1:8081/connect        # or any other WebSocket client
//! curl -d '{"text":"hello"}' -H 'content-type: application/json' http://127.0.0.1:8081/deliver
//! curl http://127.0.0.1:9081/metrics
//! ```
//!
//! What to look at: in `connections` a guard keeps the gauge of open connections, which cannot go up
//! otherwise, and an attribute counts how they end, even when a client just disappears.

#![allow(unreachable_pub, reason = "`pub` is for the other modules here: a program has no users")]

mod api;
mod connections;
mod metrics;
#[path = "../shared/refusal.rs"]
mod refusal;
#[path = "../shared/service.rs"]
mod service;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::connections::Connections;

/// A service that delivers messages by WebSocket and exposes Prometheus metrics.
#[derive(Parser)]
struct Args {
    /// The address to listen on; port 0 takes any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    listen: String,
    /// The address of `/metrics`, which is not for clients.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9081")]
    admin: String,
    /// The name of this server, for the label `server_id`.
    #[arg(long, value_name = "NAME", default_value = "socket-1")]
    server_id: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let connections = Arc::new(Connections::new(args.server_id));
    let router = api::router(Arc::clone(&connections));
    // Connections outlive the server, for which they are no longer requests.
    let finish = async { connections.close().await };
    let addresses = service::Addresses { listen: &args.listen, admin: &args.admin };
    service::run("socket", addresses, router, finish).await
}
