//! The HTTP interface.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use caas_metrics::{counted, timed};

use crate::arrears::Arrears;
use crate::charges::Charge;
use crate::queue::{Full, Producer};
use crate::refusal::Refusal;
use crate::service;

struct Billing<P> {
    charges: P,
    arrears: Arc<Arrears>,
}

pub fn router<P>(charges: P, arrears: Arc<Arrears>) -> Router
where
    P: Producer<Record = Charge> + Send + Sync + 'static,
{
    let routes = Router::new().route("/charges", post(charge::<P>));
    service::router(routes.with_state(Arc::new(Billing { charges, arrears })))
}

/// Accepts a charge. Whether it can be made is known later.
#[timed]
#[counted]
async fn charge<P>(
    State(billing): State<Arc<Billing<P>>>,
    charge: Result<Json<Charge>, JsonRejection>,
) -> Result<StatusCode, Refusal>
where
    P: Producer<Record = Charge>,
{
    let Json(charge) = charge?;
    if billing.arrears.contains(&charge.tenant_id) {
        let reason = "the last charge of this tenant was declined";
        return Err(Refusal::new(StatusCode::PAYMENT_REQUIRED, reason));
    }
    let tenant = charge.tenant_id.clone();
    let appended = billing.charges.append(&tenant, charge);
    appended.map_err(|Full| {
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too many charges are waiting; try again")
    })?;
    Ok(StatusCode::ACCEPTED)
}
