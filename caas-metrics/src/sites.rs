//! The families of attributes without an argument: one site per annotated function.
//!
//! A site is a static in the function; `inventory` carries it here, so it is on the page from the
//! first scrape. Its slots are taken at its first call. Not here: guards over declared families.
//! Invariant: a site that was never called costs no slot, and reads as zero.

mod function;

use core::mem;
use std::{collections::BTreeMap, sync::OnceLock};

use crate::{
    clock::Instant,
    desc::{Descriptor, Export, Location, MetricType, NumberType},
    exit::{Ends, Entry, Exit, Outcome},
    metric::{self, Histogram, Slots},
    sample::{FamilySnapshot, Number, OwnedValue, Sample},
    storage::{
        cells::{Cells, Mode, add_own, add_own_f64},
        flag::Once32,
    },
    unit::Seconds,
};

/// What a site measures.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Calls,
    Duration,
    InFlight,
}

const fn built_in(name: &'static str, help: &'static str, metric_type: MetricType) -> Descriptor {
    Descriptor {
        name,
        help,
        unit: None,
        metric_type,
        number: NumberType::Integer,
        updown: matches!(metric_type, MetricType::Gauge),
        labels: &[],
        buckets: &[],
        limit: u32::MAX,
        export: Export::Zeroed,
        legacy: None,
        location: Location { file: file!(), line: line!() },
    }
}

const CALLS: Descriptor =
    built_in("function_calls_total", "Calls of annotated functions.", MetricType::Counter);

const DURATION: Descriptor = Descriptor {
    unit: Some("seconds"),
    buckets: &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0],
    ..built_in(
        "function_duration_seconds",
        "Duration of annotated functions in seconds.",
        MetricType::Histogram,
    )
};

const IN_FLIGHT: Descriptor = built_in(
    "functions_in_flight",
    "Calls of annotated functions that have not ended.",
    MetricType::Gauge,
);

impl Measure {
    const ALL: [Self; 3] = [Self::Calls, Self::Duration, Self::InFlight];

    const fn descriptor(self) -> &'static Descriptor {
        match self {
            Self::Calls => &CALLS,
            Self::Duration => &DURATION,
            Self::InFlight => &IN_FLIGHT,
        }
    }

    /// How many slots a site has: one per outcome for calls.
    const fn layout(self) -> crate::storage::cells::Layout {
        let layout = metric::layout(self.descriptor());
        match self {
            Self::Calls => {
                crate::storage::cells::Layout { integers: Outcome::TEXTS.len() as u32, ..layout }
            }
            _ => layout,
        }
    }
}

/// The function that a site is in.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Function {
    /// As the attribute on an `impl` or the user has it.
    Named(&'static str),
    /// The type name of an item in the function tells.
    Of(fn() -> &'static str),
}

/// The static of one attribute without an argument.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub struct Site {
    measure: Measure,
    module: &'static str,
    function: Function,
    /// The outcomes that can occur, as bits by their index.
    outcomes: u8,
    /// The first slot; 0 before the first call.
    first: Once32,
    cells: OnceLock<Cells>,
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
        outcomes: u8,
    ) -> Self {
        Self { measure, module, function, outcomes, first: Once32::new(), cells: OnceLock::new() }
    }

    #[inline]
    fn first_slot(&self) -> u32 {
        match self.first.get() {
            0 => self.take_slots(),
            first => first,
        }
    }

    #[cold]
    #[inline(never)]
    fn take_slots(&self) -> u32 {
        let layout = self.measure.layout();
        let cells = self.cells.get_or_init(|| Cells::new(Mode::PerThread, layout, 1, 1).0);
        self.first.set(cells.slot(0));
        cells.slot(0)
    }

    #[inline]
    fn count(&self, outcome: Outcome) {
        add_own(self.first_slot().wrapping_add(outcome as u32), 1);
    }

    /// The value of each slot.
    fn read(&self) -> Vec<u64> {
        let mut slots = vec![0; self.measure.layout().slots() as usize];
        if let Some(cells) = self.cells.get() {
            cells.read(cells.slot(0), &mut slots);
        }
        slots
    }

    /// The label `function`.
    fn function(&self) -> String {
        match self.function {
            Function::Named(name) => name.to_owned(),
            Function::Of(item) => function::of_item(item(), self.module),
        }
    }
}

/// What expansions call: methods, because clippy takes a method of such a static for a side effect,
/// and so does not ask for `#[must_use]`.
impl Site {
    /// The guard of `#[counted]` over an enclosed body.
    #[inline]
    pub fn __caas_calls(&'static self) -> Calls {
        Calls { site: self, entry: Entry::now() }
    }

    /// The guard of `#[counted]` over a body that is not enclosed.
    #[inline]
    pub fn __caas_calls_open(&'static self) -> CallsOpen {
        CallsOpen { site: self, entry: Entry::now(), returned: Outcome::Unknown }
    }

    /// The guard of `#[counted]` over a body that returns nothing: either it panics, or all is
    /// well.
    #[inline]
    pub fn __caas_calls_unit(&'static self) -> CallsOpen {
        CallsOpen { site: self, entry: Entry::now(), returned: Outcome::Ok }
    }

    /// The guard of `#[timed]`.
    #[inline]
    pub fn __caas_duration(&'static self) -> Duration {
        Duration { site: self, start: Instant::now() }
    }

    /// The guard of `#[in_flight]`.
    #[inline]
    pub fn __caas_flight(&'static self) -> Flight {
        self.add(0, 1);
        Flight(self)
    }
}

impl Slots for Site {
    #[inline]
    fn add(&self, slot: u32, n: u64) {
        add_own(self.first_slot().wrapping_add(slot), n);
    }

    #[inline]
    fn add_f64(&self, slot: u32, x: f64) {
        add_own_f64(self.first_slot().wrapping_add(slot), x);
    }

    fn set(&self, _slot: u32, _bits: u64) {}
}

/// Counts a call by how it ended; dropped without being told, it has panicked or was cancelled.
#[doc(hidden)]
#[derive(Debug)]
#[must_use]
pub struct Calls {
    site: &'static Site,
    entry: Entry,
}

impl Drop for Calls {
    #[inline]
    fn drop(&mut self) {
        self.site.count(self.entry.exit::<()>().outcome());
    }
}

impl<E> Ends<E> for Calls {
    #[inline]
    fn end(self, exit: Exit<'_, E>) {
        self.site.count(exit.outcome());
        mem::forget(self);
    }
}

/// Counts a call of which only a panic can be told.
#[doc(hidden)]
#[derive(Debug)]
#[must_use]
pub struct CallsOpen {
    site: &'static Site,
    entry: Entry,
    returned: Outcome,
}

impl Drop for CallsOpen {
    #[inline]
    fn drop(&mut self) {
        let panicked = self.entry.has_panicked();
        self.site.count(if panicked { Outcome::Panic } else { self.returned });
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
        // A duration is finite, so it is never refused.
        let _ = Histogram::observe::<Seconds>(self.site, DURATION.buckets, &self.start.elapsed());
    }
}

/// Is counted as long as it lives.
#[doc(hidden)]
#[derive(Debug)]
#[must_use]
pub struct Flight(&'static Site);

impl Drop for Flight {
    #[inline]
    fn drop(&mut self) {
        self.0.add(0, 1_u64.wrapping_neg());
    }
}

/// The built-in families that this program has sites of; equal sites are summed.
pub(crate) fn families() -> Vec<FamilySnapshot> {
    let mut sums: BTreeMap<(usize, String, String), (Vec<u64>, u8)> = BTreeMap::new();
    for Annotated(site) in inventory::iter::<Annotated> {
        let key = (site.measure as usize, site.module.to_owned(), site.function());
        let slots = site.read();
        let (sum, outcomes) = sums.entry(key).or_insert_with(|| (vec![0; slots.len()], 0));
        add(site.measure, sum, &slots);
        *outcomes |= site.outcomes;
    }
    let mut families = Measure::ALL.map(|measure| {
        let Descriptor { metric_type, name, help, unit, buckets, .. } = measure.descriptor();
        let mut family = FamilySnapshot::new(*metric_type, name, help);
        family.unit = unit.map(str::to_owned);
        family.buckets = buckets.to_vec();
        family
    });
    for ((measure, module, function), (slots, outcomes)) in sums {
        let Some(family) = families.get_mut(measure) else { continue };
        let labels = vec![("module".to_owned(), module), ("function".to_owned(), function)];
        if Measure::ALL[measure] == Measure::Calls {
            let counts = Outcome::TEXTS.iter().zip(slots).enumerate();
            let shown = counts.filter(|(i, (_, count))| outcomes >> i & 1 == 1 || *count > 0);
            family.samples.extend(shown.map(|(_, (outcome, count))| {
                let mut labels = labels.clone();
                labels.push(("outcome".to_owned(), (*outcome).to_owned()));
                Sample { labels, value: OwnedValue::Number(Number::Unsigned(count)) }
            }));
        } else {
            let value = metric::value(Measure::ALL[measure].descriptor(), &slots).into();
            family.samples.push(Sample { labels, value });
        }
    }
    families.into_iter().filter(|family| !family.samples.is_empty()).collect()
}

/// Adds the slots of one site to the sums of its label set.
fn add(measure: Measure, sums: &mut [u64], slots: &[u64]) {
    let integers = measure.layout().integers as usize;
    for (position, (sum, slot)) in sums.iter_mut().zip(slots).enumerate() {
        *sum = if position < integers {
            sum.wrapping_add(*slot)
        } else {
            (f64::from_bits(*sum) + f64::from_bits(*slot)).to_bits()
        };
    }
}
