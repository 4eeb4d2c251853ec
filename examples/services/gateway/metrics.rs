//! The metrics of the gateway.

use caas_metrics::{Exit, FromExit, Label, metrics};

use crate::messages::Refused;

#[path = "../shared/metrics.rs"]
pub mod shared;

/// Why a message is refused.
#[derive(Label, Clone, Copy)]
pub enum Reason {
    BadTenant,
    BadType,
    EmptyText,
    LongText,
    NoToken,
    NotPaid,
    QueueFull,
    Unavailable,
}

impl FromExit<Refused> for Reason {
    fn from_exit(exit: Exit<'_, Refused>) -> Self {
        match exit {
            Exit::Err(Refused::BadTenant) => Self::BadTenant,
            Exit::Err(Refused::BadType) => Self::BadType,
            Exit::Err(Refused::EmptyText) => Self::EmptyText,
            Exit::Err(Refused::LongText) => Self::LongText,
            Exit::Err(Refused::NoToken) => Self::NoToken,
            Exit::Err(Refused::NotPaid) => Self::NotPaid,
            Exit::Err(Refused::QueueFull) => Self::QueueFull,
            // The last error. Other endings never get here: the family is updated `on(err)`.
            _ => Self::Unavailable,
        }
    }
}

metrics! {
    namespace = "caas";

    /// Messages sent.
    pub counter MessagesSentTotal { tenant_id: &str, r#type: &str }

    /// Messages refused, without those that could not be read at all.
    pub counter MessagesRefusedTotal { reason: Reason }
}
