//! The families of attributes without an argument, and one site per annotated function.
//!
//! A site is a static in the function; `inventory` lists all of them, so each is on the page from the
//! first scrape. Sites with the same labels are one series. Not here: guards over declared families.
//! Invariant: a site looks up its series once,
//! except in isolations.

mod builtin;
mod function;

use core::{any::type_name, mem};

use self::builtin::{FunctionCalls, FunctionDuration, FunctionsInFlight};
use crate::{
    child::Child,
    clock::Instant,
    exit::{Ends, Exit, Guard, On, Outcome, Phase, endings},
    family::{Family, LabelSet},
    isolation::{Isolation, is_isolated},
    lookup::Kept,
    storage::update::{At, Remembered},
};

/// What a site measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Calls,
    Duration,
    InFlight,
}

/// The function that a site is in.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// As the attribute on an `impl` or the user has it, else its own name.
    name: &'static str,
    /// The type name of an item in the function, which says what the function is in.
    item: Option<fn() -> &'static str>,
}

/// The function with this name.
#[must_use]
pub const fn named(name: &'static str) -> Function {
    Function { name, item: None }
}

/// The function with this name that the type `Item` is declared in.
#[must_use]
pub const fn around<Item>(name: &'static str) -> Function {
    Function { name, item: Some(type_name::<Item>) }
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
    /// The series of each outcome; the first one if the site does not count by outcome.
    series: [Remembered; Outcome::TEXTS.len()],
}

impl core::fmt::Debug for Site {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Site").field("measure", &self.measure).finish_non_exhaustive()
    }
}

/// What `inventory` lists: each site once.
#[doc(hidden)]
#[derive(Debug)]
pub struct Annotated(pub &'static Site);

inventory::collect!(Annotated);

/// The site of `#[counted]`, in a function whose calls can end like this.
#[must_use]
pub const fn calls_site(module: &'static str, function: Function, endings: On) -> Site {
    Site::new(Measure::Calls, module, function, endings)
}

/// The site of `#[timed]`.
#[must_use]
pub const fn duration_site(module: &'static str, function: Function) -> Site {
    Site::new(Measure::Duration, module, function, endings::NONE)
}

/// The site of `#[in_flight]`.
#[must_use]
pub const fn flight_site(module: &'static str, function: Function) -> Site {
    Site::new(Measure::InFlight, module, function, endings::NONE)
}

impl Site {
    const fn new(measure: Measure, module: &'static str, function: Function, endings: On) -> Self {
        let series = [const { Remembered::new() }; Outcome::TEXTS.len()];
        Self { measure, module, function, endings, series }
    }

    /// The child of a family, by the labels that this site has in it.
    #[inline]
    fn child<L: LabelSet<Static = L>>(&self, outcome: Outcome) -> Child<L> {
        Child::new(Kept::found::<L>(self.known(outcome).unwrap_or_else(|| self.find(outcome))))
    }

    /// A series that was looked up before. An isolation has others.
    #[inline]
    fn known(&self, outcome: Outcome) -> Option<At> {
        if is_isolated() { None } else { self.series[outcome as usize].get() }
    }

    #[cold]
    #[inline(never)]
    fn find(&self, outcome: Outcome) -> At {
        let name = match self.function {
            Function { name, item: None } => name.to_owned(),
            Function { name, item: Some(item) } => function::with_owner(name, item()),
        };
        let (module, function) = (self.module, &*name);
        let at = match self.measure {
            Measure::Calls => series(&FunctionCalls { module, function, outcome }),
            Measure::Duration => series(&FunctionDuration { module, function }),
            Measure::InFlight => series(&FunctionsInFlight { module, function }),
        };
        if at != At::NOWHERE && !is_isolated() {
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
            if self.known(outcome).is_none() {
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

/// The place of a site's series if it has only one.
const ONLY: Outcome = Outcome::Ok;

/// Creates the series of all sites.
pub(crate) fn init() {
    inventory::iter::<Annotated>.into_iter().for_each(|Annotated(site)| site.init());
}

/// The built-in families, with a series for each site.
pub(crate) fn families() -> [&'static Family; 3] {
    init();
    [FunctionCalls::family(), FunctionDuration::family(), FunctionsInFlight::family()]
}

/// What expansions call. They are methods because clippy assumes that a method of such a static has a
/// side effect, and so does not ask for `#[must_use]`.
impl Site {
    /// The guard of `#[counted]`.
    #[inline]
    pub fn __caas_calls(&'static self, phase: Phase) -> Calls {
        Calls { site: self, phase, isolation: Isolation::current() }
    }

    /// The guard of `#[timed]`.
    #[inline]
    pub fn __caas_duration(&'static self) -> Duration {
        Duration { site: self, start: Instant::now(), isolation: Isolation::current() }
    }

    /// The guard of `#[in_flight]`.
    #[inline]
    pub fn __caas_flight(&'static self) -> Flight {
        self.flight().inc();
        Flight { site: self, isolation: Isolation::current() }
    }
}

/// Counts a call by how it ended. If it is dropped before it knows, the phase decides.
#[doc(hidden)]
#[derive(Debug)]
#[must_use]
pub struct Calls {
    site: &'static Site,
    phase: Phase,
    isolation: Isolation,
}

impl Drop for Calls {
    #[inline]
    fn drop(&mut self) {
        self.isolation.run(|| self.site.count(self.phase.outcome()));
    }
}

impl<E> Ends<E> for Calls {
    #[inline]
    fn end(mut self, exit: Exit<'_, E>) {
        self.isolation.take().run(|| self.site.count(exit.outcome()));
        mem::forget(self);
    }
}

impl Guard for Calls {
    #[inline]
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }
}

/// Observes the time until it is dropped.
#[doc(hidden)]
#[derive(Debug)]
#[must_use]
pub struct Duration {
    site: &'static Site,
    start: Instant,
    isolation: Isolation,
}

impl Drop for Duration {
    #[inline]
    fn drop(&mut self) {
        self.isolation.run(|| {
            let child = self.site.child::<FunctionDuration<'static>>(ONLY);
            child.observe_time(self.start.nanoseconds());
        });
    }
}

impl Guard for Duration {}

/// Counts as one call in flight until it is dropped.
#[doc(hidden)]
#[derive(Debug)]
#[must_use]
pub struct Flight {
    site: &'static Site,
    isolation: Isolation,
}

impl Drop for Flight {
    #[inline]
    fn drop(&mut self) {
        self.isolation.run(|| self.site.flight().dec());
    }
}

impl Guard for Flight {}
