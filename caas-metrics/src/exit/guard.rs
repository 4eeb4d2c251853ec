//! Guards over a child that is known before the body runs: found at entry, updated at drop.
//!
//! Not here: label sets that wait for the ending (`held.rs`, `on_exit.rs`).
//! Invariant: a guard has at most 24 bytes (without the feature `testing`), is `Send`,
//! borrows nothing from the arguments, and records where it was made, whichever isolation it is dropped in.

use core::mem;

use super::{
    Exit, On,
    phase::{Guard, Phase},
    site::Find,
};
use crate::{
    child::{Child, GaugeGuard},
    clock::Instant,
    family::LabelSet,
    isolation::Isolation,
    lookup::Reach,
    metric::{Amount, Counter, Gauge, HeldGauge, Histogram, Hold, Increase, UpDown},
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
pub trait Countable: Increase {}

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

/// A second implementation. With only one, rustc would infer the types of any family from it, and
/// report a type mismatch instead of the message above.
impl Timeable for ((), ()) {}

/// Metric types that `#[in_flight]` moves up and down.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`#[in_flight]` needs a gauge",
    label = "this family is not a gauge",
    note = "declare it as `gauge`; with `#[updown]` or `#[held]` it is also the fastest"
)]
pub trait UpAndDown: Hold {}

impl<N: Amount> UpAndDown for Gauge<N> {}
impl<N: Amount> UpAndDown for UpDown<N> {}
impl<N: Amount> UpAndDown for HeldGauge<N> {}

/// What is recorded in a child of the family `L` when a call ends.
#[doc(hidden)]
pub trait Effect<L: LabelSet>: Copy {
    fn record<R: Reach<L>>(self, child: &Child<L, R>);
}

/// Adds 1.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Count;

impl<L: LabelSet<Metric: Countable>> Effect<L> for Count {
    #[inline]
    fn record<R: Reach<L>>(self, child: &Child<L, R>) {
        child.inc();
    }
}

/// Adds an amount.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct By<N>(pub N);

impl<N: Amount, L: LabelSet<Metric: Countable<Amount = N>>> Effect<L> for By<N> {
    #[inline]
    fn record<R: Reach<L>>(self, child: &Child<L, R>) {
        child.inc_by(self.0);
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
    fn record<R: Reach<L>>(self, child: &Child<L, R>) {
        child.observe_time(self.0.nanoseconds());
    }
}

/// Records a call when it is dropped, however the call ends.
#[doc(hidden)]
#[must_use]
pub struct Record<L: LabelSet, F: Effect<L>> {
    effect: F,
    child: Child<L>,
    isolation: Isolation,
}

impl<L: LabelSet, F: Effect<L>> Record<L, F> {
    #[inline]
    fn new(effect: F, child: Child<L>) -> Self {
        Self { effect, child, isolation: Isolation::current() }
    }
}

impl<L: LabelSet, F: Effect<L>> Drop for Record<L, F> {
    #[inline]
    fn drop(&mut self) {
        self.isolation.run(|| self.effect.record(&self.child));
    }
}

/// The guard of `#[counted(Family { … })]`.
#[inline]
pub fn counted<L, M>(set: L, find: impl Find) -> Record<L::Static, Count>
where
    L: LabelSet<Metric = M>,
    M: Countable,
{
    Record::new(Count, find.child(&set))
}

/// The guard of `#[counted(Family { … }, by = amount)]`.
#[inline]
pub fn counted_by<L, M, N>(set: L, find: impl Find, amount: N) -> Record<L::Static, By<N>>
where
    L: LabelSet<Metric = M>,
    M: Countable<Amount = N>,
    N: Amount,
{
    Record::new(By(amount), find.child(&set))
}

/// The guard of `#[timed(Family { … })]`.
#[inline]
pub fn timed<L, M, U>(set: L, find: impl Find) -> Record<L::Static, Time>
where
    L: LabelSet<Metric = M, Unit = U>,
    (M, U): Timeable,
{
    let child = find.child(&set);
    Record::new(Time::start(), child)
}

/// The guard of `#[in_flight(Family { … })]`.
#[inline]
pub fn in_flight<L, M>(set: L, find: impl Find) -> GaugeGuard<L::Static>
where
    L: LabelSet<Metric = M>,
    M: UpAndDown,
{
    find.child(&set).hold()
}

/// A guard that records every call alike ignores the phase.
impl<L: LabelSet, F: Effect<L>> Guard for Record<L, F> {}

impl<L: LabelSet<Metric: Hold>> Guard for GaugeGuard<L> {}

/// Records a call if its ending is one of those that are wanted.
#[doc(hidden)]
#[must_use]
pub struct OnEnding<L: LabelSet, F: Effect<L>> {
    effect: F,
    child: Child<L>,
    on: On,
    phase: Phase,
    isolation: Isolation,
}

/// Restricts a guard to some endings.
#[inline]
pub fn on<L: LabelSet, F: Effect<L>>(
    mut record: Record<L, F>,
    on: On,
    phase: Phase,
) -> OnEnding<L, F> {
    let (effect, child, isolation) = (record.effect, record.child, record.isolation.take());
    mem::forget(record);
    OnEnding { effect, child, on, phase, isolation }
}

impl<L: LabelSet, F: Effect<L>> Drop for OnEnding<L, F> {
    #[inline]
    fn drop(&mut self) {
        if self.on.has(&self.phase.exit::<()>()) {
            self.isolation.run(|| self.effect.record(&self.child));
        }
    }
}

impl<L: LabelSet, F: Effect<L>> Guard for OnEnding<L, F> {
    #[inline]
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }
}

/// Guards that can learn how the call ended. Otherwise the phase decides.
#[doc(hidden)]
pub trait Ends<E> {
    fn end(self, exit: Exit<'_, E>);
}

impl<L: LabelSet, F: Effect<L>, E> Ends<E> for OnEnding<L, F> {
    #[inline]
    fn end(mut self, exit: Exit<'_, E>) {
        let isolation = self.isolation.take();
        if self.on.has(&exit) {
            isolation.run(|| self.effect.record(&self.child));
        }
        mem::forget(self);
    }
}

/// Records an effect in a child.
#[inline]
pub fn record<L: LabelSet, F: Effect<L>, R: Reach<L>>(effect: F, child: &Child<L, R>) {
    effect.record(child);
}
