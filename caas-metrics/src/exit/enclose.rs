//! What an enclosed body needs: it runs once, and its type is written down.
//!
//! Not here: how its value is looked at (`probe.rs`). Invariant: nothing here asks anything of the
//! value's type.

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
