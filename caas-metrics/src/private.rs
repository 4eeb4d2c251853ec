//! All that generated code names. It uses nothing else of this crate, and nothing of the user's scope.
//!
//! Not public API. Used by generated code; may change in any release. Invariant: re-exports and
//! functions of one line; logic lives in the module that owns it.

pub use core::{
    clone::Clone,
    compile_error,
    default::Default,
    env,
    fmt::Debug,
    future::Ready,
    marker::Copy,
    module_path,
    ops::FnMut,
    ops::FnOnce,
    option::Option::{self, None, Some},
    option_env,
    pin::pin,
    primitive::{bool, f64, i64, str, u64, usize},
};

pub use crate::__words as words;
pub use caas_metrics_macros::metrics;
pub use inventory;

pub use crate::{
    build_info::{BuildLabel, BuildText, BuildTexts, RUSTC, revision},
    child::{Child, GaugeGuard, resolve},
    desc::{Descriptor, Export, LabelDescriptor, MetricType, Native, NumberType},
    ended::{Scopes, ScopesOf},
    exemplars::{ExemplarLabels, NoExemplars, WithExemplars, WithoutExemplars},
    exit::{
        By, Count, EachCall, FromExit, Of, Phase, Returns, SiteChild, Time, apply, call_once,
        counted, counted_by, endings, err_of, fields, follow, in_flight, never, on, on_exit,
        otherwise, probe, record, resolve_held, resolve_held_with, returned, timed, told,
    },
    family::{Declared, Family, InUnit, LabelSet, OfMetric, exemplars, word},
    label::{Label, LabelText, StoredLabel as Part, ViewSource},
    manage::{clear, get, init, remove, remove_matching, reset, retain},
    metric::{
        Counter, Free, Gauge, HeldGauge, Histogram, HistogramReading, Info, Observation, UpDown,
        ends_in_nanoseconds,
    },
    scope::Scoped,
    sites::{Annotated, Function, Site, around, calls_site, duration_site, flight_site, named},
    storage::cells::{Word, Words},
    storage::exemplars::Exemplars,
    timer::ChildTimer,
    unit::{OtherUnit, Seconds, TimeUnit},
};

#[cfg(feature = "axum")]
pub use crate::axum::MatchedRoutes as Routes;
#[cfg(all(feature = "tower", not(feature = "axum")))]
pub use crate::tower::NoRoutes as Routes;
#[cfg(feature = "tower")]
pub use crate::tower::grpc::{Names, Rpc};
#[cfg(feature = "tower")]
pub use tower_layer::Layer;

use crate::{
    child::UnixTime,
    exemplars::TakesExemplars,
    metric::{Decrease, Hold, Increase, Set},
};

/// Declares the thread-local with a thread's word of the family `$set`.
///
/// It is used as an expression, so that a wrong path to this crate is one error.
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

/// Stands for the timer of a histogram that is not in seconds, which does not exist.
#[derive(Debug)]
pub struct NoTimer;

/// The last field of a view, so that the type of no label is last.
#[derive(Debug, Clone, Copy)]
pub struct End;

/// [`Descriptor::new`] as a path that no lint takes for one of the user's.
#[must_use]
#[track_caller]
pub const fn describe(
    metric_type: MetricType,
    name: &'static str,
    help: &'static str,
) -> Descriptor {
    Descriptor::new(metric_type, name, help)
}

/// The child of a label set, created at zero if need be.
#[inline]
pub fn child<L: LabelSet>(set: &L) -> Child<L::Static> {
    resolve(set).child()
}

/// `inc` of the child of a label set. The functions below are alike: one call in generated code costs
/// the compiler less than `resolve` and a method.
#[inline]
pub fn inc<L: LabelSet<Metric: Increase>>(set: &L) {
    resolve(set).inc();
}

#[inline]
pub fn inc_by<L: LabelSet<Metric: Increase<Amount = A>>, A>(set: &L, amount: A) {
    resolve(set).inc_by(amount);
}

pub fn inc_with_exemplar<L>(set: &L, labels: impl ExemplarLabels)
where
    L: LabelSet<Metric: Increase, Exemplars: TakesExemplars>,
{
    resolve(set).inc_with_exemplar(labels);
}

pub fn inc_by_with_exemplar<L, A>(set: &L, amount: A, labels: impl ExemplarLabels)
where
    L: LabelSet<Metric: Increase<Amount = A>, Exemplars: TakesExemplars>,
{
    resolve(set).inc_by_with_exemplar(amount, labels);
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

#[inline]
pub fn hold<L: LabelSet<Metric: Hold>>(set: &L) -> GaugeGuard<L::Static> {
    resolve(set).hold()
}

#[inline]
pub fn hold_by<L, A>(set: &L, amount: A) -> GaugeGuard<L::Static>
where
    L: LabelSet<Metric: Hold<Amount = A>>,
{
    resolve(set).hold_by(amount)
}

pub fn set_to_current_time<L: LabelSet<Metric: Set<Amount: UnixTime>>>(set: &L) {
    resolve(set).set_to_current_time();
}

#[inline]
pub fn observe<L: LabelSet<Metric = Histogram>>(set: &L, value: impl Observation<L::Unit>) {
    resolve(set).observe(value);
}

pub fn observe_with_exemplar<L>(
    set: &L,
    value: impl Observation<L::Unit>,
    labels: impl ExemplarLabels,
) where
    L: LabelSet<Metric = Histogram, Exemplars: TakesExemplars>,
{
    resolve(set).observe_with_exemplar(value, labels);
}

#[inline]
pub fn start_timer<L>(set: &L) -> ChildTimer<L::Static>
where
    L: LabelSet<Metric = Histogram, Unit: TimeUnit>,
{
    resolve(set).start_timer()
}

/// A label of a request's own head. The closure's argument has its type from here.
#[cfg(feature = "tower")]
pub fn of_start<V>(
    start: &crate::tower::Start<'_>,
    value: impl FnOnce(&crate::tower::Start<'_>) -> V,
) -> V {
    value(start)
}

/// The service of a layer with ready-made families.
#[cfg(feature = "tower")]
pub fn measure<S, H: crate::tower::Hooks + Clone>(
    hooks: H,
    inner: S,
) -> crate::tower::Metrics<S, Routes, H> {
    crate::tower::MetricsLayer::with(Routes::new(), hooks).layer(inner)
}
