//! Holds of gauges: guards that take a gauge down again.
//!
//! Not here: how the storage takes back what was added (`storage/hold.rs`). Invariant: a guard takes back
//! what it added, once, and only in the life in which it added it.

use core::{fmt, marker::PhantomData};

use super::{Child, lose, note};
use crate::{
    family::LabelSet,
    isolation::Isolation,
    lookup::Reach,
    metric::{Amount, Hold, NotCounted},
    storage::{
        cells::Cells,
        hold,
        shared::SharedCell,
        update::{At, Home},
    },
};

/// Keeps a gauge up until it is dropped: what `hold` and `hold_by` of a gauge return.
///
/// It is `Send`, `Sync` and `'static`, has at most 16 bytes, and may be dropped on another thread. If its
/// series was removed or reset meanwhile, dropping it changes nothing, also if an equal label set is there
/// again: the gauge never goes below what is held. A guard that is leaked (`mem::forget`) stays counted.
///
/// ```
/// use caas_metrics::{GaugeGuard, metrics};
///
/// metrics! {
///     /// Connections that are open.
///     #[held]
///     pub gauge ConnectionsOpen { server: &str }
/// }
///
/// struct Connection {
///     _open: GaugeGuard<ConnectionsOpen<'static>>,
/// }
///
/// let server = String::from("a");
/// let connection = Connection { _open: ConnectionsOpen { server: &server }.hold() };
/// assert_eq!(ConnectionsOpen { server: "a" }.get(), Some(1));
/// drop(connection);
/// assert_eq!(ConnectionsOpen { server: "a" }.get(), Some(0));
/// ```
///
/// # Cost
///
/// Making and dropping it are one update each. On a gauge that can be set, or one whose labels are all
/// closed, each also takes a memory fence, and a reset waits for those that are under way.
#[must_use = "the gauge goes down when this guard is dropped: bind it to a name that lives as long as what it counts"]
pub struct GaugeGuard<L>
where
    L: LabelSet,
    L::Metric: Hold,
{
    /// The series in one life; `NOWHERE` if nothing was added.
    hold: At,
    amount: <L::Metric as Hold>::Amount,
    isolation: Isolation,
    family: PhantomData<fn() -> L>,
}

impl<L: LabelSet, R: Reach<L>> Child<L, R> {
    /// Adds 1 until the returned guard is dropped.
    #[inline]
    pub fn hold(&self) -> GaugeGuard<L>
    where
        L::Metric: Hold,
    {
        self.hold_by(Amount::ONE)
    }

    /// Adds an amount until the returned guard is dropped, such as the bytes of a buffer. Sums of floats
    /// may keep a rounding error. NaN and infinities are refused as in [`inc_by`](Self::inc_by).
    pub fn hold_by(&self, amount: <L::Metric as Hold>::Amount) -> GaugeGuard<L>
    where
        L::Metric: Hold,
    {
        let count = |result: Result<(), NotCounted>| match result {
            Ok(()) => true,
            Err(why) => {
                note::<L>(why);
                false
            }
        };
        let at = self.reach.at();
        if at.is_none() {
            lose::<L>();
        }
        let hold = at.filter(|at| *at != At::NOWHERE).and_then(|at| {
            if <L as Home>::SHAPE.shared {
                hold::take_shared::<L>(at, |cell| count(L::Metric::raise(&cell, amount)))
            } else {
                hold::take::<L>(at, |cells| count(L::Metric::raise(cells, amount)))
            }
        });
        GaugeGuard {
            hold: hold.unwrap_or(At::NOWHERE),
            amount,
            isolation: Isolation::current(),
            family: PhantomData,
        }
    }
}

impl<L> Drop for GaugeGuard<L>
where
    L: LabelSet,
    L::Metric: Hold,
{
    fn drop(&mut self) {
        if self.hold == At::NOWHERE {
            return;
        }
        // What could be added is not refused.
        let amount = self.amount;
        self.isolation.run(|| {
            if <L as Home>::SHAPE.shared {
                hold::give_back_shared::<L>(self.hold, &|cell: SharedCell<'_>| {
                    let _ = L::Metric::lower(&cell, amount);
                });
            } else {
                hold::give_back::<L>(self.hold, &|cells: &Cells<L>| {
                    let _ = L::Metric::lower(cells, amount);
                });
            }
        });
    }
}

impl<L> fmt::Debug for GaugeGuard<L>
where
    L: LabelSet,
    L::Metric: Hold,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GaugeGuard").field("family", &L::DESCRIPTOR.name).finish_non_exhaustive()
    }
}
