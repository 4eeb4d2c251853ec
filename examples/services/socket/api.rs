//! The HTTP interface.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{State, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::{any, post};
use axum::{Json, Router};
use caas_metrics::{counted, timed};
use serde_json::{Value, json};

use crate::connections::Connections;
use crate::refusal::Refusal;
use crate::service;

pub fn router(connections: Arc<Connections>) -> Router {
    let routes = Router::new().route("/connect", any(connect)).route("/deliver", post(deliver));
    service::router(routes.with_state(connections))
}

/// Clients connect here. The extractor refuses a request that is not a WebSocket handshake.
async fn connect(
    State(connections): State<Arc<Connections>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    upgrade.on_upgrade(async move |socket| {
        connections.serve(socket).await;
    })
}

/// The gateway delivers messages here.
#[timed]
#[counted]
async fn deliver(
    State(connections): State<Arc<Connections>>,
    message: Result<Json<Value>, JsonRejection>,
) -> Result<Json<Value>, Refusal> {
    let Json(message) = message?;
    let receivers = connections.deliver(message.to_string().into());
    Ok(Json(json!({ "connections": receivers })))
}
