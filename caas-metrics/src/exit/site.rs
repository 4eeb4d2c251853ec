//! How a guard finds the child of its label set: at each call, or only at the first.
//!
//! Not here: what guards do with it (`guard.rs`). Invariant: a child that was kept is used only
//! while it lives.

use crate::{
    child::{Child, resolve},
    family::LabelSet,
    isolation::is_isolated,
    lookup::Kept,
    storage::update::{At, Home, Remembered},
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

/// Remembers the child of a site whose labels are all literals. A site has one family, even in generic
/// code, so its child is always the same. If that was removed, it is looked up again, and so it is in an isolation.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct SiteChild(Remembered);

impl SiteChild {
    #[must_use]
    pub const fn new() -> Self {
        Self(Remembered::new())
    }

    #[cold]
    #[inline(never)]
    fn look_up<L: LabelSet>(&self, set: &L) -> Child<L::Static> {
        let child = resolve(set).child();
        let at = child.kept().here::<L::Static>();
        // The overflow child is the right one only while the family is full, so it is not remembered.
        if !at.is_overflow() && at != At::NOWHERE {
            self.0.set(at);
        }
        child
    }
}

impl Find for &SiteChild {
    #[inline]
    fn child<L: LabelSet>(self, set: &L) -> Child<L::Static> {
        if <L as Home>::SHAPE.is_closed() || is_isolated() {
            return resolve(set).child();
        }
        match self.0.get() {
            Some(at) if L::family().index().lives(at) => Child::new(Kept::found::<L::Static>(at)),
            _ => self.look_up(set),
        }
    }
}
