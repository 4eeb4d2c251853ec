//! The metrics of the auth service.

use caas_metrics::{Exit, FromExit, Label, metrics};

use crate::logins::Refused;

#[path = "../shared/metrics.rs"]
pub mod shared;

/// How a login ends.
#[derive(Label, Clone, Copy)]
pub enum Outcome {
    Granted,
    Refused,
}

impl<E> FromExit<E> for Outcome {
    fn from_exit(exit: Exit<'_, E>) -> Self {
        match exit {
            Exit::Ok => Self::Granted,
            _ => Self::Refused,
        }
    }
}

/// Why a login is refused.
#[derive(Label, Clone, Copy)]
pub enum Reason {
    UnknownUser,
    BadPassword,
    Locked,
}

impl FromExit<Refused> for Reason {
    fn from_exit(exit: Exit<'_, Refused>) -> Self {
        match exit {
            Exit::Err(Refused::BadPassword) => Self::BadPassword,
            Exit::Err(Refused::Locked { .. }) => Self::Locked,
            // The last error. Other endings never get here: the family is updated `on(err)`.
            _ => Self::UnknownUser,
        }
    }
}

metrics! {
    namespace = "caas";

    /// Logins by how they ended.
    pub counter LoginsTotal { outcome: Outcome }

    /// Logins refused.
    pub counter LoginFailuresTotal { reason: Reason }
}
