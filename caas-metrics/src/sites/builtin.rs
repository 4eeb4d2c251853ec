//! The built-in families, as `metrics!` would expand them.
//!
//! They are written by hand, because generated code names this crate from outside. Invariant: they have
//! no limit, since the functions of a program bound their series.

use crate::{
    desc::{Descriptor, LabelDescriptor, MetricType, Native},
    exemplars::WithoutExemplars,
    exit::Outcome,
    family::{Family, LabelSet, word},
    label::{Label, LabelText, ViewSource},
    metric::{Counter, Histogram, UpDown, ends_in_nanoseconds},
    storage::cells::{Word, Words},
    unit::{OtherUnit, Seconds},
};

// Their values are names in the program's source code.
const MODULE: LabelDescriptor = LabelDescriptor::open("module");
const FUNCTION: LabelDescriptor = LabelDescriptor::open("function");

/// Functions take from microseconds to seconds, and each bound is a series for each function: decades.
const BUCKETS: [f64; 6] = [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0];

macro_rules! built_in {
    ($(#[$docs:meta])* $family:ident { $($label:ident: $type:ty),* } as $metric:ty, $unit:ty;
     $descriptor:expr, $ends:expr) => {
        $(#[$docs])*
        #[derive(Debug)]
        pub(super) struct $family<'a> {
            $(pub(super) $label: $type,)*
        }

        impl<'a> LabelSet for $family<'a> {
            type Static = $family<'static>;
            type Metric = $metric;
            type Unit = $unit;
            type Exemplars = WithoutExemplars;
            type View<'v> = ();
            const DESCRIPTOR: Descriptor = $descriptor;
            const ENDS: &'static [u64] = $ends;

            fn family() -> &'static Family {
                #[cfg(not(loom))]
                static FAMILY: Family = Family::of::<$family<'static>>();
                #[cfg(loom)]
                static FAMILY: std::sync::LazyLock<Family> =
                    std::sync::LazyLock::new(|| Family::of::<$family<'static>>());
                &FAMILY
            }

            fn words() -> Words {
                crate::storage::thread_locals! {
                    static WORD: Word = const { word::<$family<'static>>() };
                }
                &WORD
            }

            #[inline]
            fn with_values<R>(&self, show: impl FnOnce(&[LabelText<'_>]) -> R) -> R {
                show(&[$(<$type as Label>::__value(&self.$label)),*])
            }

            fn view(_: &mut ViewSource<'_>) {}
        }
    };
}

built_in! {
    /// `function_calls_total`
    FunctionCalls { module: &'a str, function: &'a str, outcome: Outcome } as Counter<u64>, OtherUnit;
    Descriptor::new(MetricType::Counter, "function_calls_total", "Calls of annotated functions.")
        .with_labels(&[MODULE, FUNCTION, LabelDescriptor::of("outcome", Outcome::__CONSTANTS)])
        .without_limit(),
    &[]
}

built_in! {
    /// `function_duration_seconds`
    FunctionDuration { module: &'a str, function: &'a str } as Histogram, Seconds;
    Descriptor::new(
        MetricType::Histogram,
        "function_duration_seconds",
        "Duration of annotated functions in seconds.",
    )
    .with_labels(&[MODULE, FUNCTION])
    .with_unit("seconds")
    .with_buckets(&BUCKETS)
    .with_native(Native::new())
    .without_limit(),
    &ends_in_nanoseconds::<{ BUCKETS.len() }>(&BUCKETS)
}

built_in! {
    /// `functions_in_flight`
    FunctionsInFlight { module: &'a str, function: &'a str } as UpDown<i64>, OtherUnit;
    Descriptor::new(
        MetricType::Gauge,
        "functions_in_flight",
        "Calls of annotated functions that have not ended.",
    )
    .with_labels(&[MODULE, FUNCTION])
    .with_updown()
    .without_limit(),
    &[]
}
