//! Bodies over real connections: complete, aborted, failed, with trailers, or not sent at all.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tokio::io::AsyncWriteExt;

use super::moments::{Moments, client, send, serve, wait_for};

async fn events() -> Body {
    Body::from_stream(stream::iter(0..3).then(async |n| {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok::<_, Infallible>(format!("data: {n}\n\n"))
    }))
}

/// The first events of a stream that never ends.
async fn endless() -> Body {
    let first = stream::once(async { Ok::<_, Infallible>("first") });
    Body::from_stream(first.chain(stream::pending()))
}

async fn with_length() -> Response {
    let parts = stream::iter(["four", "more"]).map(Ok::<_, Infallible>);
    ([("content-length", "8")], Body::from_stream(parts)).into_response()
}

async fn failing() -> Body {
    let parts = [Ok("some"), Err(io::Error::other("no more"))];
    Body::from_stream(stream::iter(parts))
}

async fn panicking() -> Body {
    let first = stream::once(async { Ok::<_, Infallible>("some") });
    Body::from_stream(first.chain(stream::once(async {
        tokio::task::yield_now().await;
        panic!("on purpose, in a body")
    })))
}

async fn with_trailers() -> Body {
    let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "7".parse().unwrap())]);
    let frames = [Frame::data(Bytes::from_static(b"seven")), Frame::trailers(trailers)];
    Body::new(StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>))))
}

fn app(moments: &Moments) -> Router {
    Router::new()
        .route("/text", get("hello"))
        .route("/empty", get(()))
        .route("/events", get(events))
        .route("/endless", get(endless))
        .route("/with-length", get(with_length))
        .route("/failing", get(failing))
        .route("/panicking", get(panicking))
        .route("/trailers", get(with_trailers))
        .route("/no-content", get((StatusCode::NO_CONTENT, "not sent")))
        .route("/not-modified", get((StatusCode::NOT_MODIFIED, "not sent")))
        .route("/slow", get(std::future::pending::<()>))
        .layer(moments.layer())
}

#[tokio::test]
async fn a_body_that_is_sent_is_complete() {
    let moments = Moments::default();
    let server = serve(app(&moments)).await;
    for is_http2 in [false, true] {
        let client = client(is_http2);
        for (method, path, status, bytes) in [
            (Method::GET, "/text", 200, 5),
            (Method::GET, "/empty", 200, 0),
            (Method::GET, "/events", 200, 27),
            (Method::GET, "/with-length", 200, 8),
            // There is no body, whatever the handler returns.
            (Method::HEAD, "/text", 200, 0),
            (Method::HEAD, "/endless", 200, 0),
            (Method::GET, "/no-content", 204, 0),
            (Method::GET, "/not-modified", 304, 0),
        ] {
            let response = send(&client, server, method.clone(), path).await.unwrap();
            let received = response.into_body().collect().await.unwrap().to_bytes().len();
            // hyper sends the bodies of a 204 and a 304 over HTTP/2. What is sent is counted.
            let is_sent_nevertheless = is_http2 && status != 200;
            assert!(received == bytes || is_sent_nevertheless, "{received} of {method} {path}");
            let start = format!("start {method} {path}");
            let head = format!("head {status} Answered");
            moments.become_(&[&start, &head, &format!("end Complete, {received} bytes")]).await;
        }
    }
}

#[tokio::test]
async fn trailers_are_seen() {
    let moments = Moments::default();
    let server = serve(app(&moments)).await;
    let response = send(&client(true), server, Method::GET, "/trailers").await.unwrap();
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["x-sum"], "7");
    let end = "end Complete, 5 bytes, {\"x-sum\": \"7\"}";
    moments.become_(&["start GET /trailers", "head 200 Answered", end]).await;
}

#[tokio::test]
async fn a_client_that_leaves_aborts_the_body() {
    let moments = Moments::default();
    let server = serve(app(&moments)).await;
    for is_http2 in [false, true] {
        let client = client(is_http2);
        let mut response = send(&client, server, Method::GET, "/endless").await.unwrap();
        let first = response.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(first, "first");
        assert_eq!(moments.lines(), ["start GET /endless", "head 200 Answered"]);
        drop(response);
        drop(client);
        let end = "end Aborted, 5 bytes";
        moments.become_(&["start GET /endless", "head 200 Answered", end]).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_the_head_cancels_the_request() {
    let moments = Moments::default();
    let server = serve(app(&moments)).await;

    let mut connection = tokio::net::TcpStream::connect(server).await.unwrap();
    connection.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    wait_for(|| moments.lines().len() == 1).await;
    drop(connection);
    moments.become_(&["start GET /slow", "head 499 Cancelled", "end None, 0 bytes"]).await;

    // Over HTTP/2 the stream is reset, and the connection stays.
    let client = client(true);
    let waiting = send(&client, server, Method::GET, "/slow");
    tokio::time::timeout(Duration::from_millis(200), waiting).await.unwrap_err();
    moments.become_(&["start GET /slow", "head 499 Cancelled", "end None, 0 bytes"]).await;
}

#[tokio::test]
async fn a_body_can_fail_or_panic() {
    let moments = Moments::default();
    let server = serve(app(&moments)).await;
    for (path, end) in
        [("/failing", "end Failed, 4 bytes"), ("/panicking", "end Panicked, 4 bytes")]
    {
        // The connection may be closed before the head has been written.
        if let Ok(response) = send(&client(false), server, Method::GET, path).await {
            response.into_body().collect().await.unwrap_err();
        }
        moments.become_(&[&format!("start GET {path}"), "head 200 Answered", end]).await;
    }
}

/// The handshake ends the request; the socket is no part of it.
#[tokio::test]
async fn a_websocket_is_its_handshake() {
    let moments = Moments::default();
    let socket = any(async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| while socket.recv().await.is_some() {})
    });
    let server = serve(Router::new().route("/socket", socket).layer(moments.layer())).await;
    let url = format!("ws://{server}/socket");
    let (open, _) = tokio_tungstenite::connect_async(&url).await.unwrap();
    moments.become_(&["start GET /socket", "head 101 Answered", "end Complete, 0 bytes"]).await;
    drop(open);
}

/// What is not axum: any service of hyper, whose own body is wrapped.
#[tokio::test]
async fn a_service_of_hyper_is_measured() {
    use caas_metrics::tower::{BodyEnding, MetricsLayer};
    use http_body_util::Full;
    use hyper_util::rt::TokioIo;
    use hyper_util::service::TowerToHyperService;
    use tower::Layer;

    let (ended, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let layer = MetricsLayer::new(|_: &http::Extensions| Some("all"), |_: &_| {})
        .on_end(move |end| ended.send((end.route().to_owned(), end.body(), end.bytes())).unwrap());
    let service =
        layer.layer(tower::service_fn(async |_: http::Request<hyper::body::Incoming>| {
            Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from_static(b"plain"))))
        }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(service);
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(connection), service)
            .await
    });
    let response = send(&client(false), server, Method::GET, "/anything").await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "plain");
    assert_eq!(ends.recv().await, Some(("all".to_owned(), BodyEnding::Complete, 5)));
}
