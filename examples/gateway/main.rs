//! A small message gateway with `/metrics` on its own address.
//!
//! ```text
//! cargo run --example gateway -- --listen 127.0.0.1:8080
//! curl -d '{"tenant_id":"acme","type":"chat","text":"hello"}' \
//!     -H 'content-type: application/json' http://127.0.0.1:8080/messages
//! curl http://127.0.0.1:8080/metrics
//! ```
//!
//! Where the metrics are: `metrics` declares them, `api` measures all HTTP requests with one layer,
//! `clients` and `delivery` update the rest by hand.

#![allow(unreachable_pub, reason = "`pub` is for the other modules here: a program has no users")]

mod api;
mod clients;
mod delivery;
mod messages;
mod metrics;

use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clients::Client;
use crate::delivery::Topic;

/// How long requests and deliveries under way may take to end when the gateway stops.
const GRACE: Duration = Duration::from_secs(5);

/// A message gateway that exposes Prometheus metrics.
#[derive(Parser)]
struct Args {
    /// The address to listen on; port 0 takes any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args.listen).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(address: &str) -> Result<(), String> {
    let cannot_listen = |error: io::Error| format!("cannot listen on {address}: {error}");
    let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
    let bound = listener.local_addr().map_err(cannot_listen)?;
    let signal = stop_signal().map_err(|error| format!("cannot wait for signals: {error}"))?;
    // Whoever started us may have closed our output; that is no reason not to serve.
    let _ = writeln!(io::stdout(), "gateway: listening on http://{bound}");

    let (topic, mut consumers) = Topic::start();
    let service = api::router(topic).into_make_service_with_connect_info::<Client>();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    let server = tokio::spawn(server.into_future());

    signal.await;
    drop(stop);
    let finish = async {
        let _ = server.await; // ends when the last request has, and lets go of the topic,
        while consumers.join_next().await.is_some() {} // so that consumers end when it is empty
    };
    let finished = tokio::time::timeout(GRACE, finish).await;
    finished.map_err(|_| format!("what was not done after {GRACE:?} was cut off"))
}

/// Waits for SIGINT or SIGTERM; they are caught from now on, not only once this is polled.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
