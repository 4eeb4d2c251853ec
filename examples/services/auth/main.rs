//! Logs users in, and finds the user of a token for other services.
//!
//! ```text
//! cargo run --example auth -- --listen 127.0.0.1:8082
//! curl -d '{"user":"ada","password":"lovelace"}' -H 'content-type: application/json' \
//!     http://127.0.0.1:8082/login
//! curl http://127.0.0.1:9082/metrics
//! ```
//!
//! What to look at: `logins` counts each login by how it ended, from its return value alone.

#![allow(unreachable_pub, reason = "`pub` is for the other modules here: a program has no users")]

mod api;
mod logins;
mod metrics;
#[path = "../shared/refusal.rs"]
mod refusal;
#[path = "../shared/service.rs"]
mod service;

use std::process::ExitCode;

use clap::Parser;

/// A service that logs users in and exposes Prometheus metrics.
#[derive(Parser)]
struct Args {
    /// The address to listen on; port 0 takes any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8082")]
    listen: String,
    /// The address of `/metrics`, which is not for clients.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9082")]
    admin: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let addresses = service::Addresses { listen: &args.listen, admin: &args.admin };
    service::run("auth", addresses, api::router(), async {}).await
}
