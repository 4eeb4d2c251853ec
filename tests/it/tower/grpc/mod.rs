//! gRPC over real connections: services of tonic, on its own server and in an axum router.

mod service;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use caas_metrics::tower::UNMATCHED;
use caas_metrics::tower::grpc::{self, Code};
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tower::{Layer, ServiceExt};

use self::service::{Client, Orders};
use super::moments::{serve, wait_for};
use super::request;

const PLACE: &str = "/shop.v1.Orders/Place";

/// The calls that a layer has seen: service, method and code.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(String, String, Code)>>>);

impl Log {
    fn push(&self, call: &grpc::GrpcCall<'_>) {
        let (service, method) = (call.service().to_owned(), call.method().to_owned());
        self.0.lock().unwrap().push((service, method, call.code()));
    }

    /// Waits for one call and forgets it.
    async fn next(&self) -> (String, String, Code) {
        wait_for(|| !self.0.lock().unwrap().is_empty()).await;
        let mut calls = self.0.lock().unwrap();
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0)
    }
}

/// tonic's own server, with the layer around all its services.
macro_rules! tonic_server {
    ($layer:expr) => {{
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::builder().layer($layer).add_service(Orders);
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        address
    }};
}

/// In this order, since the first calls show that the methods exist.
async fn every_ending(server: SocketAddr, log: &Log, place: &str, list: &str) {
    let orders = |method: &str, code| ("shop.v1.Orders".to_owned(), method.to_owned(), code);
    let mut client = Client::connect(server).await;

    assert_eq!(client.unary(PLACE, "ok").await.unwrap(), "placed");
    assert_eq!(log.next().await, orders(place, Code::Ok));
    assert_eq!(client.unary(PLACE, "not found").await.unwrap_err().code(), tonic::Code::NotFound);
    assert_eq!(log.next().await, orders(place, Code::NotFound));

    let mut stream = client.list("ok").await.unwrap();
    while stream.message().await.unwrap().is_some() {}
    assert_eq!(log.next().await, orders(list, Code::Ok));
    let mut stream = client.list("fail").await.unwrap();
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("first"));
    assert_eq!(stream.message().await.unwrap_err().code(), tonic::Code::DataLoss);
    assert_eq!(log.next().await, orders(list, Code::DataLoss));

    let mut stream = client.list("endless").await.unwrap();
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("first"));
    drop(stream);
    assert_eq!(log.next().await, orders(list, Code::Canceled));
    let waiting = client.unary(PLACE, "wait");
    tokio::time::timeout(Duration::from_millis(200), waiting).await.unwrap_err();
    assert_eq!(log.next().await, orders(place, Code::Canceled));

    // What clients invent has no name, whatever the codes.
    for path in ["/shop.v1.Orders/Steal", "/shop.v1.Nothing/Place", "/x"] {
        assert_eq!(client.unary(path, "ok").await.unwrap_err().code(), tonic::Code::Unimplemented);
        let unmatched = || UNMATCHED.to_owned();
        assert_eq!(log.next().await, (unmatched(), unmatched(), Code::Unimplemented));
    }

    // Last, because a panic ends the connection.
    client.unary(PLACE, "panic").await.unwrap_err();
    assert_eq!(log.next().await, orders(place, Code::Internal));
    let mut client = Client::connect(server).await;
    if let Ok(mut stream) = client.list("panic").await {
        while let Ok(Some(_)) = stream.message().await {}
    }
    assert_eq!(log.next().await, orders(list, Code::Internal));
}

#[tokio::test]
async fn tonics_own_server() {
    let log = Log::default();
    let seen = log.clone();
    let server = tonic_server!(grpc::layer(move |call| seen.push(call)));
    every_ending(server, &log, "Place", "List").await;
}

/// A layer around all routes only counts those of gRPC.
#[tokio::test]
async fn tonic_in_an_axum_router() {
    let log = Log::default();
    let seen = log.clone();
    let app = Routes::new(Orders).into_axum_router().route("/hello", get("hello"));
    let app = app.layer(grpc::layer(move |call| seen.push(call)));
    assert_eq!(super::status(&app, http::Method::GET, "/hello").await, 200);
    every_ending(serve(app).await, &log, "Place", "List").await;
}

caas_metrics::grpc_metrics! {
    namespace = "listed";
    methods = ["/shop.v1.Orders/Place"];

    struct Listed;
}

#[tokio::test]
async fn ready_made_families_with_a_list() {
    let server = tonic_server!(Listed);
    let mut client = Client::connect(server).await;
    let count = |grpc_service, grpc_method, grpc_code| {
        GrpcServerHandledTotal { grpc_service, grpc_method, grpc_code }.get()
    };

    // A method of the list has its name before it has ever answered.
    client.unary(PLACE, "panic").await.unwrap_err();
    let mut client = {
        drop(client);
        Client::connect(server).await
    };
    wait_for(|| count("shop.v1.Orders", "Place", Code::Internal) == Some(1)).await;
    assert_eq!(count("shop.v1.Orders", "Place", Code::Internal), Some(1));
    // One that is not there has none, although it exists.
    let mut stream = client.list("ok").await.unwrap();
    while stream.message().await.unwrap().is_some() {}
    wait_for(|| count(UNMATCHED, UNMATCHED, Code::Ok) == Some(1)).await;
    assert_eq!(count(UNMATCHED, UNMATCHED, Code::Ok), Some(1));

    let mut stream = client.list("endless").await.unwrap();
    stream.message().await.unwrap();
    assert_eq!(GrpcServerCallsInFlight.get(), Some(1));
    drop(stream);
    wait_for(|| GrpcServerCallsInFlight.get() == Some(0)).await;
    assert_eq!(GrpcServerCallsInFlight.get(), Some(0));
    let unmatched = GrpcServerHandlingSeconds { grpc_service: UNMATCHED, grpc_method: UNMATCHED };
    assert_eq!(unmatched.get().unwrap().count(), 2);
}

/// A layer that is given no name, and names that nobody else uses, since all such layers learn them together.
#[tokio::test]
async fn names_are_learned_from_answers_of_the_server() {
    use std::convert::Infallible;

    let answer = |code: &'static str| {
        tower::service_fn(move |_: http::Request<axum::body::Body>| {
            let response = http::Response::builder().header("grpc-status", code);
            std::future::ready(Ok::<_, Infallible>(response.body(String::new()).unwrap()))
        })
    };
    let log = Log::default();
    for (path, code, named) in [
        ("/learned.A/B", "16", UNMATCHED), // somebody may say so who knows no methods
        ("/learned.A/B", "12", UNMATCHED),
        ("/learned.A/B", "5", "learned.A"),
        ("/learned.A/B", "16", "learned.A"),
        ("/learned.A/B", "12", "learned.A"),
        ("/learned.A/C?d=e", "0", "learned.A"),
        ("/learned A/C", "0", UNMATCHED),
    ] {
        let seen = log.clone();
        let service = grpc::layer(move |call| seen.push(call)).layer(answer(code));
        let mut request = request(http::Method::POST, &path.replace(' ', "%20"));
        let content_type = "application/grpc+proto".parse().unwrap();
        request.headers_mut().insert("content-type", content_type);
        service.oneshot(request).await.unwrap();
        let (service, _, seen) = log.next().await;
        assert_eq!(
            (service.as_str(), seen),
            (named, Code::from_number(code.parse().unwrap())),
            "{path}"
        );
    }
}

/// Responses that are not gRPC at all: of a proxy, or of another route.
#[tokio::test]
async fn without_a_code_the_status_of_http_counts() {
    let log = Log::default();
    for (status, code) in [
        (400, Code::Internal),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (429, Code::Unavailable),
        (503, Code::Unavailable),
        (500, Code::Unknown),
        (200, Code::Unknown),
    ] {
        let seen = log.clone();
        let app = Router::new()
            .fallback(async move || http::StatusCode::from_u16(status).unwrap())
            .layer(grpc::layer(move |call| seen.push(call)));
        let mut request = request(http::Method::POST, "/proxied.A/B");
        request.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
        app.oneshot(request).await.unwrap();
        assert_eq!(log.next().await, (UNMATCHED.to_owned(), UNMATCHED.to_owned(), code));
    }
    let web = |content_type: &'static str| {
        let mut request = request(http::Method::POST, "/proxied.A/B");
        request.headers_mut().insert("content-type", content_type.parse().unwrap());
        request
    };
    for content_type in ["application/grpc-web", "application/json", "application/grpcish"] {
        let seen = log.clone();
        let app = Router::<()>::new().layer(grpc::layer(move |call| seen.push(call)));
        app.oneshot(web(content_type)).await.unwrap();
    }
    assert!(log.0.lock().unwrap().is_empty());
}
