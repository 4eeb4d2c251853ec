//! Guards over a child that is known before the body: resolved at entry, updated when dropped.
//!
//! Not here: label sets that wait for the ending (`held.rs`, `on_exit.rs`).
//! Invariant: at most 24 bytes, `Send`, and nothing of the arguments stays borrowed.

use core::mem;
use std::thread::panicking;

use super::{Exit, site::Find};
use crate::{
    child::{Child, Handle, Reach},
    clock::Instant,
    family::LabelSet,
    metric::{Amount, Counter, Decrease, Gauge, Histogram, UpDown},
    unit::Seconds,
};

/// Metric types that `#[counted]` adds to.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`#[counted]` needs a counter",
    label = "this family is not a counter",
    note = "declare it as `counter`, or use `#[timed]` with a histogram and `#[in_flight]` with a gauge"
)]
pub trait Countable: crate::metric::Increase {}

impl<N: Amount> Countable for Counter<N> {}

/// The metric type and unit of families that `#[timed]` observes in.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`#[timed]` needs a histogram in seconds",
    label = "this family is not a histogram in seconds",
    note = "declare it as `histogram` with a name that ends in `_seconds`, or with `#[unit = \"seconds\"]`"
)]
pub trait Timeable {}

impl Timeable for (Histogram, Seconds) {}

/// Were there one implementation only, rustc would infer the types of any family from it, and say
/// "type mismatch" instead of the message above.
impl Timeable for ((), ()) {}

/// Metric types that `#[in_flight]` moves up and down.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`#[in_flight]` needs a gauge",
    label = "this family is not a gauge",
    note = "declare it as `gauge`; with `#[updown]` it is also the fastest"
)]
pub trait UpAndDown: Decrease {}

impl<N: Amount> UpAndDown for Gauge<N> {}
impl<N: Amount> UpAndDown for UpDown<N> {}

/// What is recorded in a child of the family `L` when a call ends.
#[doc(hidden)]
pub trait Effect<L: LabelSet>: Copy {
    fn record<R: Reach<L>>(self, child: &Handle<L, R>);
}

/// Adds one.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Count;

impl<L: LabelSet<Metric: Countable>> Effect<L> for Count {
    #[inline]
    fn record<R: Reach<L>>(self, child: &Handle<L, R>) {
        child.inc();
    }
}

/// Observes the time since it was made.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Time(Instant);

impl Time {
    #[inline]
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl<L: LabelSet> Effect<L> for Time
where
    (L::Metric, L::Unit): Timeable,
{
    #[inline]
    fn record<R: Reach<L>>(self, child: &Handle<L, R>) {
        child.observe_time(self.0.nanoseconds());
    }
}

/// Records a call when it is dropped, however the call ends.
#[doc(hidden)]
#[must_use]
pub struct Record<L: LabelSet, F: Effect<L>> {
    effect: F,
    child: Child<L>,
}

impl<L: LabelSet, F: Effect<L>> Drop for Record<L, F> {
    #[inline]
    fn drop(&mut self) {
        self.effect.record(&self.child);
    }
}

/// The guard of `#[counted(Family { … })]`.
#[inline]
pub fn counted<L, M>(set: L, find: impl Find) -> Record<L::Static, Count>
where
    L: LabelSet<Metric = M>,
    M: Countable,
{
    Record { effect: Count, child: find.child(&set) }
}

/// The guard of `#[timed(Family { … })]`.
#[inline]
pub fn timed<L, M, U>(set: L, find: impl Find) -> Record<L::Static, Time>
where
    L: LabelSet<Metric = M, Unit = U>,
    (M, U): Timeable,
{
    let child = find.child(&set);
    Record { effect: Time::start(), child }
}

/// Holds the gauge up until it is dropped.
#[doc(hidden)]
#[must_use]
pub struct InFlight<L: LabelSet<Metric: Decrease>> {
    child: Child<L>,
}

/// The guard of `#[in_flight(Family { … })]`.
#[inline]
pub fn in_flight<L, M>(set: L, find: impl Find) -> InFlight<L::Static>
where
    L: LabelSet<Metric = M>,
    M: UpAndDown,
{
    let child = find.child(&set);
    child.inc();
    InFlight { child }
}

impl<L: LabelSet<Metric: Decrease>> Drop for InFlight<L> {
    #[inline]
    fn drop(&mut self) {
        self.child.dec();
    }
}

/// Which endings count; the bits of `on(…)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct On(u8);

impl On {
    const OK: u8 = 1;
    const ERR: u8 = 2;
    const PANIC: u8 = 4;
    const CANCELLED: u8 = 8;

    pub(super) const fn new(bits: u8) -> Self {
        Self(bits)
    }

    /// Whether a call counts that ended like this. What is `ok` or `err` counts if both do.
    #[inline]
    pub(super) fn has<E>(self, exit: &Exit<'_, E>) -> bool {
        let bits = match exit {
            Exit::Ok => Self::OK,
            Exit::Err(_) => Self::ERR,
            Exit::Panic => Self::PANIC,
            Exit::Cancelled => Self::CANCELLED,
            Exit::Unknown => Self::OK | Self::ERR,
        };
        self.0 & bits == bits
    }
}

/// Tells a panic from other ways to be dropped: the thread panics now and did not at entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    panicking: bool,
}

impl Entry {
    #[inline]
    pub(crate) fn now() -> Self {
        Self { panicking: panicking() }
    }

    #[inline]
    pub(crate) fn has_panicked(self) -> bool {
        !self.panicking && panicking()
    }

    /// The ending of a call whose guard is dropped without one: a panic, or its future was dropped.
    #[inline]
    pub(crate) fn exit<'e, E>(self) -> Exit<'e, E> {
        if self.has_panicked() { Exit::Panic } else { Exit::Cancelled }
    }
}

/// Records a call if it ended in one of some ways.
#[doc(hidden)]
#[must_use]
pub struct OnEnding<L: LabelSet, F: Effect<L>> {
    effect: F,
    child: Child<L>,
    on: On,
    entry: Entry,
}

/// Restricts a guard to the endings in `bits`.
///
/// Without `end` it takes every return for what `cancelled` says: a body that is not enclosed
/// either panics or does not.
#[inline]
pub fn on<L: LabelSet, F: Effect<L>>(record: Record<L, F>, bits: u8) -> OnEnding<L, F> {
    let (effect, child) = (record.effect, record.child);
    mem::forget(record);
    OnEnding { effect, child, on: On::new(bits), entry: Entry::now() }
}

impl<L: LabelSet, F: Effect<L>> Drop for OnEnding<L, F> {
    #[inline]
    fn drop(&mut self) {
        if self.on.has(&self.entry.exit::<()>()) {
            self.effect.record(&self.child);
        }
    }
}

/// Guards that are told how the call ended. Without it, a call has panicked or was cancelled.
#[doc(hidden)]
pub trait Ends<E> {
    fn end(self, exit: Exit<'_, E>);
}

impl<L: LabelSet, F: Effect<L>, E> Ends<E> for OnEnding<L, F> {
    #[inline]
    fn end(self, exit: Exit<'_, E>) {
        if self.on.has(&exit) {
            self.effect.record(&self.child);
        }
        mem::forget(self);
    }
}

/// Tells a guard how the call ended.
#[inline]
pub fn end<E>(guard: impl Ends<E>, exit: Exit<'_, E>) {
    guard.end(exit);
}

/// Records an effect in a child that was found just now.
#[inline]
pub fn record<L: LabelSet, F: Effect<L>, R: Reach<L>>(effect: F, child: &Handle<L, R>) {
    effect.record(child);
}
