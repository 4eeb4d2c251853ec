//! Tests of what the service counts. They run in parallel, each with values of its own.

use axum::{body::Body, http::Request, response::Response};
use caas_metrics::{assert_metrics, testing, tower::HttpMethod::Post};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::{
    HttpRequestDurationSeconds, HttpRequestsInFlight, HttpRequestsTotal, OrdersTotal, Outcome,
    Reason, app, order,
};

const ORDERS: &str = "/orders/{item}";

async fn post(path: &str) -> Response {
    let request = Request::post(path).body(Body::empty()).unwrap();
    app().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn an_order_is_counted_by_how_it_ended() {
    let _metrics = testing::isolate();
    let item = |item: &str| axum::extract::Path(item.to_owned());
    assert_eq!(order(item("tea")).await, Ok("on its way\n"));
    order(item("coffee")).await.unwrap_err();
    order(item("coffee")).await.unwrap_err();
    assert_metrics! {
        OrdersTotal { outcome: Outcome::Ok, reason: Reason::None } => 1,
        OrdersTotal { outcome: Outcome::Err, reason: Reason::SoldOut } => 2,
        OrdersTotal { outcome: Outcome::Err, reason: Reason::Unknown } => 0,
    }
}

// The tasks of all workers belong to the test, too.
#[tokio::test(flavor = "multi_thread")]
async fn clients_are_counted_by_what_they_get() {
    let _metrics = testing::isolate();
    let response = tokio::spawn(post("/orders/tea")).await.unwrap();
    assert_metrics! { HttpRequestsInFlight => 1 } // until the client has the body
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "on its way\n");
    post("/orders/milk").await;
    post("/nothing").await;
    assert_metrics! {
        HttpRequestsTotal { method: Post, route: ORDERS, status: 200 } => 1,
        HttpRequestsTotal { method: Post, route: ORDERS, status: 404 } => 1,
        HttpRequestsTotal { method: Post, route: "unmatched", status: 404 } => 1,
        HttpRequestDurationSeconds { method: Post, route: ORDERS } => count 2,
        HttpRequestsInFlight => 0,
    }
}

#[test]
fn the_page_says_which_build_runs() {
    let build = testing::snapshot();
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        build.to_string().contains(&format!("shop_build_info{{version=\"{version}\"")),
        "{build}"
    );
}
