//! Makes charges with the payment provider.

use std::time::Duration;

use caas_metrics::{counted, timed};
use serde::Deserialize;

use crate::arrears::Arrears;
use crate::metrics::{ChargeDurationSeconds, ChargesTotal};

/// What a tenant owes.
#[derive(Deserialize)]
pub struct Charge {
    pub tenant_id: String,
    pub cents: u32,
}

/// Why a charge is not made.
#[derive(Debug)]
pub enum Refused {
    /// The tenant cannot pay.
    Declined,
    /// The provider has failed.
    Unavailable,
}

/// Makes charges, and remembers the tenants to refuse from then on.
pub async fn settle(charge: &Charge, arrears: &Arrears) {
    match charge_tenant(charge).await {
        // A real service would try again if the provider has failed.
        Ok(()) | Err(Refused::Unavailable) => {}
        Err(Refused::Declined) => arrears.add(&charge.tenant_id),
    }
}

/// Stands in for a payment provider. Tenants called `broke…` cannot pay, and for those called
/// `unlucky…` it fails.
#[timed(ChargeDurationSeconds)]
#[counted(ChargesTotal { outcome: _ })]
async fn charge_tenant(charge: &Charge) -> Result<(), Refused> {
    tokio::time::sleep(Duration::from_millis(2)).await;
    match charge.tenant_id.as_str() {
        tenant if tenant.starts_with("broke") && charge.cents > 0 => Err(Refused::Declined),
        tenant if tenant.starts_with("unlucky") => Err(Refused::Unavailable),
        _ => Ok(()),
    }
}
