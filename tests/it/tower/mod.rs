//! The tower layer: every request is recorded exactly once, by its route's template.

mod bodies;
mod grpc;
mod heads;
mod moments;
mod nested;
mod order;
mod ready;

use std::convert::Infallible;
use std::future::{Future, pending, ready};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use axum::body::Body;
use axum::routing::{get, post};
use axum::{Json, Router};
use caas_metrics::axum::MatchedRoutes;
use caas_metrics::metrics;
use caas_metrics::tower::{Call, MetricsLayer, RequestEnding, UNMATCHED};
use http::{Method, Request, Response, StatusCode};
use tower::{Layer, Service, ServiceExt, service_fn};

type Recorded = (String, String, u16, RequestEnding);

/// Keeps what a layer recorded.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Recorded>>>);

impl Log {
    fn record(&self, call: &Call<'_>) {
        let (method, route) = (call.method().to_string(), call.route().to_owned());
        self.0.lock().unwrap().push((method, route, call.status(), call.ending()));
    }

    fn layer(&self) -> MetricsLayer<MatchedRoutes, impl Fn(&Call<'_>) + Clone + use<>> {
        let log = self.clone();
        caas_metrics::axum::layer(move |call| log.record(call))
    }

    #[track_caller]
    fn assert_is(&self, expected: &[(&str, &str, u16, RequestEnding)]) {
        let owned = |(method, route, status, ending): &(&str, &str, u16, RequestEnding)| {
            ((*method).to_owned(), (*route).to_owned(), *status, *ending)
        };
        assert_eq!(*self.0.lock().unwrap(), expected.iter().map(owned).collect::<Vec<_>>());
    }
}

fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

async fn status(app: &Router, method: Method, path: &str) -> StatusCode {
    app.clone().oneshot(request(method, path)).await.unwrap().status()
}

#[tokio::test]
async fn records_templates_and_what_no_handler_sees() {
    let log = Log::default();
    let nested = Router::new().route("/{id}", get(async || StatusCode::IM_A_TEAPOT));
    let measured = Router::new()
        .route("/messages", post(async |Json(_): Json<Vec<u8>>| "stored"))
        .nest("/api/{tenant}/users", nested)
        .layer(log.layer());
    let app = Router::new().route("/beside", get(async || "not measured")).merge(measured);

    assert_eq!(status(&app, Method::GET, "/api/acme/users/7").await, 418);
    assert_eq!(status(&app, Method::POST, "/messages").await, 415); // no JSON: not the handler's word
    assert_eq!(status(&app, Method::DELETE, "/messages").await, 405);
    assert_eq!(status(&app, Method::GET, "/../etc/passwd").await, 404);
    assert_eq!(status(&app, Method::GET, "/beside").await, 200);
    log.assert_is(&[
        ("GET", "/api/{tenant}/users/{id}", 418, RequestEnding::Answered),
        ("POST", "/messages", 415, RequestEnding::Answered),
        ("DELETE", "/messages", 405, RequestEnding::Answered),
        ("GET", UNMATCHED, 404, RequestEnding::Answered),
    ]);
}

#[tokio::test]
async fn an_own_fallback_is_unmatched_too() {
    let log = Log::default();
    let app = Router::new().fallback(async || StatusCode::GONE).layer(log.layer());
    assert_eq!(status(&app, Method::GET, "/a/path/of/the/client").await, 410);
    log.assert_is(&[("GET", UNMATCHED, 410, RequestEnding::Answered)]);
}

#[tokio::test]
async fn a_panic_is_recorded_once() {
    async fn handler() -> &'static str {
        tokio::task::yield_now().await;
        panic!("on purpose")
    }

    let log = Log::default();
    let app = Router::new().route("/", get(handler)).layer(log.layer());
    let answer = tokio::spawn(async move { status(&app, Method::GET, "/").await }).await;
    assert!(answer.unwrap_err().is_panic());
    log.assert_is(&[("GET", "/", 500, RequestEnding::Panicked)]);
}

#[tokio::test]
async fn a_panic_before_there_is_a_future_is_recorded() {
    async fn never() -> Result<Response<String>, Infallible> {
        pending().await
    }

    let log = Log::default();
    let mut service = log.layer().layer(service_fn(|_: Request<()>| {
        assert!(log.0.lock().unwrap().len() > 9, "on purpose");
        never()
    }));
    let call = std::panic::AssertUnwindSafe(|| drop(service.call(Request::new(()))));
    std::panic::catch_unwind(call).unwrap_err();
    log.assert_is(&[("GET", UNMATCHED, 500, RequestEnding::Panicked)]);
}

#[tokio::test]
async fn a_dropped_request_is_cancelled_polled_or_not() {
    let log = Log::default();
    let mut app = Router::new().route("/slow", get(pending::<()>)).layer(log.layer());

    let unpolled = app.as_service().call(request(Method::GET, "/slow"));
    drop(unpolled);
    log.assert_is(&[]); // axum calls its routes when polled: nothing has begun

    let limit = Duration::from_millis(5);
    let cut_off = tokio::time::timeout(limit, status(&app, Method::GET, "/slow")).await;
    cut_off.unwrap_err();
    log.assert_is(&[("GET", "/slow", 499, RequestEnding::Cancelled)]);

    let mut service = log
        .layer()
        .layer(service_fn(|_: Request<()>| pending::<Result<Response<String>, Infallible>>()));
    drop(service.call(Request::new(())));
    log.assert_is(&[
        ("GET", "/slow", 499, RequestEnding::Cancelled),
        ("GET", UNMATCHED, 499, RequestEnding::Cancelled),
    ]);
}

#[tokio::test]
async fn a_drop_while_another_panic_unwinds_is_cancelled_not_panicked() {
    let log = Log::default();
    let mut app = Router::new().route("/slow", get(pending::<()>)).layer(log.layer());
    let unwinding = std::panic::AssertUnwindSafe(|| {
        let mut waiting = pin!(app.as_service().call(request(Method::GET, "/slow")));
        assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        panic!("on purpose, in somebody else's code");
    });
    std::panic::catch_unwind(unwinding).unwrap_err();
    log.assert_is(&[("GET", "/slow", 499, RequestEnding::Cancelled)]);
}

#[tokio::test]
async fn an_error_is_recorded_and_handed_on() {
    let log = Log::default();
    let service =
        log.layer().layer(service_fn(|_: Request<()>| ready(Err::<Response<String>, _>("no"))));
    assert_eq!(service.oneshot(Request::new(())).await.unwrap_err(), "no");
    log.assert_is(&[("GET", UNMATCHED, 500, RequestEnding::Failed)]);
}

#[tokio::test]
async fn the_time_is_that_of_the_service() {
    let times = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&times);
    let slow = get(async || tokio::time::sleep(Duration::from_millis(20)).await);
    let app = Router::new().route("/", slow).layer(caas_metrics::axum::layer(move |call| {
        kept.lock().unwrap().push(call.elapsed());
    }));
    let before = std::time::Instant::now();
    assert_eq!(status(&app, Method::GET, "/").await, 200);
    let whole = before.elapsed();
    let [time] = times.lock().unwrap()[..] else { panic!("not recorded once") };
    assert!(time >= Duration::from_millis(19), "{time:?}"); // two clocks, so one millisecond of grace
    assert!(time <= whole + Duration::from_millis(1), "{time:?} of {whole:?}");
}

metrics! {
    /// Requests that the layer of this test has seen.
    counter LayeredRequestsTotal { method: &Method, route: &str, status: u16 }

    /// Requests under way in this test.
    gauge LayeredRequestsInFlight;
}

#[tokio::test]
async fn on_start_and_record_keep_a_gauge_of_requests_in_flight() {
    let layer = caas_metrics::axum::layer(|call| {
        LayeredRequestsInFlight.dec();
        let (method, route) = (call.method(), call.route());
        LayeredRequestsTotal { method, route, status: call.status() }.inc();
    });
    let layer = layer.on_start(|start| {
        assert_eq!((start.method(), start.route()), (&Method::PUT, "/{id}"));
        LayeredRequestsInFlight.inc();
    });
    let seen = async || LayeredRequestsInFlight.get().unwrap().to_string();
    let app = Router::new().route("/{id}", axum::routing::put(seen)).layer(layer);

    let response = app.clone().oneshot(request(Method::PUT, "/7")).await.unwrap();
    assert_eq!(axum::body::to_bytes(response.into_body(), 9).await.unwrap(), "1");
    assert_eq!(LayeredRequestsInFlight.get(), Some(0));
    let requests = LayeredRequestsTotal { method: &Method::PUT, route: "/{id}", status: 200 };
    assert_eq!(requests.get(), Some(1));
}
