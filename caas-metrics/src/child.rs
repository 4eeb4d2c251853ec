//! Handles of children, and all updates: each written once, for every metric type that has it.
//!
//! Not here: how a child is found (`family.rs`) and what an update does to slots (`metric/`).
//! Invariant: an update never allocates, locks or fails; the one exception is a thread's first
//! update of a per-thread slot, which takes a slab.

use core::{fmt, marker::PhantomData};

use crate::{
    family::LabelSet,
    metric::{Amount, Decrease, Histogram, Increase, Observation, Refused, Set, Slots},
    storage::{
        cells::{Mode, add_own, add_own_f64},
        index::At,
        shared::SharedSlot,
    },
    timer::ChildTimer,
    unit::TimeUnit,
};

/// A handle of one child, for hot paths: resolved once, then updated without any look-up.
///
/// Cheap to copy (12 bytes), `Send`, `Sync` and `'static`. It names its family by the label set
/// without borrows. When its child is removed, the handle becomes stale and its updates go
/// nowhere, also if an equal label set is created again later.
///
/// ```
/// use caas_metrics::Child;
///
/// caas_metrics::metrics! {
///     /// Jobs done.
///     pub counter JobsDoneTotal { queue: &str }
/// }
///
/// let mails: Child<JobsDoneTotal<'static>> = JobsDoneTotal { queue: "mail" }.child();
/// mails.inc();
/// mails.inc_by(2);
/// assert_eq!(JobsDoneTotal { queue: "mail" }.get(), Some(3));
/// ```
pub type Child<L> = Handle<L, Kept>;

/// A [`Child`], or, with another `R`, a child that is found when the handle is used.
pub struct Handle<L, R> {
    reach: R,
    family: PhantomData<fn() -> L>,
}

impl<L, R: Copy> Clone for Handle<L, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L, R: Copy> Copy for Handle<L, R> {}

impl<L: LabelSet, R> fmt::Debug for Handle<L, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child").field("family", &L::DESCRIPTOR.name).finish_non_exhaustive()
    }
}

/// How a child of the family `L` is reached.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait Reach<L> {
    /// The child's first slot; `None` if there is no such child any more.
    fn slot(&self) -> Option<u32>;
    /// What to keep of it.
    fn kept(&self) -> Kept;
}

/// A child that was found before.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Kept(pub(crate) At);

impl<L: LabelSet> Reach<L> for Kept {
    #[inline]
    fn slot(&self) -> Option<u32> {
        let lives = L::PLAN.is_fixed() || L::family().index().is(self.0);
        lives.then_some(self.0.slot)
    }

    #[inline]
    fn kept(&self) -> Kept {
        *self
    }
}

/// The slots from one on.
pub(crate) struct SlotsFrom<L>(u32, PhantomData<L>);

impl<L: LabelSet> SlotsFrom<L> {
    /// A slot of a family whose slots are shared.
    #[inline]
    fn shared(&self, slot: u32) -> Option<SharedSlot<'static>> {
        L::family().shared::<L>(self.0.wrapping_add(slot))
    }
}

impl<L: LabelSet> Slots for SlotsFrom<L> {
    #[inline]
    fn add(&self, slot: u32, n: u64) {
        match L::PLAN.mode {
            Mode::PerThread => add_own(self.0.wrapping_add(slot), n),
            Mode::Shared => {
                if let Some(slot) = self.shared(slot) {
                    slot.add(n);
                }
            }
        }
    }

    #[inline]
    fn add_f64(&self, slot: u32, x: f64) {
        match L::PLAN.mode {
            Mode::PerThread => add_own_f64(self.0.wrapping_add(slot), x),
            Mode::Shared => {
                if let Some(slot) = self.shared(slot) {
                    slot.add_f64(x);
                }
            }
        }
    }

    #[inline]
    fn set(&self, slot: u32, bits: u64) {
        if let Some(slot) = self.shared(slot) {
            slot.set(bits);
        }
    }
}

impl<L, R> Handle<L, R> {
    pub(crate) fn new(reach: R) -> Self {
        Self { reach, family: PhantomData }
    }
}

impl<L: LabelSet, R: Reach<L>> Handle<L, R> {
    /// The handle to keep.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn child(&self) -> Child<L> {
        Handle::new(self.kept())
    }

    pub(crate) fn kept(&self) -> Kept {
        self.reach.kept()
    }

    /// The child's slots, unless the handle is stale.
    #[inline]
    fn slots(&self) -> Option<SlotsFrom<L>> {
        self.reach.slot().map(|slot| SlotsFrom(slot, PhantomData))
    }

    /// Runs an update, and counts it if it is refused.
    #[inline]
    pub(crate) fn update(&self, update: impl FnOnce(&SlotsFrom<L>) -> Result<(), Refused>) {
        if let Some(slots) = self.slots() {
            if update(&slots).is_err() {
                L::family().refusals().add_one();
            }
        }
    }

    /// Adds 1. One load and one store in this thread's slab; one atomic addition for gauges that
    /// can be set.
    #[inline]
    pub fn inc(&self)
    where
        L::Metric: Increase,
    {
        self.inc_by(Amount::ONE);
    }

    /// Adds an amount.
    ///
    /// An amount that is NaN or infinite, or below zero for a counter, is refused: it changes
    /// nothing and is counted in `caas_metrics_refused_total{family}`.
    #[inline]
    pub fn inc_by(&self, amount: <L::Metric as Increase>::Amount)
    where
        L::Metric: Increase,
    {
        self.update(|slots| L::Metric::increase(slots, amount));
    }

    /// Subtracts 1.
    #[inline]
    pub fn dec(&self)
    where
        L::Metric: Decrease,
    {
        self.dec_by(Amount::ONE);
    }

    /// Subtracts an amount; NaN and infinities are refused as in [`inc_by`](Self::inc_by).
    #[inline]
    pub fn dec_by(&self, amount: <L::Metric as Increase>::Amount)
    where
        L::Metric: Decrease,
    {
        self.update(|slots| L::Metric::decrease(slots, amount));
    }

    /// Sets the value. One atomic store.
    #[inline]
    pub fn set(&self, value: <L::Metric as Increase>::Amount)
    where
        L::Metric: Set,
    {
        if let Some(slots) = self.slots() {
            L::Metric::set(&slots, value);
        }
    }

    /// Sets the value to the current Unix time in seconds; a gauge of `f64` also gets the fraction.
    pub fn set_to_current_time(&self)
    where
        L::Metric: Set,
        <L::Metric as Increase>::Amount: UnixTime,
    {
        self.set(UnixTime::now());
    }

    /// Counts an observation: a number in the histogram's unit, or a
    /// [`Duration`](core::time::Duration) if that is seconds. Two additions in this thread's slab.
    ///
    /// NaN and infinities are refused and counted in `caas_metrics_refused_total{family}`.
    #[inline]
    pub fn observe(&self, value: impl Observation<L::Unit>)
    where
        L: LabelSet<Metric = Histogram>,
    {
        self.update(|slots| Histogram::observe(slots, L::DESCRIPTOR.buckets, &value));
    }

    /// Starts a timer that observes the seconds until it is dropped.
    #[inline]
    pub fn start_timer(&self) -> ChildTimer<L>
    where
        L: LabelSet<Metric = Histogram>,
        L::Unit: TimeUnit,
    {
        ChildTimer::new(self.child())
    }
}

/// Numbers that can hold a Unix time.
#[doc(hidden)]
pub trait UnixTime: Amount {
    fn now() -> Self;
}

impl UnixTime for i64 {
    fn now() -> Self {
        Self::try_from(crate::clock::unix_time().as_secs()).unwrap_or(Self::MAX)
    }
}

impl UnixTime for f64 {
    fn now() -> Self {
        crate::clock::unix_time().as_secs_f64()
    }
}
