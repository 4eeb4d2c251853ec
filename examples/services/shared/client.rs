//! Asks another service: JSON over HTTP, with a time limit.

use std::fmt::Display;
use std::time::Duration;

use axum::http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

type Body = Full<axum::body::Bytes>;

/// A client of one service; it keeps connections open, and clones share them.
#[derive(Clone)]
pub struct Client {
    http: hyper_util::client::legacy::Client<HttpConnector, Body>,
    base: String,
}

/// The service gave no valid answer: it is down, too slow, or broken.
#[derive(Debug)]
pub struct NoAnswer;

impl Client {
    /// A client of the service at `base`, like `http://127.0.0.1:8082`.
    pub fn new(base: impl Display) -> Self {
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
        Self { http: http.build_http(), base: base.to_string().trim_end_matches('/').to_owned() }
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<(StatusCode, Value), NoAnswer> {
        self.send(Method::POST, path, None, body.to_string()).await
    }

    /// Sends any request with a JSON body, even a malformed one; `token` proves who is asking.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: String,
    ) -> Result<(StatusCode, Value), NoAnswer> {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        let mut request = request.header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body)).map_err(|_| NoAnswer)?;
        let exchange = async {
            let response = self.http.request(request).await.map_err(|_| NoAnswer)?;
            let (head, body) = response.into_parts();
            let body =
                Limited::new(body, MAX_ANSWER_BYTES).collect().await.map_err(|_| NoAnswer)?;
            // An answer without JSON, such as `405` of a proxy, still has a status.
            let body = serde_json::from_slice(&body.to_bytes()).unwrap_or(Value::Null);
            Ok((head.status, body))
        };
        tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| NoAnswer)?
    }
}
