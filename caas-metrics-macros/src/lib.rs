//! The macros of `caas-metrics`. Depend on that crate: it re-exports them, with examples.
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

/// The families of a block, behind the crate that declares them: `$crate; families…`.
///
/// Not public API. `caas_metrics::metrics!` calls it and says where `caas_metrics` is, which a
/// procedural macro cannot know.
#[proc_macro]
pub fn metrics(input: TokenStream) -> TokenStream {
    metrics_block::expand(input.into()).into()
}

/// Makes a type a label.
///
/// A field-less enum becomes a closed label, whose texts are the variants in snake case.
/// `#[label(rename_all = "…")]` on the enum chooses another case, `#[label(rename = "…")]` on a
/// variant its text. `#[label(other)]` on one variant adds `from_label(&str)`, which gives that
/// variant for every unknown text.
///
/// A struct with one field becomes a label with the texts of that field.
/// `#[label(max_bytes = 200)]` says how long one may be, 1,024 bytes if nothing does; what is longer is
/// counted in the family's `__overflow__` series. `#[label(crate = path)]` names a renamed dependency.
#[proc_macro_derive(Label, attributes(label))]
pub fn derive_label(input: TokenStream) -> TokenStream {
    label_derive::expand(input.into()).into()
}

/// Observes how long calls take, in seconds: on a function, or on an `impl` or `trait` block for
/// each function in it.
///
/// - `#[timed]`: in the built-in family `function_duration_seconds{module, function}`
/// - `#[timed(Family { label: expression, … })]`: in a histogram of your own
///
/// What labels and further arguments can be is the same as for [`macro@counted`]. A call is timed
/// to its end, however it ends: an `async fn`, and an `async` block that a function ends with, from
/// its first poll; another future that a function returns, from the call. Which futures are
/// measured is said at [`macro@counted`]; any other value is timed until the function returns it.
/// Cost: two reads of the clock and one observation.
#[proc_macro_attribute]
pub fn timed(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument_fn::expand(instrument_fn::Measure::Timed, arguments.into(), &item.into()).into()
}

/// Counts calls when they end: on a function, or on an `impl` or `trait` block for each function in
/// it.
///
/// - `#[counted]`: in the built-in family `function_calls_total{module, function, outcome}`
/// - `#[counted(Family { label: value, … })]`: in a counter of your own
///
/// A label's value is one of
///
/// - an expression, evaluated before the body with the arguments in scope
/// - a closure, given a reference to the returned value; with `on(err)` to the error, with `on(ok)`
///   to what is in the `Ok`
/// - `_`, for labels that implement `FromExit`, such as `Outcome`: derived from how the call ended
///
/// Further arguments:
///
/// - `by = amount`: adds an amount instead of 1, such as a price in cents; an expression or a closure,
///   like a label's value
/// - `on(ok, err, panic, cancelled)`: only calls that end in one of these ways
/// - `otherwise(Family { … })`: what to record for calls that end without a value, where a closure
///   needs one
/// - `name = "…"`: the label `function`, for the built-in family
/// - `crate = path`: where `caas_metrics` is, if the dependency is renamed
///
/// `#[skip]` leaves a function of a block out. A `const fn` cannot be measured; in a block it is
/// left out. Two attributes that record the same calls in the built-in family do not compile.
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
///   if whoever drops it panics.
/// - `unknown` is also what a generic function gets that returns a type parameter, and a function
///   whose body must stay where it is, as with `#[track_caller]`.
#[proc_macro_attribute]
pub fn counted(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument_fn::expand(instrument_fn::Measure::Counted, arguments.into(), &item.into()).into()
}

/// Counts the calls that have begun and not ended: on a function, or on an `impl` or `trait` block
/// for each function in it.
///
/// - `#[in_flight]`: in the built-in family `functions_in_flight{module, function}`
/// - `#[in_flight(Family { label: expression, … })]`: in a gauge of your own
///
/// `name = "…"` and `crate = path` are as for [`macro@counted`].
#[proc_macro_attribute]
pub fn in_flight(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument_fn::expand(instrument_fn::Measure::InFlight, arguments.into(), &item.into()).into()
}

/// Leaves a function out of the attribute on its `impl` or `trait` block. Does nothing by itself.
#[proc_macro_attribute]
pub fn skip(arguments: TokenStream, item: TokenStream) -> TokenStream {
    instrument_fn::skip(&arguments.into(), item.into()).into()
}
