//! The ready-made families of HTTP.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Extension;
use axum::routing::{get, post};
use axum::{Json, Router};
use caas_metrics::tower::{HttpMethod, UNMATCHED};
use caas_metrics::{Format, Label, registry};
use http::{Method, Request};
use tower::ServiceExt;

use super::{request, status};

async fn read(app: &Router, request: Request<Body>) -> u16 {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    axum::body::to_bytes(response.into_body(), 999).await.unwrap();
    status.as_u16()
}

#[tokio::test]
async fn one_line_measures_a_router() {
    caas_metrics::http_metrics! {
        namespace = "ready";

        /// All that the test asks for.
        pub(crate) struct HttpMetrics;
    }

    let hello = async || HttpRequestsInFlight.get().unwrap().to_string();
    let app = Router::new()
        .route("/hello/{id}", get(hello))
        .route("/items", post(async |Json(_): Json<Vec<u8>>| "stored"))
        .layer(HttpMetrics);
    assert_eq!(read(&app, request(Method::GET, "/hello/7")).await, 200);
    assert_eq!(read(&app, request(Method::GET, "/wp-admin.php")).await, 404);
    assert_eq!(read(&app, request(Method::from_bytes(b"BREW").unwrap(), "/hello/7")).await, 405);
    let items = Request::post("/items").header("content-type", "application/json");
    let items = items.header("content-length", "4").body(Body::from("[12]")).unwrap();
    assert_eq!(read(&app, items).await, 200);

    let count = |method, route, status| HttpRequestsTotal { method, route, status }.get();
    assert_eq!(count(HttpMethod::Get, "/hello/{id}", 200), Some(1));
    assert_eq!(count(HttpMethod::Get, UNMATCHED, 404), Some(1));
    assert_eq!(count(HttpMethod::Other, "/hello/{id}", 405), Some(1));
    let (method, route) = (HttpMethod::Post, "/items");
    assert_eq!(count(method, route, 200), Some(1));
    assert_eq!(HttpRequestDurationSeconds { method, route }.get().unwrap().count(), 1);
    assert_eq!(HttpRequestSizeBytes { method, route }.get().unwrap().sum, 4.0);
    assert_eq!(HttpResponseSizeBytes { method, route }.get().unwrap().sum, 6.0);
    assert_eq!(HttpRequestsInFlight.get(), Some(0));

    let mut page = Vec::new();
    registry().encode(Format::Text, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    for line in [
        "ready_http_requests_total{method=\"other\",route=\"/hello/{id}\",status=\"405\"} 1",
        "ready_http_request_duration_seconds_count{method=\"GET\",route=\"/hello/{id}\"} 1",
        "ready_http_requests_in_flight 0",
        "ready_http_response_size_bytes_bucket{method=\"GET\",route=\"/hello/{id}\",le=\"100.0\"} 1",
    ] {
        assert!(page.contains(line), "{line}");
    }
}

/// The layer without a declaration. Its families have no namespace, so only one test can have it.
#[tokio::test]
async fn the_layer_is_an_expression() {
    let app = Router::new().route("/", get("hello")).layer(caas_metrics::http_metrics!());
    assert_eq!(status(&app, Method::GET, "/").await, 200);
    let families = registry().gather();
    let total = families.iter().find(|family| family.name == "http_requests_total").unwrap();
    assert_eq!(total.children.len(), 1);
}

#[derive(Label, Clone, Copy)]
enum Api {
    V1,
    V2,
    #[label(other)]
    Other,
}

caas_metrics::http_metrics! {
    namespace = "ready_labelled";

    struct Labelled {
        api: Api = |start| Api::from_label(start.header("x-api").unwrap_or_default()),
        tenant: Arc<str> = |start| start.extensions().get().map_or_else(|| "none".into(), Arc::clone),
    }
}

#[tokio::test]
async fn labels_of_ones_own_come_from_the_request() {
    let app = Router::new()
        .route("/", get("hello"))
        .layer(Labelled)
        .layer(Extension(Arc::<str>::from("acme")));
    let request = Request::get("/").header("x-api", "v2").body(Body::empty()).unwrap();
    assert_eq!(read(&app, request).await, 200);
    let (method, route, tenant) = (HttpMethod::Get, "/", Arc::<str>::from("acme"));
    let total =
        HttpRequestsTotal { method, route, status: 200, api: Api::V2, tenant: Arc::clone(&tenant) };
    assert_eq!(total.get(), Some(1));
    let duration = HttpRequestDurationSeconds { method, route, api: Api::V2, tenant };
    assert_eq!(duration.get().unwrap().count(), 1);
    assert_eq!(HttpResponseSizeBytes { method, route }.get().unwrap().count(), 1);
}
