//! Requests through layers with ready-made families.

use std::{
    convert::Infallible,
    fmt::Debug,
    future::{Future, ready},
    pin::pin,
    task::{Context, Waker},
};

use axum::{Router, body::Body, routing::post};
use caas_metrics::tower::{HttpMethod, MetricsLayer};
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::util::MapResponseLayer;
use tower::{Layer, Service, service_fn};

use super::allocations;

caas_metrics::http_metrics! {
    struct HttpMetrics;
}

caas_metrics::grpc_metrics! {
    struct GrpcMetrics;
}

/// The allocations of a request whose response is read to its end, once its series are there.
fn allocations_of_a_request<S, B>(mut service: S, path: &str, content_type: &str) -> usize
where
    S: Service<Request<Body>, Response = Response<B>, Error: Debug>,
    B: BodyExt<Error: Debug>,
{
    let mut once = || {
        let request = Request::post(path).header("content-type", content_type);
        let request = request.header("content-length", "0").body(Body::empty()).unwrap();
        let mut context = Context::from_waker(Waker::noop());
        let answer = pin!(async {
            let body = service.call(request).await.unwrap().into_body();
            let mut body = pin!(body);
            while let Some(frame) = body.frame().await {
                frame.unwrap();
            }
        });
        allocations(|| assert!(answer.poll(&mut context).is_ready()))
    };
    // A duration of another magnitude takes native buckets, once.
    (0..20).map(|_| once()).min().unwrap()
}

pub(super) fn measured_ones_do_not_allocate() {
    let plain = || {
        service_fn(|_: Request<Body>| {
            let response = Response::builder().header("grpc-status", "0");
            ready(Ok::<_, Infallible>(response.body(String::from("hello")).unwrap()))
        })
    };
    let route = |_: &http::Extensions| Some("/messages/{id}");
    let bare = allocations_of_a_request(plain(), "/", "text/plain");
    let http = MetricsLayer::with(route, HttpMetrics).layer(plain());
    assert_eq!(allocations_of_a_request(http, "/messages/7", "text/plain"), bare);
    let bare = allocations_of_a_request(plain(), "/a.B/C", "application/grpc");
    let grpc = GrpcMetrics.layer(plain());
    assert_eq!(allocations_of_a_request(grpc, "/a.B/C", "application/grpc"), bare);
    let handled = GrpcServerHandledTotal {
        grpc_service: "a.B",
        grpc_method: "C",
        grpc_code: caas_metrics::tower::grpc::Code::Ok,
    };
    assert_eq!(handled.get(), Some(20));

    // In axum any layer allocates, and a body of another type takes a box.
    let app = || {
        let routes = Router::new().route("/messages/{id}", post("hello"));
        routes.nest_service(
            "/static",
            service_fn(async |_: Request<Body>| Ok(Response::new(Body::from("file")))),
        )
    };
    let wrapped = || {
        MapResponseLayer::new(|response: Response<Body>| {
            response.map(|body| body.map_err(|error| error))
        })
    };
    for path in ["/messages/7", "/static/file", "/none"] {
        let bare = allocations_of_a_request(app().layer(wrapped()), path, "text/plain");
        let http = allocations_of_a_request(app().layer(HttpMetrics), path, "text/plain");
        assert_eq!(http, bare, "{path}");
    }
    let (method, route) = (HttpMethod::Post, "/static/{*rest}");
    assert_eq!(HttpRequestsTotal { method, route, status: 200 }.get(), Some(20));
}
