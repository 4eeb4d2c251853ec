//! Sets of endings: which calls a guard counts, and which a function can have.
//!
//! Generated code names the endings; only the model says which bits they are.

use core::fmt;

use caas_metrics_model::Ending;

use super::Exit;

/// Some of the ways in which a call can end.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct On(u8);

impl On {
    pub const NONE: Self = Self(0);
    pub const OK: Self = Self(Ending::Ok.bit());
    pub const ERR: Self = Self(Ending::Err.bit());
    pub const PANIC: Self = Self(Ending::Panic.bit());
    pub const CANCELLED: Self = Self(Ending::Cancelled.bit());
    pub const UNKNOWN: Self = Self(Ending::Unknown.bit());

    /// The call returned a value, whatever the value says.
    pub const RETURNED: Self = Self::OK.or(Self::ERR);
    /// The call ended without a value.
    pub const DROPPED: Self = Self::PANIC.or(Self::CANCELLED);
    pub const ALL: Self = Self::RETURNED.or(Self::DROPPED);

    /// These endings or those.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a call with this ending counts. If the ending is unknown, the call may have been `ok` or
    /// `err`, so it counts only if both do.
    #[inline]
    pub(super) fn has<E>(self, exit: &Exit<'_, E>) -> bool {
        let asked = match exit {
            Exit::Ok => Self::OK,
            Exit::Err(_) => Self::ERR,
            Exit::Panic => Self::PANIC,
            Exit::Cancelled => Self::CANCELLED,
            Exit::Unknown => Self::RETURNED,
        };
        self.0 & asked.0 == asked.0
    }

    /// Whether the outcome with this number is one of them.
    pub(crate) fn has_outcome(self, outcome: super::Outcome) -> bool {
        self.0 >> outcome as u8 & 1 == 1
    }
}

impl fmt::Debug for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = super::Outcome::ALL.into_iter().filter(|outcome| self.has_outcome(*outcome));
        f.debug_set().entries(names).finish()
    }
}
