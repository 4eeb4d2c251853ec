//! The macros of `caas-metrics`. Depend on that crate: it re-exports them, with examples.
//! Its pages show the text here below those examples, so each begins with a heading.
//!
//! Each macro has a folder of its own with the same files: `parse` (tokens to tree), `ast` (the
//! tree), `check` (tree to errors), `expand` (tree to code). What macros share is beside the folders.
//! Invariant: a macro is a pure function of its tokens and never panics.

mod errors;
mod instrument_fn;
mod keys;
mod label_derive;
mod metrics_block;
mod naming;
mod paths;
mod tokens;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Expands a block: the path of `caas_metrics`, a semicolon, and the families.
///
/// Not public API. `caas_metrics::metrics!` calls it with `$crate`, because a procedural macro cannot
/// find out where `caas_metrics` is.
#[proc_macro]
pub fn metrics(input: TokenStream) -> TokenStream {
    metrics_block::expand(input.into()).into()
}

/// # Arguments of `#[label(…)]`
///
/// On an enum:
///
/// - `rename_all = "…"`: the case of the texts, snake case by default; `kebab-case`, `UPPERCASE` and the
///   others that serde knows
///
/// On a variant:
///
/// - `rename = "…"`: its text
/// - `other`: the value of every unknown text; adds `from_label(&str)` to the enum
///
/// On a struct:
///
/// - `max_bytes = 200`: the longest text, 1,024 bytes by default and 4,000 at most; a longer one is
///   counted in the family's `__overflow__` series
///
/// On both, `crate = path` says where `caas_metrics` is, if the dependency is renamed.
///
/// # What is refused
///
/// A union, an enum without variants, a variant with fields, a struct with no field or several, two
/// variants with one text, an empty text, and `__overflow__`.
#[proc_macro_derive(Label, attributes(label))]
pub fn derive_label(input: TokenStream) -> TokenStream {
    label_derive::expand(input.into()).into()
}

/// # Arguments of `#[timed]`
///
/// - none: the built-in family `function_duration_seconds{module, function}`
/// - `Family { label: value, … }`: a histogram of your own, in seconds
///
/// Values of labels, `on`, `otherwise`, `name` and `crate` are those of [`macro@counted`].
///
/// # What is timed
///
/// A call to its end, however it ends. An `async fn`, and an `async` block that a function ends with,
/// are timed from the first poll; another future that a function returns, from the call. Which
/// futures are followed to their end is said at [`macro@counted`]. Any other value is timed until the
/// function returns it.
///
/// # What is refused
///
/// A family that is not a histogram in seconds; and, as with [`macro@counted`], a `const fn`.
#[proc_macro_attribute]
pub fn timed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument_fn::expand(instrument_fn::Measure::Timed, arguments.into(), &item.into()).into()
}

/// # Arguments of `#[counted]`
///
/// - none: the built-in family `function_calls_total{module, function, outcome}`
/// - `Family { label: value, … }`: a counter of your own
///
/// The value of a label is one of
///
/// - an expression, evaluated before the body with the arguments in scope
/// - a closure, given a reference to the returned value; with `on(err)` to the error, with `on(ok)`
///   to what is in the `Ok`
/// - `_`, for labels that implement `FromExit`, such as `Outcome`: derived from how the call ended
///
/// After a family there may be
///
/// - `by = amount`: adds an amount instead of 1, such as a price in cents; an expression or a closure,
///   like a label's value
/// - `on(ok, err, panic, cancelled)`: only calls that end in one of these ways
/// - `otherwise(Family { … })`: what to record for calls that end without a value, where a closure
///   needs one
///
/// Without a family, `name = "…"` is the value of the label `function`, instead of the function's name.
/// `crate = path` says where `caas_metrics` is, if the dependency is renamed.
///
/// `#[skip]` leaves a function of a block out.
///
/// # How a call ends
///
/// The type of the value decides, not how the signature is spelled.
///
/// - `Result`, `Option<Result>`, `Poll<Result>` and `Poll<Option<Result>>` are `ok` or `err`; `Pending`
///   is `unknown`, since nothing has ended yet. `ControlFlow::Continue` is `ok`, and `Break` is
///   `unknown`: it may carry an error or what was looked for. A `Result` anywhere else, as in a tuple
///   or a `Vec`, is not looked at: such a call is `ok` if it returns.
/// - A future is measured to its end without being boxed once more: an `async fn`, `impl Future` with
///   no other bounds than `Send`, `Sync` and lifetimes, and a boxed future if the body ends in
///   `Box::pin(…)`, in `.boxed()`, or in an `async` block. It is held twice in memory unless it is an
///   `async` block. Every other future, such as a `JoinHandle` or one that another function has boxed,
///   is `unknown`, and `on(ok)` or `on(err)` there does not compile.
/// - A call that panics is `panic`. A future that is dropped before it is ready is `cancelled`, also
///   if it is dropped by a panic elsewhere.
/// - A generic function that returns a type parameter is `unknown`, and so is a function whose body
///   must stay where it is, as with `#[track_caller]`.
///
/// # What is refused
///
/// - A family that is not a counter, and labels that the family does not have or that lack a value.
/// - A `const fn`, which also runs in the compiler. In a block it is left out.
/// - `_`, a closure, `on(ok)` or `on(err)` where it cannot be seen how the call ends.
/// - A closure without `on(ok)`, `on(err)`, `on(ok, err)` or `otherwise`: a call that panics or is
///   cancelled has no value.
/// - `on(cancelled)` alone on a function that is not `async`.
/// - Two attributes that record the same calls in the built-in family: on one function, or on a function and
///   its block. Where another attribute macro rewrites the block between the two, as `#[async_trait]`
///   does, they cannot see each other, and each call counts twice.
#[proc_macro_attribute]
pub fn counted(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument_fn::expand(instrument_fn::Measure::Counted, arguments.into(), &item.into()).into()
}

/// # Arguments of `#[in_flight]`
///
/// - none: the built-in family `functions_in_flight{module, function}`
/// - `Family { label: expression, … }`: a gauge of your own
///
/// `name = "…"` and `crate = path` are those of [`macro@counted`].
///
/// # What is refused
///
/// A family that is not a gauge; `_`, closures, `on` and `by`, because the call has not ended yet; and a
/// `const fn`.
#[proc_macro_attribute]
pub fn in_flight(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument_fn::expand(instrument_fn::Measure::InFlight, arguments.into(), &item.into()).into()
}

/// It takes no arguments, and does nothing by itself: it is for functions of an `impl` or `trait` block
/// with [`macro@timed`], [`macro@counted`] or [`macro@in_flight`].
#[proc_macro_attribute]
pub fn skip(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument_fn::skip(&arguments.into(), item.into()).into()
}
