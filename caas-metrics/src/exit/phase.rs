//! What a guard knows of its call before it learns the ending.
//!
//! A guard that is dropped has not learnt the ending. Whether the call panicked, was cancelled, or
//! returned unseen follows from the phase that the call was in.

use std::thread::panicking;

use super::{Exit, Outcome};

/// How far a call has come.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Phase {
    /// Its body runs, and the guard will see the value. So only a panic can drop the guard.
    Runs,
    /// Its future is between two polls. If it is dropped, the call is cancelled, even if a panic
    /// elsewhere drops it.
    Rests,
    /// Its value is not looked at. The guard is dropped when the call returns or panics.
    Unseen(Unseen),
}

/// A call whose value is not looked at.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Unseen {
    /// Whether the thread was panicking when the call began: it runs inside a destructor.
    in_panic: bool,
    /// Whether its value cannot be an error.
    is_ok: bool,
}

impl Phase {
    /// The phase of a call whose value is not looked at.
    #[inline]
    #[must_use]
    pub fn unseen() -> Self {
        Self::Unseen(Unseen { in_panic: panicking(), is_ok: false })
    }

    /// The same for a function that cannot return an error.
    #[inline]
    #[must_use]
    pub fn unseen_ok() -> Self {
        Self::Unseen(Unseen { in_panic: panicking(), is_ok: true })
    }

    /// The ending of a call whose guard is dropped now.
    #[inline]
    pub(crate) fn exit<'e, E>(self) -> Exit<'e, E> {
        match self {
            Self::Runs => Exit::Panic,
            Self::Rests => Exit::Cancelled,
            Self::Unseen(Unseen { in_panic: false, .. }) if panicking() => Exit::Panic,
            // In a destructor that runs during a panic, a second panic looks like a return.
            Self::Unseen(Unseen { in_panic: false, is_ok: true }) => Exit::Ok,
            Self::Unseen(_) => Exit::Unknown,
        }
    }

    #[inline]
    pub(crate) fn outcome(self) -> Outcome {
        self.exit::<()>().outcome()
    }
}

/// A guard as the future that it is in sees it.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait Guard {
    /// Sets the phase. Guards that record every call alike ignore it.
    #[inline]
    fn enter(&mut self, _: Phase) {}
}

/// No guard: nothing is recorded of a call that is dropped.
impl Guard for () {}

impl<A: Guard, B: Guard> Guard for (A, B) {
    #[inline]
    fn enter(&mut self, phase: Phase) {
        self.0.enter(phase);
        self.1.enter(phase);
    }
}

impl<G: Guard> Guard for &mut G {
    #[inline]
    fn enter(&mut self, phase: Phase) {
        (**self).enter(phase);
    }
}
