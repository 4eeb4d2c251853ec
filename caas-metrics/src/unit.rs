//! The units that the compiler distinguishes: seconds, and all others.
//!
//! A timer observes seconds, so it only fits a histogram in seconds. With these types, anything else is
//! a compile error at the call. Not here: the unit's text, which is in the descriptor.
//! Invariant: no values, only types.

/// The unit of a family whose name ends in `_seconds` or that has `#[unit = "seconds"]`.
#[derive(Debug, Clone, Copy)]
pub struct Seconds;

/// Any other unit, or none.
#[derive(Debug, Clone, Copy)]
pub struct OtherUnit;

/// Units in which time is measured.
///
/// ```compile_fail
/// caas_metrics::metrics! {
///     /// Size of a message in bytes.
///     pub histogram MessageSizeBytes;
/// }
///
/// MessageSizeBytes.start_timer(); // a timer needs a histogram in seconds
/// ```
#[diagnostic::on_unimplemented(
    message = "durations and timers need a histogram in seconds",
    label = "this histogram is not in seconds",
    note = "a histogram is in seconds if its name ends in `_seconds` or it has `#[unit = \"seconds\"]`"
)]
pub trait TimeUnit {}

impl TimeUnit for Seconds {}
