//! The HTTP interface.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use caas_metrics::{counted, in_flight, timed};
use serde_json::{Value, json};

use crate::messages::{MAX_TEXT_CHARS, MAX_WORD_BYTES, Message, NewMessage, Refused};
use crate::neighbours::Neighbours;
use crate::outbox::Outbox;
use crate::queue::Producer;
use crate::refusal::Refusal;
use crate::service;

pub fn router<P>(topic: P, neighbours: Arc<Neighbours>) -> Router
where
    P: Producer<Record = Arc<Message>> + Send + Sync + 'static,
{
    let routes = Router::new()
        .route("/messages", get(list::<P>).post(send::<P>))
        .route("/messages/{id}", get(show::<P>));
    service::router(routes.with_state(Arc::new(Outbox::new(topic, neighbours))))
}

#[timed]
#[counted]
#[in_flight]
async fn send<P>(
    State(outbox): State<Arc<Outbox<P>>>,
    headers: HeaderMap,
    message: Result<Json<NewMessage>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Refusal>
where
    P: Producer<Record = Arc<Message>> + Send + Sync,
{
    let Json(message) = message?;
    let id = outbox.take_in(bearer(&headers), message).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

/// The token of `authorization: Bearer TOKEN`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

#[timed]
async fn list<P>(State(outbox): State<Arc<Outbox<P>>>) -> Response
where
    P: Producer<Record = Arc<Message>>,
{
    let messages = outbox.recent.all();
    let messages: Vec<&Message> = messages.iter().map(Arc::as_ref).collect();
    Json(messages).into_response()
}

#[timed]
#[counted]
async fn show<P>(
    State(outbox): State<Arc<Outbox<P>>>,
    id: Result<Path<u64>, PathRejection>,
) -> Result<Response, Refusal>
where
    P: Producer<Record = Arc<Message>>,
{
    let Path(id) = id?;
    match outbox.recent.find(id) {
        Some(message) => Ok(Json(message.as_ref()).into_response()),
        None => Err(Refusal::new(StatusCode::NOT_FOUND, "no such message, or it is too old")),
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let word =
            |field: &str| format!("{field} must be 1 to {MAX_WORD_BYTES} of A-Z a-z 0-9 - _ .");
        let (status, reason) = match refused {
            Refused::BadTenant => (StatusCode::UNPROCESSABLE_ENTITY, word("tenant_id")),
            Refused::BadType => (StatusCode::UNPROCESSABLE_ENTITY, word("type")),
            Refused::EmptyText => (StatusCode::UNPROCESSABLE_ENTITY, "text is empty".to_owned()),
            Refused::LongText => {
                let reason = format!("text is longer than {MAX_TEXT_CHARS} characters");
                (StatusCode::UNPROCESSABLE_ENTITY, reason)
            }
            Refused::NoToken => {
                (StatusCode::UNAUTHORIZED, "a valid bearer token is missing".to_owned())
            }
            Refused::NotPaid => (StatusCode::PAYMENT_REQUIRED, "the tenant owes money".to_owned()),
            Refused::QueueFull => {
                let reason = "too many messages are waiting; try again";
                (StatusCode::SERVICE_UNAVAILABLE, reason.to_owned())
            }
            Refused::Unavailable => {
                let reason = "a service behind this one gives no answer; try again";
                (StatusCode::SERVICE_UNAVAILABLE, reason.to_owned())
            }
        };
        Self::new(status, reason)
    }
}

impl From<PathRejection> for Refusal {
    fn from(rejection: PathRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}
