//! The metrics of the billing service.

use caas_metrics::{Exit, FromExit, Label, metrics};

use crate::charges::Refused;

#[path = "../shared/metrics.rs"]
pub mod shared;

/// How a charge ends.
#[derive(Label, Clone, Copy)]
pub enum Outcome {
    Charged,
    Declined,
    Failed,
}

impl FromExit<Refused> for Outcome {
    fn from_exit(exit: Exit<'_, Refused>) -> Self {
        match exit {
            Exit::Ok => Self::Charged,
            Exit::Err(Refused::Declined) => Self::Declined,
            _ => Self::Failed,
        }
    }
}

metrics! {
    namespace = "caas";

    /// Charges by how they ended.
    pub counter ChargesTotal { outcome: Outcome }

    /// Time that the payment provider takes for a charge in seconds.
    #[buckets(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1)]
    pub histogram ChargeDurationSeconds;
}
