//! What a layer sees of requests, as lines, and real servers and clients.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use caas_metrics::axum::MatchedRoutes;
use caas_metrics::tower::{Hooks, MetricsLayer};
use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// The moments of all requests, in order: `start GET /x`, `head 200 Answered`, `end Complete, 5 bytes`.
#[derive(Clone, Default)]
pub(super) struct Moments(Arc<Mutex<Vec<String>>>);

impl Moments {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    pub(super) fn layer(
        &self,
    ) -> MetricsLayer<MatchedRoutes, impl Hooks<Kept = ()> + Clone + Send + Sync + use<>> {
        let [start, head, end] = [self.clone(), self.clone(), self.clone()];
        caas_metrics::axum::layer(move |call| {
            head.push(format!("head {} {:?}", call.status(), call.ending()));
        })
        .on_start(move |begun| start.push(format!("start {} {}", begun.method(), begun.route())))
        .on_end(move |ended| {
            assert!(ended.elapsed() >= ended.time_to_head());
            let trailers =
                ended.trailers().map_or(String::new(), |trailers| format!(", {trailers:?}"));
            end.push(format!("end {:?}, {} bytes{trailers}", ended.body(), ended.bytes()));
        })
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits for these lines, forgets them, and makes sure that there are no others.
    #[track_caller]
    pub(super) fn become_(&self, expected: &[&str]) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            wait_for(|| self.lines().len() >= expected.len()).await;
            let lines = std::mem::take(&mut *self.0.lock().unwrap());
            assert_eq!(lines, expected, "at {caller}");
        }
    }
}

/// Waits for something that happens elsewhere.
pub(super) async fn wait_for(mut happens: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if happens() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A server with HTTP/1 and HTTP/2.
pub(super) async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

pub(super) fn client(is_http2: bool) -> Client<HttpConnector, Body> {
    Client::builder(TokioExecutor::new()).http2_only(is_http2).build_http()
}

pub(super) async fn send(
    client: &Client<HttpConnector, Body>,
    server: SocketAddr,
    method: Method,
    path: &str,
) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
    let request = Request::builder().method(method).uri(format!("http://{server}{path}"));
    client.request(request.body(Body::empty()).unwrap()).await
}
