//! The families of attributes without an argument, and one site per annotated function.
//!
//! A site is a static in the function; `inventory` carries it here, so it is on the page from the
//! first scrape. Sites with the same labels are one series. Not here: guards over declared families.
//! Invariant: what a site counts in is found once.

mod builtin;
mod function;

use core::mem;

use self::builtin::{FunctionCalls, FunctionDuration, FunctionsInFlight};
use crate::{
    child::{Child, Kept},
    clock::Instant,
    exit::{Ends, Exit, Guard, On, Outcome, Phase},
    family::{Family, LabelSet},
    storage::update::{At, Remembered},
};

/// What a site measures.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Calls,
    Duration,
    InFlight,
}

/// The function that a site is in.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Function {
    /// As the attribute on an `impl` or the user has it.
    Named(&'static str),
    /// Its name; the type name of an item in the function says what it is in.
    In(&'static str, fn() -> &'static str),
}

/// The static of one attribute without an argument.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub struct Site {
    measure: Measure,
    module: &'static str,
    function: Function,
    /// How its calls can end.
    endings: On,
    /// The series of each outcome; of what is not counted by outcome the first.
    series: [Remembered; Outcome::TEXTS.len()],
}

impl core::fmt::Debug for Site {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Site").field("measure", &self.measure).finish_non_exhaustive()
    }
}

/// What `inventory` carries: each site once.
#[doc(hidden)]
#[derive(Debug)]
pub struct Annotated(pub &'static Site);

inventory::collect!(Annotated);

impl Site {
    #[must_use]
    pub const fn new(
        measure: Measure,
        module: &'static str,
        function: Function,
        endings: On,
    ) -> Self {
        let series = [const { Remembered::new() }; Outcome::TEXTS.len()];
        Self { measure, module, function, endings, series }
    }

    /// The child of a family, by the labels that this site has in it.
    #[inline]
    fn child<L: LabelSet<Static = L>>(&self, outcome: Outcome) -> Child<L> {
        let series = &self.series[outcome as usize];
        Child::new(Kept(series.get().unwrap_or_else(|| self.find(outcome))))
    }

    #[cold]
    #[inline(never)]
    fn find(&self, outcome: Outcome) -> At {
        let name = match self.function {
            Function::Named(name) => name.to_owned(),
            Function::In(name, item) => function::with_owner(name, item()),
        };
        let (module, function) = (self.module, &*name);
        let at = match self.measure {
            Measure::Calls => series(&FunctionCalls { module, function, outcome }),
            Measure::Duration => series(&FunctionDuration { module, function }),
            Measure::InFlight => series(&FunctionsInFlight { module, function }),
        };
        if at != At::NOWHERE {
            self.series[outcome as usize].set(at);
        }
        at
    }

    #[inline]
    fn count(&self, outcome: Outcome) {
        self.child::<FunctionCalls<'static>>(outcome).inc();
    }

    #[inline]
    fn flight(&self) -> Child<FunctionsInFlight<'static>, Kept> {
        self.child(ONLY)
    }

    /// Creates the series that the site can have, at zero.
    fn init(&self) {
        let can_occur = |outcome: &Outcome| match self.measure {
            Measure::Calls => self.endings.has_outcome(*outcome),
            _ => *outcome == ONLY,
        };
        for outcome in Outcome::ALL.into_iter().filter(can_occur) {
            if self.series[outcome as usize].get().is_none() {
                self.find(outcome);
            }
        }
    }
}

/// The series of a label set, created if need be. The quick look-up of a declared family would be
/// compiled for each of the three, and be used once for each site.
fn series<L: LabelSet>(set: &L) -> At {
    set.with_values(|values| L::family().index().series_of(values)).unwrap_or(At::NOWHERE)
}

/// Under which a site remembers its series if it has one only.
const ONLY: Outcome = Outcome::Ok;

/// The built-in families, with a series for each site.
pub(crate) fn families() -> [&'static Family; 3] {
    inventory::iter::<Annotated>.into_iter().for_each(|Annotated(site)| site.init());
    [FunctionCalls::family(), FunctionDuration::family(), FunctionsInFlight::family()]
}

/// What expansions call: methods, because clippy takes a method of such a static for a side effect,
/// and so does not ask for `#[must_use]`.
impl Site {
    /// The guard of `#[counted]`.
    #[inline]
    pub fn __caas_calls(&'static self, phase: Phase) -> Calls {
        Calls { site: self, phase }
    }

    /// The guard of `#[timed]`.
    #[inline]
    pub fn __caas_duration(&'static self) -> Duration {
        Duration { site: self, start: Instant::now() }
    }

    /// The guard of `#[in_flight]`.
    #[inline]
    pub fn __caas_flight(&'static self) -> Flight {
        self.flight().inc();
        Flight(self)
    }
}

/// Counts a call by how it ended; dropped without being told, its phase says how.
#[doc(hidden)]
#[derive(Debug)]
#[must_use]
pub struct Calls {
    site: &'static Site,
    phase: Phase,
}

impl Drop for Calls {
    #[inline]
    fn drop(&mut self) {
        self.site.count(self.phase.outcome());
    }
}

impl<E> Ends<E> for Calls {
    #[inline]
    fn end(self, exit: Exit<'_, E>) {
        self.site.count(exit.outcome());
        mem::forget(self);
    }
}

impl Guard for Calls {
    #[inline]
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }
}

/// Observes how long it lives.
#[doc(hidden)]
#[derive(Debug)]
#[must_use]
pub struct Duration {
    site: &'static Site,
    start: Instant,
}

impl Drop for Duration {
    #[inline]
    fn drop(&mut self) {
        let child = self.site.child::<FunctionDuration<'static>>(ONLY);
        child.observe_time(self.start.nanoseconds());
    }
}

impl Guard for Duration {
    #[inline]
    fn enter(&mut self, _: Phase) {}
}

/// Is counted as long as it lives.
#[doc(hidden)]
#[derive(Debug)]
#[must_use]
pub struct Flight(&'static Site);

impl Drop for Flight {
    #[inline]
    fn drop(&mut self) {
        self.0.flight().dec();
    }
}

impl Guard for Flight {
    #[inline]
    fn enter(&mut self, _: Phase) {}
}
