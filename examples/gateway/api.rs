//! The HTTP interface.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use caas_metrics::tower::Call;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::delivery::{Full, Topic};
use crate::messages::{Message, Recent};
use crate::metrics::{HttpRequestsTotal, Method, RequestDurationSeconds};

const MAX_BODY_BYTES: usize = 16 * 1024;
const MAX_TEXT_CHARS: usize = 1_000;
const MAX_WORD_BYTES: usize = 64;

struct Gateway {
    topic: Topic,
    recent: Recent,
    last_id: AtomicU64,
}

/// The routes with the layer that measures them, and beside them the page for Prometheus, so that
/// scrapes are not counted as requests of clients.
pub fn router(topic: Topic) -> Router {
    let gateway = Gateway { topic, recent: Recent::default(), last_id: AtomicU64::new(0) };
    let measured = Router::new()
        .route("/messages", get(list).post(send))
        .route("/messages/{id}", get(show))
        .fallback(async || Refusal::new(StatusCode::NOT_FOUND, "there is nothing here"))
        .method_not_allowed_fallback(async || {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this method is not allowed here")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(caas_metrics::axum::layer(measure))
        .with_state(Arc::new(gateway));
    caas_metrics::axum::router().merge(measured)
}

/// Called once for each request, however it ends.
fn measure(call: &Call<'_>) {
    let method = Method::from_label(call.method().as_str());
    let path = call.route(); // the template, `/messages/{id}`
    HttpRequestsTotal { method, path, status: call.status() }.inc();
    RequestDurationSeconds { method, path }.observe(call.elapsed());
}

#[derive(Deserialize)]
struct NewMessage {
    tenant_id: String,
    r#type: String,
    text: String,
}

async fn send(
    State(gateway): State<Arc<Gateway>>,
    message: Result<Json<NewMessage>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let Json(NewMessage { tenant_id, r#type, text }) = message?;
    check_word("tenant_id", &tenant_id)?;
    check_word("type", &r#type)?;
    check_text(&text)?;

    let id = gateway.last_id.fetch_add(1, Ordering::Relaxed) + 1;
    let message = Arc::new(Message { id, tenant_id, r#type, text });
    gateway.topic.publish(&message)?;
    gateway.recent.push(message);
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

async fn list(State(gateway): State<Arc<Gateway>>) -> Response {
    let messages = gateway.recent.all();
    let messages: Vec<&Message> = messages.iter().map(Arc::as_ref).collect();
    Json(messages).into_response()
}

async fn show(
    State(gateway): State<Arc<Gateway>>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(id) = id?;
    match gateway.recent.find(id) {
        Some(message) => Ok(Json(message.as_ref()).into_response()),
        None => Err(Refusal::new(StatusCode::NOT_FOUND, "no such message, or it is too old")),
    }
}

/// Tenants and types become open labels, so what may be one is checked. How many there are is
/// bounded by the family's cardinality limit.
fn check_word(field: &str, word: &str) -> Result<(), Refusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if word.is_empty() || word.len() > MAX_WORD_BYTES || !word.bytes().all(allowed) {
        let reason = format!("{field} must be 1 to {MAX_WORD_BYTES} of A-Z a-z 0-9 - _ .");
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, reason));
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "text is empty"));
    }
    if text.chars().count() > MAX_TEXT_CHARS {
        let reason = format!("text is longer than {MAX_TEXT_CHARS} characters");
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, reason));
    }
    Ok(())
}

/// A request that is turned down: a status and `{"error": reason}`.
struct Refusal {
    status: StatusCode,
    reason: String,
}

impl Refusal {
    fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.reason }))).into_response()
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<PathRejection> for Refusal {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<Full> for Refusal {
    fn from(Full: Full) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too many messages are waiting; try again")
    }
}
