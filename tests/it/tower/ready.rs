//! The ready-made families of HTTP.

use axum::Router;
use axum::routing::{get, post};
use caas_metrics::Label;
use caas_metrics::tower::{HttpMethod, UNMATCHED};
use http::{Method, StatusCode};

use super::{request, status};

#[tokio::test]
async fn one_line_measures_a_router() {
    caas_metrics::http_metrics! {
        namespace = "ready";

        struct HttpMetrics;
    }

    let app = Router::new()
        .route(
            "/hello/{id}",
            get(async || {
                assert_eq!(HttpRequestsInFlight.get(), Some(1));
                "hello"
            }),
        )
        .layer(HttpMetrics);
    assert_eq!(status(&app, Method::GET, "/hello/7").await, 200);
    assert_eq!(HttpRequestsInFlight.get(), Some(0));
}
