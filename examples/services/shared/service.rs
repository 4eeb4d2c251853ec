//! What every service does around its routes: it listens, answers `/metrics` and `/healthz`,
//! measures requests, and stops when it is asked to.

#[path = "trace.rs"]
mod trace;

use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::connect_info::Connected;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::get;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::metrics::shared::measure;
use crate::refusal::Refusal;

/// How long the service waits for requests and work under way when it stops.
const GRACE: Duration = Duration::from_secs(5);
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The routes in the layer that measures them, including requests that match no route. What the
/// platform asks for is outside of the layer, so that scrapes and probes do not count as requests of
/// clients.
pub fn router(routes: Router) -> Router {
    let measured = routes
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "there is nothing here"))
        .method_not_allowed_fallback(async || {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this method is not allowed here")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(caas_metrics::axum::layer(measure))
        .layer(middleware::from_fn(trace::of_request));
    caas_metrics::axum::router().route("/healthz", get(async || "ok\n")).merge(measured)
}

/// Serves until SIGINT or SIGTERM, then waits for the requests under way and for `finish`.
///
/// `Client` is what handlers can extract about a connection: `SocketAddr` is its address.
pub async fn run<Client>(
    name: &str,
    address: &str,
    router: Router,
    finish: impl Future<Output = ()>,
) -> ExitCode
where
    Client: for<'a> Connected<IncomingStream<'a, TcpListener>>,
{
    match serve::<Client>(name, address, router, finish).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve<Client>(
    name: &str,
    address: &str,
    router: Router,
    finish: impl Future<Output = ()>,
) -> Result<(), String>
where
    Client: for<'a> Connected<IncomingStream<'a, TcpListener>>,
{
    let cannot_listen = |error: io::Error| format!("cannot listen on {address}: {error}");
    let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
    let bound = listener.local_addr().map_err(cannot_listen)?;
    let signal = stop_signal().map_err(|error| format!("cannot wait for signals: {error}"))?;
    // The output may be closed. The service runs without it.
    let _ = writeln!(io::stdout(), "{name}: listening on http://{bound}");

    let (stop, stopped) = oneshot::channel::<()>();
    let service = router.into_make_service_with_connect_info::<Client>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    let server = tokio::spawn(server.into_future());

    signal.await;
    drop(stop);
    let end = async {
        let _ = server.await; // ends when the last request has, and lets go of what routes share
        finish.await;
    };
    let ended = tokio::time::timeout(GRACE, end).await;
    ended.map_err(|_| format!("what was not done after {GRACE:?} was cut off"))
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
