//! `assert_metrics!`: what is expected of series, compared with what they are.
//!
//! Not here: texts of series (`series.rs`). Invariant: all that differs is reported together, in the order
//! in which it was written.

use super::{
    exact::Exact,
    series::{Series, labels},
    snapshot::{Snapshot, snapshot},
};
use crate::{
    family::LabelSet,
    manage::get,
    metric::{Counter, Gauge, HeldGauge, Histogram, HistogramReading, Info, Metric, UpDown},
    sample::Number,
};

/// Asserts the values of series in the isolation of the caller, and reports all that differ.
///
/// Each line is a label set, and what is expected of it:
///
/// * a number, of a counter, gauge or info; it has the type of the family's numbers;
/// * `count 3`, `sum 1.5`, or `count 3, sum 1.5`, of a histogram;
/// * `none`: the series does not exist.
///
/// Floats may differ by a billionth, as sums do.
///
/// After `since before;`, where `before` is a [`Snapshot`](crate::testing::Snapshot), each number is the
/// change from then on.
///
/// ```standalone_crate
/// use caas_metrics::{assert_metrics, testing};
///
/// caas_metrics::metrics! {
///     /// Orders received.
///     pub counter OrdersTotal { kind: &str }
///
///     /// Latency in seconds.
///     pub histogram LatencySeconds { route: &str }
///
///     /// Temperature in degrees Celsius.
///     pub gauge TemperatureCelsius<f64>;
/// }
///
/// let _metrics = testing::isolate();
/// OrdersTotal { kind: "new" }.inc();
/// LatencySeconds { route: "/" }.observe(0.5);
/// TemperatureCelsius.set(21.5);
///
/// assert_metrics! {
///     OrdersTotal { kind: "new" } => 1,
///     OrdersTotal { kind: "changed" } => none,
///     LatencySeconds { route: "/" } => count 1, sum 0.5,
///     TemperatureCelsius => 21.5,
/// }
///
/// let before = testing::snapshot();
/// OrdersTotal { kind: "new" }.inc_by(2);
/// assert_metrics! { since before; OrdersTotal { kind: "new" } => 2 }
/// ```
///
/// # Panics
/// If anything differs:
///
/// ```text
/// these metrics differ:
///   orders_total{kind="new"}: expected 2, found 1
///   latency_seconds_count{route="/x"}: expected 1, found no such series; the family has
///     latency_seconds_count{route="/"} 1
/// ```
#[macro_export]
macro_rules! assert_metrics {
    (@ $check:ident;) => {};
    (@ $check:ident; $set:expr => none $(, $($rest:tt)*)?) => {
        $check.none(&$set);
        $crate::assert_metrics!(@ $check; $($($rest)*)?);
    };
    (@ $check:ident; $set:expr => count $count:expr, sum $sum:expr $(, $($rest:tt)*)?) => {
        $check.count(&$set, $count);
        $check.sum(&$set, $sum);
        $crate::assert_metrics!(@ $check; $($($rest)*)?);
    };
    (@ $check:ident; $set:expr => count $count:expr $(, $($rest:tt)*)?) => {
        $check.count(&$set, $count);
        $crate::assert_metrics!(@ $check; $($($rest)*)?);
    };
    (@ $check:ident; $set:expr => sum $sum:expr $(, $($rest:tt)*)?) => {
        $check.sum(&$set, $sum);
        $crate::assert_metrics!(@ $check; $($($rest)*)?);
    };
    (@ $check:ident; $set:expr => $value:expr $(, $($rest:tt)*)?) => {
        $check.value(&$set, $value);
        $crate::assert_metrics!(@ $check; $($($rest)*)?);
    };
    (since $before:expr; $($lines:tt)+) => {{
        let before = &$before;
        let mut check = $crate::testing::Check::since(before);
        $crate::assert_metrics!(@ check; $($lines)+);
        check.end();
    }};
    ($($lines:tt)+) => {{
        let mut check = $crate::testing::Check::now();
        $crate::assert_metrics!(@ check; $($lines)+);
        check.end();
    }};
}

/// Metric types with one number.
///
/// Not public API. Used by `assert_metrics!`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a histogram has no single number to compare",
    label = "this family is a histogram",
    note = "write `count 3`, `sum 1.5` or `count 3, sum 1.5` after `=>`"
)]
pub trait Single: Metric<Reading = Self::Number> {
    type Number: Into<Number>;
}

impl<N: Into<Number>> Single for Counter<N>
where
    Self: Metric<Reading = N>,
{
    type Number = N;
}

impl<N: Into<Number>> Single for Gauge<N>
where
    Self: Metric<Reading = N>,
{
    type Number = N;
}

impl<N: Into<Number>> Single for UpDown<N>
where
    Self: Metric<Reading = N>,
{
    type Number = N;
}

impl<N: Into<Number>> Single for HeldGauge<N>
where
    Self: Metric<Reading = N>,
{
    type Number = N;
}

impl Single for Info {
    type Number = u64;
}

/// Metric types with a count and a sum.
///
/// Not public API. Used by `assert_metrics!`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "only a histogram has a count and a sum",
    label = "this family has a single number",
    note = "write the number alone after `=>`"
)]
pub trait Observed: Metric<Reading = HistogramReading> {}

impl Observed for Histogram {}

/// What differs so far.
///
/// Not public API. Used by `assert_metrics!`.
#[doc(hidden)]
#[derive(Debug)]
#[must_use = "it reports nothing before `end`"]
pub struct Check<'b> {
    /// What changes are from.
    before: Option<&'b Snapshot>,
    differences: Vec<String>,
}

/// The most other series of a family that are shown.
const MOST_OTHERS: usize = 3;

impl<'b> Check<'b> {
    pub fn now() -> Self {
        Self { before: None, differences: Vec::new() }
    }

    pub fn since(before: &'b Snapshot) -> Self {
        Self { before: Some(before), differences: Vec::new() }
    }

    pub fn value<L>(&mut self, set: &L, expected: <L::Metric as Single>::Number)
    where
        L: LabelSet<Metric: Single>,
    {
        self.compare(set, "", expected.into(), get(set).map(Into::into));
    }

    pub fn count<L: LabelSet<Metric: Observed>>(&mut self, set: &L, expected: u64) {
        let found = get(set).map(|reading| reading.count().into());
        self.compare(set, "_count", expected.into(), found);
    }

    pub fn sum<L: LabelSet<Metric: Observed>>(&mut self, set: &L, expected: f64) {
        let found = get(set).map(|reading| reading.sum.into());
        self.compare(set, "_sum", expected.into(), found);
    }

    pub fn none<L: LabelSet>(&mut self, set: &L) {
        let labels = labels(set);
        let now = snapshot();
        let Some((series, number)) = now.child(L::DESCRIPTOR.name, &labels) else { return };
        self.differences.push(format!("{series}: expected none, found {}", Exact::from(number)));
    }

    fn compare<L: LabelSet>(
        &mut self,
        set: &L,
        suffix: &'static str,
        expected: Number,
        found: Option<Number>,
    ) {
        let labels = labels(set);
        let series = Series { name: L::DESCRIPTOR.name, suffix, labels: &labels };
        let (expected, found) = (Exact::from(expected), found.map(Exact::from));
        let difference = match (self.before, found) {
            (Some(before), _) => change(series, expected, before, found),
            (None, Some(found)) if found.is(expected) => None,
            (None, Some(found)) => Some(format!("{series}: expected {expected}, found {found}")),
            (None, None) => {
                let no_such = format!("{series}: expected {expected}, found no such series");
                Some(no_such + &others(series))
            }
        };
        self.differences.extend(difference);
    }

    /// Reports what differs.
    ///
    /// # Panics
    /// If anything does.
    #[track_caller]
    pub fn end(self) {
        let differences = self.differences.join("\n  ");
        assert!(differences.is_empty(), "these metrics differ:\n  {differences}");
    }
}

/// What is wrong with a change; a series that is absent counts as zero.
fn change(
    series: Series<'_>,
    expected: Exact,
    before: &Snapshot,
    now: Option<Exact>,
) -> Option<String> {
    let before = before.find(series).map(Exact::from);
    let change = now.unwrap_or(Exact::ZERO).minus(before.unwrap_or(Exact::ZERO));
    let [from, to] = [before, now].map(|it| it.map_or("none".to_owned(), |it| it.to_string()));
    let difference = || {
        format!("{series}: expected a change of {expected}, found {change} (from {from} to {to})")
    };
    (!change.is(expected)).then(difference)
}

/// The series of the same family that are most like this one, which there is not.
fn others(wanted: Series<'_>) -> String {
    let now = snapshot();
    let mut others: Vec<_> = now.numbers().filter(|(it, _)| it.is_like(wanted)).collect();
    if others.is_empty() {
        return "; the family has none".to_owned();
    }
    others.sort_by_key(|(it, _)| it.distance(wanted));
    let mut lines = vec!["; the family has".to_owned()];
    let line =
        |(series, number): &(Series<'_>, Number)| format!("{series} {}", Exact::from(*number));
    lines.extend(others.iter().take(MOST_OTHERS).map(line));
    let more = others.len().saturating_sub(MOST_OTHERS);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n    ")
}
