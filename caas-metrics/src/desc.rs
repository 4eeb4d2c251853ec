//! What is known of a family before any value exists: the descriptor.
//!
//! Everything here is plain data that a `const` can hold; no values, no atomics, no formatting.
//! Invariant: all that is known at declaration is in the descriptor, and nothing else is.

use crate::ended::{Scopes, ScopesOf};

#[doc(inline)]
pub use caas_metrics_model::{MetricType, Native};

/// The most bytes of a label's text that a family keeps.
pub(crate) const MOST_BYTES: usize = 4000;

/// How the numbers of a family are kept: as integers or as floats.
///
/// ```
/// use caas_metrics::{MetricType, desc::{Descriptor, NumberType}};
///
/// let energy = Descriptor::new(MetricType::Counter, "energy_joules_total", "Energy used.")
///     .with_number(NumberType::Float);
/// assert_eq!(energy.number, NumberType::Float);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NumberType {
    /// `u64` for counters, `i64` for gauges.
    Integer,
    /// `f64`.
    Float,
}

/// Which children of a family are exported before their first update.
///
/// ```
/// use caas_metrics::desc::Export;
///
/// caas_metrics::metrics! {
///     /// Rare events.
///     #[lazy]
///     pub counter RareEventsTotal { is_known: bool }
/// }
///
/// let declared = caas_metrics::registry().descriptors().find(|it| it.name == "rare_events_total");
/// assert_eq!(declared.unwrap().export, Export::Lazy);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Export {
    /// With closed labels only: all of at most 128 combinations, at zero; of more, those that were
    /// touched. With an open label: what was touched, and what [`LabelDescriptor::zeroed`] adds.
    Auto,
    /// Every combination of the closed labels, at zero (`#[zeroed]`); with an open label as soon as
    /// one of them is there.
    Zeroed,
    /// Only what was touched (`#[lazy]`). Infos are so too, unless their labels have one value each: those
    /// are there from the start.
    Lazy,
}

/// One label of a family.
///
/// ```
/// use caas_metrics::desc::LabelDescriptor;
///
/// let method = LabelDescriptor::closed("method", &["GET", "POST"]);
/// assert_eq!(method.values, Some(&["GET", "POST"][..]));
/// assert_eq!(LabelDescriptor::open("path").values, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LabelDescriptor {
    /// The label's name on the wire.
    pub name: &'static str,
    /// The texts of a closed label, in the order of declaration; `None` for an open label.
    pub values: Option<&'static [&'static str]>,
    /// The most bytes that a value may have; a longer one is counted as one above the limit.
    pub max_bytes: usize,
    /// Whether all values of this label are exported, at zero, as soon as one of them is there for the
    /// same values of the other labels (`#[zeroed(label)]`).
    pub zeroed: bool,
    /// The scopes of the label's type, if it can have some.
    pub(crate) scopes: Option<ScopesOf>,
}

impl LabelDescriptor {
    /// A label whose values are not known before they are used.
    #[must_use]
    pub const fn open(name: &'static str) -> Self {
        Self { name, values: None, max_bytes: MOST_BYTES, zeroed: false, scopes: None }
    }

    /// A label with only these values.
    #[must_use]
    pub const fn closed(name: &'static str, values: &'static [&'static str]) -> Self {
        Self { values: Some(values), ..Self::open(name) }
    }

    /// Whether the label's type is the one that has these scopes.
    pub(crate) fn is_of(&self, scopes: &Scopes) -> bool {
        self.scopes.is_some_and(|ScopesOf(own)| std::ptr::eq(own(), scopes))
    }
}

/// Where something was declared.
///
/// ```
/// let here = caas_metrics::desc::Location::caller();
/// assert_eq!(here.line, line!() - 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Location {
    /// The source file, as the compiler names it.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: u32,
}

impl Location {
    /// Where this is called; inside of a function with `#[track_caller]`, where that is called.
    #[must_use]
    #[track_caller]
    pub const fn caller() -> Self {
        let caller = core::panic::Location::caller();
        Self { file: caller.file(), line: caller.line() }
    }
}

impl core::fmt::Display for Location {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// The immutable metadata of a family: of a declared one, of one that this crate always has, or of one
/// that a [`Collector`](crate::Collector) describes.
///
/// Built by `metrics!` as a constant; read it to list what a program declares:
///
/// ```
/// caas_metrics::metrics! {
///     /// Cache lookups.
///     pub counter CacheLookupsTotal;
/// }
///
/// let declared: Vec<_> = caas_metrics::registry().descriptors().map(|d| d.name).collect();
/// assert!(declared.contains(&"cache_lookups_total"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Descriptor {
    /// The metric's full name, as in the text format: `caas_http_requests_total`.
    pub name: &'static str,
    /// The HELP text: the doc comment.
    pub help: &'static str,
    /// The unit, when the name ends in one or `#[unit]` names it.
    pub unit: Option<&'static str>,
    /// The metric type.
    pub metric_type: MetricType,
    /// Integers or floats.
    pub number: NumberType,
    /// Whether a gauge only moves by `inc` and `dec` (`#[updown]`).
    pub updown: bool,
    /// Whether a gauge only goes up by a guard, which takes it down again (`#[held]`). Then `updown` is
    /// set too.
    pub held: bool,
    /// The labels, in the order of declaration.
    pub labels: &'static [LabelDescriptor],
    /// The finite, increasing upper bounds of a histogram, without `+Inf`; empty for other types.
    pub buckets: &'static [f64],
    /// The buckets of a histogram that is native too (`#[native]`).
    pub native: Option<Native>,
    /// The most living children of a family with open labels.
    pub limit: u32,
    /// Which children are exported before their first update.
    pub export: Export,
    /// Whether counters and observations can have exemplars (`#[exemplars]`).
    pub exemplars: bool,
    /// Why the name breaks the naming rules (`#[legacy(reason = "…")]`).
    pub legacy: Option<&'static str>,
    /// Where the family was declared.
    pub location: Location,
}

impl Descriptor {
    /// The descriptor of a family without labels that sets nothing else, declared where this is called.
    ///
    /// ```
    /// use caas_metrics::{
    ///     Collector, MetricType, Registry,
    ///     desc::{Descriptor, LabelDescriptor},
    ///     sample::FamilySnapshot,
    /// };
    ///
    /// static QUEUED: Descriptor =
    ///     Descriptor::new(MetricType::Gauge, "jobs_queued", "Jobs that wait.")
    ///         .with_labels(&[LabelDescriptor::open("queue")]);
    ///
    /// struct Queues;
    ///
    /// impl Collector for Queues {
    ///     fn collect(&self) -> Vec<FamilySnapshot> {
    ///         vec![FamilySnapshot::of(&QUEUED).with(&[("queue", "mail")], 12.0)]
    ///     }
    ///
    ///     fn describe(&self) -> &'static [Descriptor] {
    ///         std::slice::from_ref(&QUEUED)
    ///     }
    /// }
    ///
    /// let registry = Registry::new();
    /// registry.register(Queues);
    /// assert!(registry.descriptors().any(|descriptor| *descriptor == QUEUED));
    /// assert_eq!(registry.check(), []);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(metric_type: MetricType, name: &'static str, help: &'static str) -> Self {
        let is_integer = !matches!(metric_type, MetricType::Histogram | MetricType::Summary);
        Self {
            name,
            help,
            unit: None,
            metric_type,
            number: if is_integer { NumberType::Integer } else { NumberType::Float },
            updown: false,
            held: false,
            labels: &[],
            buckets: &[],
            native: None,
            limit: caas_metrics_model::DEFAULT_LIMIT,
            export: Export::Auto,
            exemplars: false,
            legacy: None,
            location: Location::caller(),
        }
    }

    /// The same with labels.
    #[must_use]
    pub const fn with_labels(self, labels: &'static [LabelDescriptor]) -> Self {
        Self { labels, ..self }
    }

    /// The same with a unit, which is the last word of the name before `_total`.
    #[must_use]
    pub const fn with_unit(self, unit: &'static str) -> Self {
        Self { unit: Some(unit), ..self }
    }

    /// The same with the upper bounds of a histogram, finite and increasing, without `+Inf`.
    #[must_use]
    pub const fn with_buckets(self, buckets: &'static [f64]) -> Self {
        Self { buckets, ..self }
    }

    /// The same as a native histogram, beside its classic buckets if there are any.
    #[must_use]
    pub const fn with_native(self, native: Native) -> Self {
        Self { native: Some(native), ..self }
    }

    /// The same with exemplars.
    #[must_use]
    pub const fn with_exemplars(self) -> Self {
        Self { exemplars: true, ..self }
    }

    /// The same with a reason for what breaks the naming rules, which `check` then does not report.
    #[must_use]
    pub const fn with_legacy(self, reason: &'static str) -> Self {
        Self { legacy: Some(reason), ..self }
    }

    /// The same with integers or floats, where that is not what [`new`](Self::new) takes for the type:
    /// floats for histograms and summaries, integers for all others.
    #[must_use]
    pub const fn with_number(self, number: NumberType) -> Self {
        Self { number, ..self }
    }

    /// The same as a gauge that only moves by `inc` and `dec`.
    #[must_use]
    pub const fn with_updown(self) -> Self {
        Self { updown: true, ..self }
    }

    /// The same as a gauge that only goes up by a guard, which takes it down again.
    #[must_use]
    pub const fn with_held(self) -> Self {
        Self { held: true, ..self.with_updown() }
    }

    /// The same with another limit of living children; `u32::MAX` for none.
    #[must_use]
    pub const fn with_limit(self, limit: u32) -> Self {
        Self { limit, ..self }
    }

    /// The same without a limit.
    pub(crate) const fn without_limit(self) -> Self {
        self.with_limit(u32::MAX)
    }

    /// The same with other children exported before their first update.
    #[must_use]
    pub const fn with_export(self, export: Export) -> Self {
        Self { export, ..self }
    }

    /// The names of all samples that the family has on a page: one for each of a histogram's three
    /// kinds of samples, and so on. OpenMetrics has fewer of a histogram with a bound below zero.
    ///
    /// ```
    /// caas_metrics::metrics! {
    ///     /// Time to send a message in seconds.
    ///     pub histogram SendSeconds;
    /// }
    ///
    /// let registry = caas_metrics::registry();
    /// let sent = registry.descriptors().find(|it| it.name == "send_seconds").unwrap();
    /// assert_eq!(
    ///     sent.sample_names(),
    ///     ["send_seconds_bucket", "send_seconds_sum", "send_seconds_count"]
    /// );
    /// ```
    #[must_use]
    pub fn sample_names(&self) -> Vec<String> {
        self.metric_type.sample_names(self.name)
    }
}
