//! What generated code names: nothing else of this crate, and nothing of the user's scope.
//!
//! Not public API. Used by generated code; may change in any release. Invariant: re-exports and
//! functions of one line; logic lives in the module that owns it.

pub use core::{
    ops::FnMut,
    option::Option::{self, None, Some},
    primitive::{bool, f64, i64, str, u64, usize},
};

pub use inventory;

pub use crate::{
    child::{Child, Handle},
    desc::{Descriptor, Export, LabelDescriptor, Location, MetricType, NumberType},
    family::{
        Declared, Family, InUnit, LabelSet, clear, get, remove, reset, resolve, retain,
    },
    label::{Label, LabelPart as Part, LabelText, ViewSource, Visitor},
    metric::{Counter, Gauge, Histogram, HistogramReading, Info, Observation, UpDown},
    timer::ChildTimer,
    unit::{Seconds, TimeUnit, Unitless},
};

/// How a view shows a label.
pub type View<'v, L> = <L as Label>::View<'v>;

/// The descriptor of a label.
#[must_use]
pub const fn label<L: Label>(name: &'static str) -> LabelDescriptor {
    LabelDescriptor { name, values: L::VALUES }
}

/// What a timer of a histogram that is not in seconds would be: nothing, since there is none.
#[derive(Debug)]
pub struct NoTimer;

/// Where the generated code's user wrote the item.
#[must_use]
#[track_caller]
pub const fn here() -> Location {
    let caller = core::panic::Location::caller();
    Location { file: caller.file(), line: caller.line() }
}

/// Creates the child of a label set, at zero.
pub fn init<L: LabelSet>(set: &L) {
    let _ = resolve(set);
}

/// Stops the compilation of a family with too many closed combinations.
pub const fn assert_closed_product(descriptor: &Descriptor) {
    let (_, closed) = crate::family::count_labels(descriptor);
    assert!(
        closed <= crate::family::MOST_CLOSED,
        "the closed labels of this family have more than 65,536 combinations: make one of them \
         open (a string), or drop one"
    );
}
