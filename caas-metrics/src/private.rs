//! What generated code names: nothing else of this crate, and nothing of the user's scope.
//!
//! Not public API. Used by generated code; may change in any release. Invariant: re-exports and
//! functions of one line; logic lives in the module that owns it.

pub use core::{
    future::Ready,
    module_path,
    ops::FnMut,
    ops::FnOnce,
    option::Option::{self, None, Some},
    pin::pin,
    primitive::{bool, f64, i64, str, u64, usize},
};

pub use crate::__words as words;
pub use caas_metrics_macros::metrics;
pub use inventory;

pub use crate::{
    child::Child,
    desc::{Descriptor, Export, LabelDescriptor, Location, MetricType, NumberType},
    exit::{
        By, Count, EachCall, FromExit, Of, Phase, Returns, SiteChild, Time, apply, call_once,
        counted, counted_by, endings, err_of, fields, follow, in_flight, never, on, on_exit,
        otherwise, probe, record, resolve_held, resolve_held_with, returned, timed, told,
    },
    family::{
        Declared, Family, InUnit, LabelSet, clear, get, init, remove, reset, resolve, retain, word,
    },
    label::{Label, LabelText, StoredLabel as Part, ViewSource},
    metric::{
        Counter, Gauge, Histogram, HistogramReading, Info, Observation, UpDown, ends_in_nanoseconds,
    },
    sites::{Annotated, Function, Site, around, calls_site, duration_site, flight_site, named},
    storage::cells::{Word, Words},
    timer::ChildTimer,
    unit::{OtherUnit, Seconds, TimeUnit},
};

use crate::{
    child::UnixTime,
    metric::{Decrease, Increase, Set},
};

/// Where each thread has its word of the family `$set`.
///
/// A macro with an expression: where its path is wrong, nothing else is missing.
#[doc(hidden)]
#[macro_export]
macro_rules! __words {
    ($set:ty) => {{
        ::std::thread_local! {
            static WORD: $crate::__private::Word = const { $crate::__private::word::<$set>() };
        }
        &WORD
    }};
}

/// What a timer of a histogram that is not in seconds would be: nothing, since there is none.
#[derive(Debug)]
pub struct NoTimer;

/// The last field of a view, so that no label's type is it.
#[derive(Debug, Clone, Copy)]
pub struct End;

/// Where the generated code's user wrote the item.
#[must_use]
#[track_caller]
pub const fn here() -> Location {
    let caller = core::panic::Location::caller();
    Location { file: caller.file(), line: caller.line() }
}

/// The descriptor of a family that sets nothing; expansions write what differs.
pub const DEFAULTS: Descriptor = Descriptor::new(MetricType::Unknown, "", "");

/// The child of a label set, created at zero if need be.
#[inline]
pub fn child<L: LabelSet>(set: &L) -> Child<L::Static> {
    resolve(set).child()
}

/// `inc` of the child of a label set; so are the next ones. In generated code one call costs the
/// compiler less than `resolve` and a method.
#[inline]
pub fn inc<L: LabelSet<Metric: Increase>>(set: &L) {
    resolve(set).inc();
}

#[inline]
pub fn inc_by<L: LabelSet<Metric: Increase<Amount = A>>, A>(set: &L, amount: A) {
    resolve(set).inc_by(amount);
}

#[inline]
pub fn dec<L: LabelSet<Metric: Decrease>>(set: &L) {
    resolve(set).dec();
}

#[inline]
pub fn dec_by<L: LabelSet<Metric: Decrease<Amount = A>>, A>(set: &L, amount: A) {
    resolve(set).dec_by(amount);
}

#[inline]
pub fn set<L: LabelSet<Metric: Set<Amount = A>>, A>(set: &L, value: A) {
    resolve(set).set(value);
}

pub fn set_to_current_time<L: LabelSet<Metric: Set<Amount: UnixTime>>>(set: &L) {
    resolve(set).set_to_current_time();
}

#[inline]
pub fn observe<L: LabelSet<Metric = Histogram>>(set: &L, value: impl Observation<L::Unit>) {
    resolve(set).observe(value);
}

#[inline]
pub fn start_timer<L>(set: &L) -> ChildTimer<L::Static>
where
    L: LabelSet<Metric = Histogram, Unit: TimeUnit>,
{
    resolve(set).start_timer()
}
