//! All values at one moment, and what has changed between two.
//!
//! Not here: assertions (`assert.rs`). Invariant: two snapshots without an update in between are equal.

use std::{fmt, sync::LazyLock};

use super::series::{Series, numbers};
use crate::{
    registry::Registry,
    sample::{ChildSnapshot, FamilySnapshot, Number},
};

/// The values of all families of the program at one moment; those of the isolation that [`snapshot`] was
/// called in.
///
/// Families that collectors make are not in it. Its text is one line for each number.
#[derive(Clone, PartialEq)]
pub struct Snapshot {
    families: Vec<FamilySnapshot>,
}

/// The values now. Reads every series, as a scrape does.
///
/// ```standalone_crate
/// use caas_metrics::testing;
///
/// caas_metrics::metrics! {
///     /// Bytes sent.
///     pub counter BytesSentTotal { peer: &str }
/// }
///
/// let _metrics = testing::isolate();
/// let before = testing::snapshot();
/// BytesSentTotal { peer: "a" }.inc_by(100);
///
/// let now = testing::snapshot();
/// assert_eq!(now.value("bytes_sent_total", [("peer", "a")]), Some(100.0));
/// assert_eq!(now.since(&before).to_string(), "bytes_sent_total{peer=\"a\"} 100 (new)\n");
/// ```
#[must_use]
pub fn snapshot() -> Snapshot {
    // It has no collectors and no labels of its own, and writes no pages.
    static PROGRAM: LazyLock<Registry> = LazyLock::new(Registry::with_declared);
    Snapshot { families: PROGRAM.gather() }
}

impl Snapshot {
    /// The number of a series by its name and labels as on a page, in any order: all labels that it has.
    /// A histogram has `…_count` and `…_sum`.
    #[must_use]
    pub fn value<'l>(
        &self,
        name: &str,
        labels: impl IntoIterator<Item = (&'l str, &'l str)>,
    ) -> Option<f64> {
        let labels: Vec<_> = labels.into_iter().collect();
        let has = |series: &Series<'_>| has_labels(series.labels, &labels);
        self.number(name, has).map(Number::as_f64)
    }

    /// The families, as [`Registry::gather`] returns them.
    #[must_use]
    pub fn families(&self) -> &[FamilySnapshot] {
        &self.families
    }

    /// What has changed from an earlier snapshot to this one.
    #[must_use]
    pub fn since(&self, before: &Self) -> Delta {
        let change = |series: Series<'_>, before: Option<Number>, after: Option<Number>| Change {
            name: format!("{}{}", series.name, series.suffix),
            labels: series.labels.to_vec(),
            before: before.map(Number::as_f64),
            after: after.map(Number::as_f64),
        };
        let mut changes = Vec::new();
        for (series, after) in self.numbers() {
            let before = before.find(series);
            if before.is_none_or(|before| before != after) {
                changes.push(change(series, before, Some(after)));
            }
        }
        for (series, number) in before.numbers() {
            if self.find(series).is_none() {
                changes.push(change(series, Some(number), None));
            }
        }
        Delta { changes }
    }

    /// What has changed from this snapshot until now.
    #[must_use]
    pub fn delta(&self) -> Delta {
        snapshot().since(self)
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = (Series<'_>, Number)> {
        let children = self.families.iter().flat_map(children);
        children.flat_map(|(family, child)| numbers(family, child))
    }

    /// The number of the same series here.
    pub(super) fn find(&self, wanted: Series<'_>) -> Option<Number> {
        let families = self.families.iter().filter(|family| family.name == wanted.name);
        let mut children = families.flat_map(children);
        let (family, child) = children.find(|(_, child)| child.labels == wanted.labels)?;
        let mut numbers = numbers(family, child);
        numbers.find(|(series, _)| series.suffix == wanted.suffix).map(|(_, number)| number)
    }

    /// The first number of a child, if there is such a one.
    pub(super) fn child(
        &self,
        name: &str,
        labels: &[(String, String)],
    ) -> Option<(Series<'_>, Number)> {
        self.numbers().find(|(series, _)| series.name == name && series.labels == labels)
    }

    fn number(&self, name: &str, has: impl Fn(&Series<'_>) -> bool) -> Option<Number> {
        let is_it = |series: &Series<'_>| {
            name.strip_prefix(series.name).is_some_and(|rest| rest == series.suffix) && has(series)
        };
        self.numbers().find(|(series, _)| is_it(series)).map(|(_, number)| number)
    }
}

fn children(family: &FamilySnapshot) -> impl Iterator<Item = (&FamilySnapshot, &ChildSnapshot)> {
    family.children.iter().map(move |child| (family, child))
}

fn has_labels(labels: &[(String, String)], wanted: &[(&str, &str)]) -> bool {
    let has = |(name, value): &(&str, &str)| labels.iter().any(|(n, v)| n == name && v == value);
    labels.len() == wanted.len() && wanted.iter().all(has)
}

/// Its text, since each family has much that no test looks at.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.numbers().try_for_each(|(series, number)| writeln!(f, "{series} {}", number.as_f64()))
    }
}

/// What has changed from one [`Snapshot`] to another: series with another value, new ones, and those that
/// are gone. Its text is one line for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Delta {
    changes: Vec<Change>,
}

/// A number that has changed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The name as on a page; of a histogram with `_count` or `_sum`.
    pub name: String,
    /// Label names and values, in the order of declaration.
    pub labels: Vec<(String, String)>,
    /// The number before; absent for a new series.
    pub before: Option<f64>,
    /// The number after; absent for a series that is gone.
    pub after: Option<f64>,
}

impl Delta {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What has changed, in the order of a page.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// By how much a number has changed, with name and labels as in [`Snapshot::value`]; 0 if it has not.
    ///
    /// ```standalone_crate
    /// use caas_metrics::testing;
    ///
    /// caas_metrics::metrics! {
    ///     /// Calls made.
    ///     pub counter CallsMadeTotal { to: &str }
    /// }
    ///
    /// let _metrics = testing::isolate();
    /// CallsMadeTotal { to: "billing" }.inc();
    /// let before = testing::snapshot();
    /// CallsMadeTotal { to: "billing" }.inc_by(2);
    /// assert_eq!(before.delta().by("calls_made_total", [("to", "billing")]), 2.0);
    /// ```
    #[must_use]
    pub fn by<'l>(&self, name: &str, labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> f64 {
        let labels: Vec<_> = labels.into_iter().collect();
        let is_it = |it: &&Change| it.name == name && has_labels(&it.labels, &labels);
        self.changes.iter().find(is_it).map_or(0.0, Change::by)
    }
}

impl Change {
    /// The number after less that before; one that is absent counts as 0.
    #[must_use]
    pub fn by(&self) -> f64 {
        self.after.unwrap_or(0.0) - self.before.unwrap_or(0.0)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let series = Series { name: &self.name, suffix: "", labels: &self.labels };
        match (self.before, self.after) {
            (None, Some(after)) => write!(f, "{series} {after} (new)"),
            (Some(before), None) => write!(f, "{series} {before} (gone)"),
            (_, after) => write!(f, "{series} {} ({:+})", after.unwrap_or(0.0), self.by()),
        }
    }
}

impl fmt::Display for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.changes.iter().try_for_each(|change| writeln!(f, "{change}"))
    }
}
