//! Handles of children, and all updates: each written once, for every metric type that has it.
//!
//! Not here: how a child is found (`lookup.rs`) and what an update does to cells (`metric/`).
//! Invariant: an update of a child that its thread has updated before takes no lock and no memory,
//! and does not fail.

mod exemplars;
mod guard;

pub use self::guard::GaugeGuard;
use core::{fmt, marker::PhantomData};
use std::time::{Duration, SystemTime};

use crate::{
    exemplars::ExemplarPolicy,
    family::LabelSet,
    lookup::{BySet, Kept, Reach, keep},
    metric::{
        self, Amount, Decrease, Histogram, Increase, NotCounted, Observation, Observe, Plan, Set,
    },
    storage::{
        cells::Cells,
        shared::SharedCell,
        update::{self, At, Home},
    },
    timer::ChildTimer,
    unit::TimeUnit,
};

/// A handle of one child, for hot paths: resolved once, then updated without any look-up.
///
/// Cheap to copy (8 bytes), `Send`, `Sync` and `'static`. It names its family by the label set
/// without borrows. When its child is removed, the handle becomes stale and its updates go
/// nowhere, also if an equal label set is created again later. Where all labels are closed, children
/// are never gone: they go back to zero, and the handle stays.
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
pub struct Child<L, R = Kept> {
    reach: R,
    family: PhantomData<fn() -> L>,
}

impl<L, R: Copy> Clone for Child<L, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L, R: Copy> Copy for Child<L, R> {}

impl<L: LabelSet, R> fmt::Debug for Child<L, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child").field("family", &L::DESCRIPTOR.name).finish_non_exhaustive()
    }
}

/// The child of a label set, which is found when the handle is used.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[cfg_attr(not(debug_assertions), inline(always))]
#[must_use]
pub fn resolve<L: LabelSet>(set: &L) -> Child<L::Static, BySet<'_, L>> {
    Child::new(BySet(set))
}

impl<L, R> Child<L, R> {
    pub(crate) fn new(reach: R) -> Self {
        Self { reach, family: PhantomData }
    }
}

/// What an observation needs, as a constant of the family.
trait Planned {
    const PLAN: Plan;
}

impl<L: LabelSet> Planned for L {
    const PLAN: Plan = Plan::of(&L::DESCRIPTOR, L::ENDS);
}

/// Makes an update in the cells of a handle's child, this thread's or those of all threads.
macro_rules! update {
    ($handle:ident, move |$slots:ident| $update:expr) => {
        if <L as Home>::SHAPE.shared {
            $handle.in_shared(move |$slots| $update);
        } else {
            $handle.in_cells(move |$slots| $update);
        }
    };
}

/// Makes an update in this thread's cells, which may leave an exemplar of a value.
macro_rules! exemplified {
    ($handle:ident, $value:expr, move |$slots:ident| $update:expr) => {
        L::Exemplars::choose(
            move || $handle.in_cells(move |$slots| $update),
            move || $handle.in_cells_of_trace($value, move |$slots| $update),
        )
    };
}

impl<L: LabelSet, R: Reach<L>> Child<L, R> {
    /// The handle to keep.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn child(&self) -> Child<L> {
        Child::new(self.kept())
    }

    #[inline]
    pub(crate) fn kept(&self) -> Kept {
        keep::<L>(&self.reach)
    }

    /// Makes an update in this thread's cells, and counts it if it is refused.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn in_cells(&self, update: impl Fn(&Cells<L>) -> Result<(), NotCounted>) {
        let update = move |cells: &Cells<L>| {
            if let Err(why) = update(cells) {
                note::<L>(why);
            }
        };
        if <L as Home>::SHAPE.is_closed() {
            let Some(at) = self.reach.at() else { return lose::<L>() };
            return match update::known::<L>(at) {
                Some(cells) => update(&cells),
                None => first(at, update),
            };
        }
        match self.reach.cells() {
            Some(cells) => update(&cells),
            None => first_of(&self.reach, update),
        }
    }

    /// Makes an update in the cell that all threads share, and counts it if it is refused.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn in_shared(&self, update: impl Fn(&SharedCell<'_>) -> Result<(), NotCounted>) {
        let update = move |cell: SharedCell<'_>| {
            if let Err(why) = update(&cell) {
                note::<L>(why);
            }
        };
        let Some(at) = self.reach.at() else { return lose::<L>() };
        if !update::write::<L>(at, &update) {
            first_write::<L>(at, update);
        }
    }

    /// Adds 1. One load and one store in this thread's cells; one atomic addition for gauges that
    /// can be set. A thread's first update near a child takes memory; if there is none, the update is
    /// counted in `caas_metrics_lost_total`.
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
        if <L as Home>::SHAPE.shared {
            self.in_shared(move |slots| L::Metric::increase(slots, amount));
        } else {
            exemplified!(self, amount.as_f64(), move |cells| L::Metric::increase(cells, amount));
        }
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
        update!(self, move |slots| L::Metric::decrease(slots, amount));
    }

    /// Sets the value. One atomic store.
    #[inline]
    pub fn set(&self, value: <L::Metric as Increase>::Amount)
    where
        L::Metric: Set,
    {
        self.in_shared(move |slots| {
            L::Metric::put(slots, value);
            Ok(())
        });
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
    /// [`Duration`] if that is seconds. Two additions in this thread's cells.
    ///
    /// NaN and infinities are refused and counted in `caas_metrics_refused_total{family}`. A number below
    /// zero counts, but makes the sum shrink, which `rate` takes for a restart of the process.
    #[inline]
    pub fn observe(&self, value: impl Observation<L::Unit>)
    where
        L::Metric: Observe,
    {
        // What the value is, is asked before anything of the family is looked at.
        if let Some(nanoseconds) = value.as_nanoseconds() {
            self.observe_time(nanoseconds);
        } else {
            let number = value.as_f64();
            exemplified!(self, number, move |cells| Histogram::observe(cells, &L::PLAN, number));
        }
    }

    /// Counts a duration in nanoseconds.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn observe_time(&self, nanoseconds: u64) {
        exemplified!(self, metric::seconds(nanoseconds), move |cells| {
            Histogram::observe_time(cells, &L::PLAN, nanoseconds)
        });
    }

    /// When the child's present life began: it was created, reset, or, if it is exported from the
    /// start, the program began. `None` if it has been removed.
    ///
    /// To the second, and not after the first update: Prometheus takes it for the moment when the
    /// series was at zero.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// caas_metrics::metrics! {
    ///     /// Sessions opened.
    ///     pub counter SessionsOpenedTotal { tenant: &str }
    /// }
    ///
    /// let session = SessionsOpenedTotal { tenant: "acme" }.child();
    /// let started = session.started().unwrap();
    /// assert!(started <= SystemTime::now());
    /// SessionsOpenedTotal { tenant: "acme" }.remove();
    /// assert_eq!(session.started(), None);
    /// ```
    #[must_use]
    pub fn started(&self) -> Option<SystemTime> {
        let second = L::family().index().start(self.kept().here::<L>())?;
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(second.into()))
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

/// Updates a child that this thread has not updated before.
///
/// What the update needs is passed by value and fits in registers: the compiler would put everything
/// else into memory, also on the short way.
#[cold]
#[inline(never)]
fn first<L: LabelSet>(at: At, update: impl Fn(&Cells<L>)) {
    update::update_first::<L>(at, &update);
}

/// The same for a child that all threads write to.
#[cold]
#[inline(never)]
fn first_write<L: LabelSet>(at: At, update: impl Fn(SharedCell<'_>)) {
    update::write_slowly::<L>(at, &update);
}

/// The same for a child that is yet to be found.
#[cold]
#[inline(never)]
fn first_of<L: LabelSet>(reach: &impl Reach<L>, update: impl Fn(&Cells<L>)) {
    match reach.at() {
        Some(at) => first(at, update),
        None => lose::<L>(),
    }
}

/// Counts an update that changed nothing.
#[cold]
#[inline(never)]
fn note<L: LabelSet>(why: NotCounted) {
    match why {
        NotCounted::Refused => L::family().refusals().add_one(),
        NotCounted::Lost => lose::<L>(),
    }
}

/// Counts an update as lost, for want of memory.
#[cold]
#[inline(never)]
fn lose<L: LabelSet>() {
    L::family().index().lose();
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
