//! What an enclosed body needs: it runs once, and its type is written down.
//!
//! Not here: how its value is looked at (`probe.rs`). Invariant: nothing here needs a bound on the
//! value's type.

/// Runs a body. It takes `impl FnOnce` so that the body can return what it reborrows from arguments.
#[inline]
pub fn call_once<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// A value of any type, for code that never runs and only gives the compiler a type.
#[must_use]
pub fn never<T>() -> T {
    // Reached only if an expansion is wrong.
    std::process::abort()
}

/// Calls a closure of the user's; the bound gives rustc the type of the closure's argument.
#[inline]
pub fn apply<'v, V: ?Sized, T>(value: &'v V, closure: impl FnOnce(&'v V) -> T) -> T {
    closure(value)
}
