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
    /// Whether a call with this ending counts. If the ending is unknown, the call may have been `ok` or
    /// `err`, so it counts only if both do.
    #[inline]
    pub(super) fn has<E>(self, exit: &Exit<'_, E>) -> bool {
        let asked = match exit {
            Exit::Ok => endings::OK,
            Exit::Err(_) => endings::ERR,
            Exit::Panic => endings::PANIC,
            Exit::Cancelled => endings::CANCELLED,
            Exit::Unknown => endings::OK_ERR,
        };
        self.0 & asked.0 == asked.0
    }

    /// Whether the outcome with this number is one of them.
    pub(crate) fn has_outcome(self, outcome: super::Outcome) -> bool {
        self.0 >> outcome as u8 & 1 == 1
    }
}

/// Each set that a function or its `on(…)` can have, named after its endings in their order.
///
/// Expansions name one of these and compute nothing: each call in a constant costs the compiler time,
/// for every annotated function.
#[doc(hidden)]
pub mod endings {
    use super::{Ending, On};

    macro_rules! sets {
        ($($name:ident: $($ending:ident)*;)*) => {$(
            pub const $name: On = On(0 $(| Ending::$ending.bit())*);
        )*};
    }

    sets! {
        NONE: ;
        OK: Ok;
        ERR: Err;
        OK_ERR: Ok Err;
        PANIC: Panic;
        OK_PANIC: Ok Panic;
        ERR_PANIC: Err Panic;
        OK_ERR_PANIC: Ok Err Panic;
        CANCELLED: Cancelled;
        OK_CANCELLED: Ok Cancelled;
        ERR_CANCELLED: Err Cancelled;
        OK_ERR_CANCELLED: Ok Err Cancelled;
        PANIC_CANCELLED: Panic Cancelled;
        OK_PANIC_CANCELLED: Ok Panic Cancelled;
        ERR_PANIC_CANCELLED: Err Panic Cancelled;
        OK_ERR_PANIC_CANCELLED: Ok Err Panic Cancelled;
        PANIC_UNKNOWN: Panic Unknown;
    }
}

impl fmt::Debug for On {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = super::Outcome::ALL.into_iter().filter(|outcome| self.has_outcome(*outcome));
        f.debug_set().entries(names).finish()
    }
}
