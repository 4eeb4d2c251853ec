//! Requests of HTTP that go through a layer of `tower`, and the service inside of it.
//!
//! Each contender puts its layer around the same service; the limit is the service alone, so the difference is
//! what a layer costs. Invariant: nothing waits, and nothing is sent.

use std::{
    cell::RefCell,
    collections::HashMap,
    convert::Infallible,
    fmt::Debug,
    future::{Future, Ready, ready},
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use axum::{Router, extract::MatchedPath, routing::get};
use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Full};
use tower_service::Service;

use crate::{contender::each, workload::Request};

/// A body of a request or a response, all of which is there.
pub type Body = Full<Bytes>;

/// Answers at once with the status that the request asks for.
#[derive(Clone)]
pub struct Answers;

impl Service<http::Request<Body>> for Answers {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let mut response = http::Response::new(Full::new(Bytes::from_static(b"a short answer")));
        let status = request.extensions().get::<StatusCode>();
        *response.status_mut() = status.copied().unwrap_or_default();
        black_box(request);
        ready(Ok(response))
    }
}

/// Sends each request to the service and reads the body of its response to the end.
pub fn each_request<S, B>(requests: &[Request<'static>], mut service: S)
where
    S: Service<http::Request<Body>, Response = http::Response<B>, Error: Debug>,
    B: http_body::Body<Error: Debug>,
{
    let mut context = Context::from_waker(Waker::noop());
    each(requests, |request| {
        let answer = pin!(async {
            let response = service.call(of(request)).await.expect("it is answered");
            let mut body = pin!(response.into_body());
            while let Some(frame) = body.frame().await {
                black_box(frame.expect("it is there"));
            }
        });
        assert!(answer.poll(&mut context).is_ready());
    });
}

/// The request as a server and axum's router make it.
fn of(request: &Request<'static>) -> http::Request<Body> {
    let mut made = http::Request::new(Body::default());
    *made.method_mut() = method(request);
    made.headers_mut().insert("content-length", HeaderValue::from_static("0"));
    made.extensions_mut().insert(template(request.path));
    made.extensions_mut().insert(StatusCode::from_u16(request.status).unwrap_or_default());
    made
}

fn method(request: &Request<'_>) -> http::Method {
    use crate::labels::Method;
    match request.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Delete => http::Method::DELETE,
        Method::Patch => http::Method::PATCH,
        // A response to HEAD has no body, and the row is about those that have.
        Method::Head | Method::Options => http::Method::OPTIONS,
        Method::Trace => http::Method::TRACE,
        Method::Connect => http::Method::CONNECT,
    }
}

/// The template of a route, which only a router can make.
fn template(path: &'static str) -> MatchedPath {
    thread_local! {
        static KNOWN: RefCell<HashMap<&'static str, MatchedPath>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| known.entry(path).or_insert_with(|| matched(path)).clone())
}

fn matched(path: &'static str) -> MatchedPath {
    let mut router: Router =
        Router::new().route(path, get(async |path: MatchedPath| axum::Extension(path)));
    let mut request = http::Request::new(axum::body::Body::empty());
    *request.uri_mut() = http::Uri::from_static(path);
    let answer = pin!(router.call(request));
    let Poll::Ready(Ok(response)) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("a router without a layer answers at once");
    };
    response.extensions().get::<MatchedPath>().expect("the handler returns it").clone()
}
