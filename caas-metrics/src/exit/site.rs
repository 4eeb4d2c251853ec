//! How a guard finds the child of its label set: at each call, or at the first one only.
//!
//! Not here: what guards do with it (`guard.rs`). Invariant: a child that was kept is used only
//! while it lives.

use std::sync::OnceLock;

use crate::{
    child::{Child, Handle, Kept},
    family::{LabelSet, resolve},
};

/// Finds the child of a guard's label set.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait Find {
    fn child<L: LabelSet>(self, set: &L) -> Child<L::Static>;
}

/// Looks it up.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct EachCall;

impl Find for EachCall {
    #[inline]
    fn child<L: LabelSet>(self, set: &L) -> Child<L::Static> {
        resolve(set).child()
    }
}

/// Remembers the child of a site whose labels are all literals: a site has one family, also in
/// generic code, so it is always the same. Once removed, it is looked up at each call.
#[doc(hidden)]
#[derive(Default)]
pub struct SiteChild(OnceLock<Kept>);

impl SiteChild {
    #[must_use]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    #[cold]
    #[inline(never)]
    fn look_up<L: LabelSet>(&self, set: &L) -> Child<L::Static> {
        let kept = resolve(set).kept();
        // The overflow child is right only while the family is full.
        if !L::family().index().is_overflow(kept.0) {
            let _ = self.0.set(kept);
        }
        Handle::new(kept)
    }
}

impl Find for &SiteChild {
    #[inline]
    fn child<L: LabelSet>(self, set: &L) -> Child<L::Static> {
        if L::PLAN.is_fixed() {
            return resolve(set).child();
        }
        match self.0.get() {
            Some(kept) if L::family().index().is(kept.0) => Handle::new(*kept),
            _ => self.look_up(set),
        }
    }
}
