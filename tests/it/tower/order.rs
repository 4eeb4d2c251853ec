//! Other layers, inside of this one and outside.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use caas_metrics::tower::{RequestEnding, UNMATCHED};
use http::{Method, Request};
use tower::{Layer, ServiceExt};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;

use super::moments::Moments;
use super::{Log, request};

async fn boom() -> StatusCode {
    panic!("on purpose, in a handler")
}

fn preflight(path: &str) -> Request<axum::body::Body> {
    let mut request = request(Method::OPTIONS, path);
    request.headers_mut().insert("origin", "https://example.com".parse().unwrap());
    request.headers_mut().insert("access-control-request-method", "GET".parse().unwrap());
    request
}

#[tokio::test]
async fn what_layers_inside_answer_is_seen() {
    let log = Log::default();
    let app = Router::new()
        .route("/boom", get(boom))
        .layer(CatchPanicLayer::new())
        .layer(CorsLayer::permissive())
        .layer(log.layer());
    app.clone().oneshot(preflight("/boom")).await.unwrap();
    app.clone().oneshot(preflight("/nothing")).await.unwrap();
    app.oneshot(request(Method::GET, "/boom")).await.unwrap();
    log.assert_is(&[
        ("OPTIONS", "/boom", 200, RequestEnding::Answered),
        ("OPTIONS", UNMATCHED, 200, RequestEnding::Answered),
        ("GET", "/boom", 500, RequestEnding::Answered),
    ]);
}

#[tokio::test]
async fn what_layers_outside_do_is_not() {
    let moments = Moments::default();
    let app = Router::new()
        .route("/boom", get(boom))
        .layer(moments.layer())
        .layer(CatchPanicLayer::new())
        .layer(CorsLayer::permissive());
    app.clone().oneshot(preflight("/boom")).await.unwrap();
    assert!(moments.lines().is_empty());
    assert_eq!(app.oneshot(request(Method::GET, "/boom")).await.unwrap().status(), 500);
    moments.become_(&["start GET /boom", "head 500 Panicked", "end None, 0 bytes"]).await;
}

/// Layers outside that make bodies of their own ask for a default.
#[tokio::test]
async fn layers_outside_can_make_an_empty_body() {
    let moments = Moments::default();
    let measured =
        moments.layer().layer(tower::service_fn(async |_: Request<axum::body::Body>| {
            Ok::<_, std::convert::Infallible>(http::Response::new(String::from("hello")))
        }));
    let cors = CorsLayer::permissive().layer(measured);
    let response = cors.oneshot(preflight("/")).await.unwrap();
    assert!(
        axum::body::to_bytes(axum::body::Body::new(response.into_body()), 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(moments.lines().is_empty());
}
