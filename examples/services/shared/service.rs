//! What every service does around its routes: it listens, measures requests, disconnects clients that
//! are too slow, answers `/metrics` on an address of its own, and stops when it is asked to.

#[path = "trace.rs"]
mod trace;

use std::future::Future;
use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::metrics::shared::{HttpRequestsInFlight, measure};
use crate::refusal::Refusal;

/// How long the service waits for requests and work under way when it stops.
const GRACE: Duration = Duration::from_secs(5);
const MAX_BODY_BYTES: usize = 16 * 1024;
/// How long a client may take until the headers of its next request have arrived: so a connection is idle
/// no longer than that.
const NEXT_REQUEST: Duration = Duration::from_secs(10);
/// How long a request may take, with its body.
const REQUEST: Duration = Duration::from_secs(10);

/// The routes in the layer that measures them, including requests that match no route. What the
/// platform asks for is outside of the layer, so that probes do not count as requests of clients.
pub fn router(routes: Router) -> Router {
    let measuring = caas_metrics::axum::layer(measure)
        .on_start(|_| HttpRequestsInFlight.inc())
        .on_end(|_| HttpRequestsInFlight.dec());
    let measured = routes
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "there is nothing here"))
        .method_not_allowed_fallback(async || {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this method is not allowed here")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(in_time))
        .layer(measuring)
        .layer(middleware::from_fn(trace::of_request));
    Router::new().route("/healthz", get(async || "ok\n")).merge(measured)
}

/// Gives up a request whose body does not come.
async fn in_time(request: Request, next: Next) -> Response {
    timeout(REQUEST, next.run(request)).await.unwrap_or_else(|_| {
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "this took too long").into_response()
    })
}

/// Where a service listens.
pub struct Addresses<'a> {
    /// For clients.
    pub listen: &'a str,
    /// For the platform: here is `/metrics`.
    pub admin: &'a str,
}

/// Serves until SIGINT or SIGTERM, then waits for the requests under way and for `finish`.
pub async fn run(
    name: &str,
    addresses: Addresses<'_>,
    router: Router,
    finish: impl Future<Output = ()>,
) -> ExitCode {
    match serve(name, addresses, router, finish).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(
    name: &str,
    Addresses { listen, admin }: Addresses<'_>,
    router: Router,
    finish: impl Future<Output = ()>,
) -> Result<(), String> {
    let cannot_listen = |error: io::Error| format!("cannot listen on {listen}: {error}");
    let listener = TcpListener::bind(listen).await.map_err(cannot_listen)?;
    let bound = listener.local_addr().map_err(cannot_listen)?;
    // A thread of its own, with limits of its own: it also answers when clients keep this runtime busy.
    // It also has what the system knows of the process; what tokio knows of its workers is added here.
    let metrics = caas_metrics::serve(admin).map_err(|error| format!("no metrics: {error}"))?;
    let _runtime = caas_metrics::tokio::register("main", &Handle::current());
    let signal = stop_signal().map_err(|error| format!("cannot wait for signals: {error}"))?;
    // The output may be closed. The service runs without it.
    let _ = writeln!(
        io::stdout(),
        "{name}: listening on http://{bound}\n{name}: metrics on http://{}/metrics",
        metrics.local_addr()
    );

    // Each connection holds a receiver, so it also shows when all have ended.
    let stop = watch::Sender::new(false);
    let accepting = accept(&listener, &stop, router);
    tokio::select! {
        () = accepting => {} // never ends, but lets go of the routes here
        () = signal => {}
    }
    drop(listener);
    let end = async {
        stop.send_replace(true);
        stop.closed().await; // when the requests under way have ended
        finish.await;
    };
    let ended = timeout(GRACE, end).await;
    ended.map_err(|_| format!("what was not done after {GRACE:?} was cut off"))
}

/// Accepts connections and serves each in a task of its own.
async fn accept(listener: &TcpListener, stop: &watch::Sender<bool>, router: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(NEXT_REQUEST);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // The client has left already, or there is no file descriptor for it.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut stop = stop.subscribe();
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            let stops = async { drop(stop.wait_for(|stop| *stop).await) };
            // An error is the client's: it has left, was too slow, or does not speak HTTP.
            tokio::select! {
                _ = connection.as_mut() => return,
                () = stops => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        });
    }
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
