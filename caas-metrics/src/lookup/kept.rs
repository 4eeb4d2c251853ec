//! A child that was found before: what handles and guards keep.
//!
//! Not here: how it was found (`lookup.rs`). Invariant: in another isolation than that where it was found, it
//! stands for the child of the same label values there, as long as that lives.

use super::{Reach, create, place};
use crate::{
    family::LabelSet,
    isolation::Origin,
    storage::{
        cells::Cells,
        update::{self, At},
    },
};

/// A child that was found before.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    at: At,
    origin: Origin,
}

impl Kept {
    /// One that was found here, and is not used in another isolation.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn found<L: LabelSet>(at: At) -> Self {
        Self { at, origin: Origin::here::<L>() }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn made(at: At, origin: Origin) -> Self {
        Self { at, origin }
    }

    /// The child here.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn here<L: LabelSet>(self) -> At {
        self.origin.bring::<L>(self.at, |values| {
            let found = update::find::<L>(values, place::<L>(values));
            found.or_else(|| create::<L>(values)).unwrap_or(At::NOWHERE)
        })
    }
}

impl<L: LabelSet> Reach<L> for Kept {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn cells(&self) -> Option<Cells<L>> {
        update::known(self.here::<L>())
    }

    #[inline]
    fn located(&self) -> Option<(Cells<L>, At)> {
        update::located(self.here::<L>())
    }

    #[inline]
    fn at(&self) -> Option<At> {
        Some(self.here::<L>())
    }

    #[inline]
    fn origin(&self) -> Origin {
        self.origin.moved::<L>()
    }
}
