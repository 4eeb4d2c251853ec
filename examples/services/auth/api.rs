//! The HTTP interface.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use caas_metrics::{counted, timed};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::logins::{Logins, Refused};
use crate::refusal::Refusal;
use crate::service;

pub fn router() -> Router {
    let routes = Router::new().route("/login", post(login)).route("/verify", post(verify));
    service::router(routes.with_state(Arc::new(Logins::new())))
}

#[derive(Deserialize)]
struct Credentials {
    user: String,
    password: String,
}

#[timed]
#[counted]
async fn login(
    State(logins): State<Arc<Logins>>,
    credentials: Result<Json<Credentials>, JsonRejection>,
) -> Result<Json<Value>, Refusal> {
    let Json(Credentials { user, password }) = credentials?;
    let token = logins.login(&user, &password)?;
    Ok(Json(json!({ "token": token })))
}

#[derive(Deserialize)]
struct Shown {
    token: String,
}

#[timed]
#[counted]
async fn verify(
    State(logins): State<Arc<Logins>>,
    shown: Result<Json<Shown>, JsonRejection>,
) -> Result<Json<Value>, Refusal> {
    let Json(Shown { token }) = shown?;
    match logins.verify(&token) {
        Some(user) => Ok(Json(json!({ "user": user }))),
        None => Err(Refusal::new(StatusCode::UNAUTHORIZED, "this token is not, or no more, valid")),
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            // The answer does not reveal which of the two it is. The metrics do.
            Refused::UnknownUser | Refused::BadPassword => {
                Self::new(StatusCode::UNAUTHORIZED, "wrong user or password")
            }
            Refused::Locked { until } => {
                let seconds = until.saturating_duration_since(Instant::now()).as_secs() + 1;
                let reason = format!("too many wrong passwords; try again in {seconds} s");
                Self::new(StatusCode::LOCKED, reason)
            }
        }
    }
}
