//! A program without isolations: everything counts for the program.
//!
//! Invariant: nothing here has a size, and nothing is left of it in machine code.

/// What counts here. A guard that must count where it was made keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Isolation;

/// Until it is dropped, its thread is there.
#[derive(Debug)]
pub(crate) struct Entered;

impl Isolation {
    /// That of the calling thread.
    #[inline]
    pub(crate) const fn current() -> Self {
        Self
    }

    /// Takes it out of a guard that is forgotten.
    #[inline]
    #[allow(clippy::unused_self, reason = "with the feature `testing` it is needed")]
    pub(crate) const fn take(&mut self) -> Self {
        Self
    }

    /// Runs a closure there.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[allow(clippy::unused_self, reason = "with the feature `testing` it is needed")]
    pub(crate) fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        work()
    }

    /// Brings the thread there.
    #[inline]
    #[allow(clippy::unused_self, reason = "with the feature `testing` it is needed")]
    pub(crate) const fn enter(&self) -> Entered {
        Entered
    }
}

/// What stands for a static here.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) const fn here<T>(of: &'static T) -> &'static T {
    of
}

/// Whether the thread is in an isolation.
#[inline]
pub(crate) const fn is_isolated() -> bool {
    false
}

/// Does what each isolation needs once. The program has it done already.
#[inline]
pub(crate) fn once(_: impl FnOnce()) {}
