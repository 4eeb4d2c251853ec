//! Accepts messages over HTTP and has them delivered.
//!
//! ```text
//! cargo run --example gateway -- --listen 127.0.0.1:8080
//! curl -d '{"tenant_id":"acme","type":"chat","text":"hello"}' \
//!     -H 'content-type: application/json' http://127.0.0.1:8080/messages
//! curl http://127.0.0.1:9080/metrics
//! ```
//!
//! Alone it needs no other service. With `--auth`, `--billing` and `--socket` a message needs a valid
//! token, is charged for, and goes to the connected clients; `cargo run --example pipeline` starts all.
//!
//! What to look at: one layer measures all requests, and attributes measure the functions that serve
//! them.

#![allow(unreachable_pub, reason = "`pub` is for the other modules here: a program has no users")]

mod api;
#[path = "../shared/client.rs"]
mod client;
mod messages;
mod metrics;
mod neighbours;
mod outbox;
#[path = "../shared/queue.rs"]
mod queue;
mod recent;
#[path = "../shared/refusal.rs"]
mod refusal;
#[path = "../shared/service.rs"]
mod service;

use std::process::ExitCode;
use std::sync::Arc;

use axum::http::Uri;
use clap::Parser;

use crate::neighbours::Neighbours;

/// A message gateway that exposes Prometheus metrics.
#[derive(Parser)]
struct Args {
    /// The address to listen on; port 0 takes any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: String,
    /// The address of `/metrics`, which is not for clients.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9080")]
    admin: String,
    /// The auth service, like `http://127.0.0.1:8082`; without it nobody needs a token.
    #[arg(long, value_name = "URL", value_parser = neighbours::url)]
    auth: Option<Uri>,
    /// The billing service; without it messages are free.
    #[arg(long, value_name = "URL", value_parser = neighbours::url)]
    billing: Option<Uri>,
    /// The socket service; without it messages are delivered to nobody.
    #[arg(long, value_name = "URL", value_parser = neighbours::url)]
    socket: Option<Uri>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Args { listen, admin, auth, billing, socket } = Args::parse();
    let neighbours = Arc::new(Neighbours::new(auth.as_ref(), billing.as_ref(), socket.as_ref()));

    let (producer, consumers) = queue::topic("messages");
    let router = api::router(producer, Arc::clone(&neighbours));
    let mut deliveries = queue::process(consumers, move |message| {
        let neighbours = Arc::clone(&neighbours);
        // A message that cannot be delivered is lost. A real gateway would try again.
        async move { drop(neighbours.deliver(&message).await) }
    });
    let finish = async { while deliveries.join_next().await.is_some() {} };
    let addresses = service::Addresses { listen: &listen, admin: &admin };
    service::run("gateway", addresses, router, finish).await
}
