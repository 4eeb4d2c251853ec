//! Labels that come from heads: of the request, kept to its end, and of the response.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::Extension;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use caas_metrics::tower::{BodyEnding, RequestHead, Start};
use http::{Method, Request, Version};
use tower::ServiceExt;

#[derive(Debug, Clone, PartialEq)]
struct User(&'static str);

fn request() -> Request<Body> {
    let request =
        Request::post("/items/7?all=1").header("x-tenant", "acme").header("x-bytes", &b"\xff"[..]);
    request.header("content-length", "2").body(Body::from("[]")).unwrap()
}

#[tokio::test]
async fn the_start_has_the_whole_head() {
    let seen = Arc::new(Mutex::new(0));
    let count = Arc::clone(&seen);
    let layer = caas_metrics::axum::layer(|_| {}).on_start(move |start| {
        assert_eq!((start.method(), start.route()), (&Method::POST, "/items/{id}"));
        assert_eq!((start.version(), start.uri().path()), (Version::HTTP_11, "/items/7"));
        assert_eq!((start.header("x-tenant"), start.header("x-none")), (Some("acme"), None));
        assert_eq!((start.header("x-bytes"), start.headers().len()), (None, 3));
        assert_eq!(start.extensions().get(), Some(&User("outer")));
        assert_eq!(start.content_length(), Some(2));
        *count.lock().unwrap() += 1;
    });
    let app = Router::new()
        .route("/items/{id}", post(async |Json(_): Json<Vec<u8>>| "stored"))
        .layer(layer)
        .layer(Extension(User("outer")));
    app.oneshot(request()).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), 1);
}

/// Also where no handler is reached: a missing `content-type`.
#[tokio::test]
async fn a_request_head_is_kept_for_all_closures() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (at_head, at_end) = (Arc::clone(&seen), Arc::clone(&seen));
    let layer = caas_metrics::axum::keeping(RequestHead::of)
        .record(move |call| {
            assert_eq!(call.request_header("x-tenant"), Some("acme"));
            assert_eq!(call.request_headers().len(), 3);
            assert_eq!(call.request_extensions().get(), Some(&User("outer")));
            at_head.lock().unwrap().push(call.status());
        })
        .on_end(move |end| {
            assert_eq!(end.kept().header("x-tenant"), Some("acme"));
            assert_eq!((end.version(), end.method()), (Version::HTTP_11, &Method::POST));
            at_end.lock().unwrap().push(end.status());
        });
    let app = Router::new()
        .route("/items/{id}", post(async |Json(_): Json<Vec<u8>>| "stored"))
        .layer(layer)
        .layer(Extension(User("outer")));
    let response = app.oneshot(request()).await.unwrap();
    axum::body::to_bytes(response.into_body(), 999).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [415, 415]);
}

/// What an inner layer or a handler knows, it says in the response's extensions.
#[tokio::test]
async fn the_head_of_the_response_is_seen() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (at_head, at_end) = (Arc::clone(&seen), Arc::clone(&seen));
    let layer = caas_metrics::axum::keeping(|_: &Start<'_>| Cell::new(None))
        .record(move |call| {
            let user = call.response_extensions().and_then(|extensions| extensions.get::<User>());
            assert_eq!(call.response_headers().unwrap()["x-cache"], "hit");
            call.kept().set(user.map(|user| user.0));
            at_head.lock().unwrap().push("head");
        })
        .on_end(move |end| {
            assert_eq!(
                (end.body(), end.ending()),
                (BodyEnding::Aborted, caas_metrics::tower::RequestEnding::Answered)
            );
            at_end.lock().unwrap().push(end.kept().get().unwrap());
        });
    let answer =
        get(async || ([("x-cache", "hit")], Extension(User("inner")), "hello").into_response());
    let app = Router::new().route("/", answer).layer(layer);
    let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["head"]);
    drop(response); // a layer outside that answers something else
    assert_eq!(*seen.lock().unwrap(), ["head", "inner"]);
}

#[test]
fn the_length_of_a_request_is_what_its_head_says() {
    use caas_metrics::tower::{Call, Hooks, MetricsLayer};
    use tower::{Layer, Service, service_fn};

    #[derive(Clone)]
    struct Length(Arc<Mutex<Option<u64>>>);
    impl Hooks for Length {
        type Kept = Option<u64>;
        fn on_start(&self, start: &Start<'_>) -> Option<u64> {
            start.content_length()
        }
        fn record(&self, call: &Call<'_, Option<u64>>) {
            *self.0.lock().unwrap() = *call.kept();
        }
    }

    for (method, version, header, expected) in [
        ("POST", Version::HTTP_11, Some(("content-length", "12")), Some(12)),
        ("POST", Version::HTTP_11, Some(("content-length", "many")), None),
        ("POST", Version::HTTP_11, Some(("transfer-encoding", "chunked")), None),
        ("POST", Version::HTTP_11, None, Some(0)),
        ("POST", Version::HTTP_2, None, None),
        ("POST", Version::HTTP_2, Some(("content-length", "0")), Some(0)),
        ("GET", Version::HTTP_2, None, Some(0)),
    ] {
        let mut request = Request::builder().method(method).version(version);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let seen = Length(Arc::new(Mutex::new(Some(99))));
        let layer = MetricsLayer::with(|_: &http::Extensions| None::<String>, seen.clone());
        let mut service = layer.layer(service_fn(|_: Request<()>| {
            std::future::pending::<Result<http::Response<String>, std::convert::Infallible>>()
        }));
        drop(service.call(request.body(()).unwrap()));
        assert_eq!(*seen.0.lock().unwrap(), expected, "{method} {version:?} {header:?}");
    }
}
