//! Updates that leave exemplars: of the current trace, or with labels by hand.
//!
//! Not here: what an update does (`child.rs`), and what is current (`exemplars/`). Invariants: the
//! exemplar belongs to the life in which its update counts; nothing is asked of a user's code unless the
//! bucket may have a new one.

use core::cell::Cell;

use super::{Child, Planned, note};
use crate::{
    clock,
    exemplars::{self, ExemplarLabels, Reason, TakesExemplars, Text},
    family::LabelSet,
    lookup::Reach,
    metric::{self, Amount, Histogram, Increase, NotCounted, Observation, Observe},
    storage::{
        cells::Cells,
        exemplars::{Due, Exemplars, Held},
        update::{self, At, Home},
    },
};

impl<L: LabelSet, R: Reach<L>> Child<L, R> {
    /// Adds 1, and leaves an exemplar with these labels.
    ///
    /// See [`ExemplarLabels`] for what labels can be. The exemplar is left out if the child had a new one
    /// less than a second ago.
    ///
    /// ```
    /// use caas_metrics::exemplars::TraceContext;
    ///
    /// caas_metrics::metrics! {
    ///     /// Payments refused.
    ///     #[exemplars]
    ///     pub counter PaymentsRefusedTotal { bank: &str }
    /// }
    ///
    /// let refused = PaymentsRefusedTotal { bank: "north" }.child();
    /// refused.inc_with_exemplar(TraceContext::new(1, 2).unwrap());
    /// assert_eq!(PaymentsRefusedTotal { bank: "north" }.get(), Some(1));
    /// ```
    pub fn inc_with_exemplar(&self, labels: impl ExemplarLabels)
    where
        L::Metric: Increase,
        L::Exemplars: TakesExemplars,
    {
        self.inc_by_with_exemplar(Amount::ONE, labels);
    }

    /// Adds an amount, as [`inc_by`](Self::inc_by) does, and leaves an exemplar with these labels.
    pub fn inc_by_with_exemplar(
        &self,
        amount: <L::Metric as Increase>::Amount,
        labels: impl ExemplarLabels,
    ) where
        L::Metric: Increase,
        L::Exemplars: TakesExemplars,
    {
        let update = move |cells: &Cells<L>| L::Metric::increase(cells, amount);
        self.in_cells_with(amount.as_f64(), || Some(labels), update);
    }

    /// Counts an observation, as [`observe`](Self::observe) does, and leaves an exemplar with these labels
    /// for its bucket.
    pub fn observe_with_exemplar(
        &self,
        value: impl Observation<L::Unit>,
        labels: impl ExemplarLabels,
    ) where
        L::Metric: Observe,
        L::Exemplars: TakesExemplars,
    {
        let give = || Some(labels);
        if let Some(nanoseconds) = value.as_nanoseconds() {
            self.in_cells_with(metric::seconds(nanoseconds), give, move |cells| {
                Histogram::observe_time(cells, &L::PLAN, nanoseconds)
            });
        } else {
            let number = value.as_f64();
            let update = move |cells: &Cells<L>| Histogram::observe(cells, &L::PLAN, number);
            self.in_cells_with(number, give, update);
        }
    }

    /// Makes an update in this thread's cells, which leaves an exemplar of the current trace.
    #[inline]
    pub(super) fn in_cells_of_trace(
        &self,
        value: f64,
        update: impl Fn(&Cells<L>) -> Result<(), NotCounted>,
    ) {
        if exemplars::has_source() {
            self.in_cells_with(value, exemplars::current, update);
        } else {
            self.in_cells(update);
        }
    }

    /// The same with labels that `give` returns, if there are any.
    fn in_cells_with<G: ExemplarLabels>(
        &self,
        value: f64,
        give: impl FnOnce() -> Option<G>,
        update: impl Fn(&Cells<L>) -> Result<(), NotCounted>,
    ) {
        let Some(all) = L::family().exemplars() else { return self.in_cells(update) };
        // Which life it is, is known before the update. If the life ends meanwhile, nobody sees the exemplar.
        let (cells, at) = self.counting();
        let due = |at| {
            let bucket = metric::exemplar(&L::DESCRIPTOR, value);
            all.due(at, bucket, clock::quick_second())
        };
        match (at.and_then(due), cells) {
            (Some(due), _) => self.leave(all, due, value, give, update),
            (None, Some(cells)) => count_refused(&cells, update),
            (None, None) => self.in_cells(update),
        }
    }

    /// Makes an update, and keeps an exemplar of it if labels are given.
    #[cold]
    #[inline(never)]
    fn leave<G: ExemplarLabels>(
        &self,
        all: &Exemplars,
        due: Due,
        value: f64,
        give: impl FnOnce() -> Option<G>,
        update: impl Fn(&Cells<L>) -> Result<(), NotCounted>,
    ) {
        let given = give();
        // The cells are looked up after the user's code, which may have made the child end.
        let is_counted = Cell::new(false);
        self.in_cells(|cells| {
            let updated = update(cells);
            is_counted.set(updated.is_ok());
            updated
        });
        if let Some(labels) = given.filter(|_| is_counted.get()) {
            keep(all, due, value, &labels);
        }
    }

    /// The child in the life in which an update counts, and this thread's cells, if it has updated the child
    /// before.
    fn counting(&self) -> (Option<Cells<L>>, Option<At>) {
        let index = L::index();
        if !<L as Home>::SHAPE.is_closed() {
            if let Some((cells, at)) = self.reach.located() {
                return (Some(cells), Some(at));
            }
        }
        let at = self.reach.at();
        let is_closed = <L as Home>::SHAPE.is_closed();
        let cells = at.filter(|_| is_closed).and_then(update::known::<L>);
        (cells, at.and_then(|at| index.counting(at)))
    }
}

/// Makes an update, and counts it if it changed nothing.
fn count_refused<L: LabelSet>(
    cells: &Cells<L>,
    update: impl Fn(&Cells<L>) -> Result<(), NotCounted>,
) {
    if let Err(why) = update(cells) {
        note::<L>(why);
    }
}

/// Keeps an exemplar with these labels; counts it if that cannot be.
fn keep(all: &Exemplars, due: Due, value: f64, labels: &impl ExemplarLabels) {
    let mut text = Text::new();
    if !labels.__write(&mut text) {
        return Reason::Labels.count();
    }
    let time = u64::try_from(clock::unix_time().as_millis()).unwrap_or(u64::MAX);
    if all.put(due, &Held { value, time, text: text.as_bytes() }).is_err() {
        Reason::Memory.count();
    }
}
