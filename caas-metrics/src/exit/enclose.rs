//! What an enclosed body needs: it runs once, its type is written down, its value is looked at.
//!
//! Not here: what is recorded then. Invariant: nothing here asks anything of the value's type.

use super::{Exit, NoError};
use core::{any::type_name, ops::Deref};

/// Runs a body. That it takes `impl FnOnce` lets the body return what it reborrows from arguments.
#[inline]
pub fn call_once<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// A value of any type, for code that never runs but tells the compiler a type.
#[must_use]
pub fn never<T>() -> T {
    // Reached only by an expansion that is wrong.
    std::process::abort()
}

/// Gives a closure of the user's its argument; the bound tells the argument's type.
#[inline]
pub fn apply<'v, V: ?Sized, T>(value: &'v V, closure: impl FnOnce(&'v V) -> T) -> T {
    closure(value)
}

/// The error of a `Result`; for closures under `on(err)`.
#[inline]
pub fn err_of<T, E>(value: &Result<T, E>) -> Option<&E> {
    value.as_ref().err()
}

/// Tells a `Result` from other values by type: its methods are found before those of `Returned`,
/// to which it dereferences. No bound is asked of any type.
#[derive(Debug)]
pub struct Probe<'v, V>(Returned<'v, V>);

/// A value that may be no `Result`.
#[derive(Debug)]
pub struct Returned<'v, V>(&'v V);

impl<'v, V> Probe<'v, V> {
    /// Looks at a value.
    #[inline]
    #[must_use]
    pub fn new(value: &'v V) -> Self {
        Self(Returned(value))
    }
}

impl<'v, V> Deref for Probe<'v, V> {
    type Target = Returned<'v, V>;

    #[inline]
    fn deref(&self) -> &Returned<'v, V> {
        &self.0
    }
}

impl<'v, T, E> Probe<'v, Result<T, E>> {
    /// How the call ended that returned the value.
    #[inline]
    #[must_use]
    pub fn __caas_exit(&self) -> Exit<'v, E> {
        match self.0.0 {
            Ok(_) => Exit::Ok,
            Err(error) => Exit::Err(error),
        }
    }

    /// What closures under `on(ok)` look at.
    #[inline]
    #[must_use]
    pub fn __caas_ok(&self) -> Option<&'v T> {
        self.0.0.as_ref().ok()
    }
}

impl<'v, V> Returned<'v, V> {
    /// Unknown if the type hides a `Result`, else `ok`.
    #[inline]
    #[must_use]
    #[allow(clippy::unused_self, reason = "the same call must fit the method of `Probe`")]
    pub fn __caas_exit(&self) -> Exit<'v, NoError> {
        if hides_a_result::<V>() { Exit::Unknown } else { Exit::Ok }
    }

    /// The value, unless its type hides a `Result`.
    #[inline]
    #[must_use]
    pub fn __caas_ok(&self) -> Option<&'v V> {
        (!hides_a_result::<V>()).then_some(self.0)
    }
}

/// Whether the type is a `Result` after all, which generic code could not see.
///
/// The text of a type name is not guaranteed; should it change, a generic function's `Result` would
/// count as `ok`. A test watches it.
#[inline]
fn hides_a_result<V>() -> bool {
    type_name::<V>().starts_with("core::result::Result<")
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    type Aliased = std::io::Result<u8>;

    fn generic<T>(value: &T) -> &'static str {
        crate::exit::Outcome::TEXTS[Probe::new(value).__caas_exit().outcome() as usize]
    }

    #[test]
    fn results_are_told_by_type() {
        let ok: Aliased = Ok(1);
        assert!(matches!(Probe::new(&ok).__caas_exit(), Exit::Ok));
        assert_eq!(Probe::new(&ok).__caas_ok(), Some(&1));
        let err: Result<u8, [u8; 2]> = Err([1, 2]);
        assert!(matches!(Probe::new(&err).__caas_exit(), Exit::Err([1, 2])));
        assert!(matches!(Probe::new(&Some(err)).__caas_exit(), Exit::Ok));
    }

    #[test]
    fn a_hidden_result_is_unknown_and_anything_else_is_ok() {
        assert_eq!(generic(&Ok::<u8, u8>(1)), "unknown");
        assert_eq!(generic(&Some(1)), "ok");
    }
}
