//! What can only be found after linking: families that contradict each other.
//!
//! Not here: mistakes inside one `metrics!` block, which are compile errors. Invariant: looks at
//! descriptors and heads, never at values.

use std::{collections::BTreeMap, fmt};

use crate::{
    desc::{Descriptor, Location},
    family::{Family, declared},
    name::{is_label_name, is_metric_name, taken_names},
    sample::FamilySnapshot,
};

/// A problem that [`Registry::check`](crate::Registry::check) found; its `Display` is a sentence.
///
/// ```standalone_crate
/// for problem in caas_metrics::registry().check() {
///     panic!("{problem}");
/// }
/// # caas_metrics::metrics! {
/// #     /// So that the program declares something.
/// #     pub counter ExamplesTotal;
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Problem {
    /// No family is declared in this program.
    NothingDeclared,
    /// A family is declared twice and the declarations differ; the first one is exported.
    Conflict {
        /// The metric's name.
        name: String,
        /// What differs, such as `type` or `labels`.
        difference: &'static str,
        /// The declaration that is exported.
        kept: Location,
        /// The declaration that is not.
        dropped: Location,
    },
    /// Two families would both produce a sample of this name; the first one is exported.
    Clash {
        /// The sample or family name that both take.
        sample: String,
        /// The family that is exported, and where it comes from.
        kept: String,
        /// The family that is not, and where it comes from.
        dropped: String,
    },
    /// A collector returned a family that cannot be exported.
    BadFamily {
        /// The family's name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A default label has the name of a label of this family, whose own label wins.
    DefaultLabel {
        /// The label.
        label: String,
        /// The metric's name.
        name: String,
    },
    /// No room was left for the family's slots; its updates are not exported.
    NoRoom {
        /// The metric's name.
        name: String,
        /// Where it is declared.
        location: Location,
    },
    /// A registered collector panicked.
    CollectorPanicked,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingDeclared => f.write_str(
                "no family is declared: rustc does not link a crate that nothing refers to; use \
                 an item of each crate that declares metrics",
            ),
            Self::Conflict { name, difference, kept, dropped } => write!(
                f,
                "`{name}` is declared with another {difference} at {dropped} than at {kept}; the \
                 latter is exported"
            ),
            Self::Clash { sample, kept, dropped } => {
                write!(f, "{dropped} takes the name `{sample}` of {kept} and is not exported")
            }
            Self::BadFamily { name, reason } => {
                write!(f, "a collector's family `{name}` is not exported: {reason}")
            }
            Self::DefaultLabel { label, name } => {
                write!(f, "the default label `{label}` is a label of `{name}`, whose own wins")
            }
            Self::NoRoom { name, location } => write!(
                f,
                "no room was left for `{name}` ({location}): lower the `#[limit]` of large families"
            ),
            Self::CollectorPanicked => f.write_str("a registered collector panicked"),
        }
    }
}

impl std::error::Error for Problem {}

/// The declared families that a page can hold: by name, those of one name together.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    pub(crate) families: BTreeMap<&'static str, Vec<&'static Family>>,
    pub(crate) problems: Vec<Problem>,
    taken: BTreeMap<String, String>,
}

impl Catalogue {
    /// Every family that this program declares.
    pub(crate) fn of_program() -> Self {
        Self::of(declared().collect())
    }

    /// These families; which ones stay does not depend on their order.
    pub(crate) fn of(mut families: Vec<&'static Family>) -> Self {
        families.sort_unstable_by_key(|family| {
            let descriptor = family.descriptor();
            (descriptor.location, descriptor.name)
        });
        let mut catalogue = Self::default();
        for family in families {
            catalogue.add(family);
        }
        catalogue
    }

    fn add(&mut self, family: &'static Family) {
        let descriptor = family.descriptor();
        if let Some(same) = self.families.get_mut(descriptor.name) {
            let first = same.first().map_or(descriptor, |first| first.descriptor());
            match difference(first, descriptor) {
                None => same.push(family),
                Some(difference) => self.problems.push(Problem::Conflict {
                    name: descriptor.name.to_owned(),
                    difference,
                    kept: first.location,
                    dropped: descriptor.location,
                }),
            }
            return;
        }
        let title = format!(
            "{} `{}` ({})",
            descriptor.metric_type.as_str(),
            descriptor.name,
            descriptor.location
        );
        let names = taken_names(descriptor.name, descriptor.metric_type);
        if self.take(names, title) {
            self.families.insert(descriptor.name, vec![family]);
        }
    }

    /// Takes names for a family; `false`, and a problem, if one is taken already.
    fn take(&mut self, names: Vec<String>, title: String) -> bool {
        for name in &names {
            if let Some(kept) = self.taken.get(name) {
                self.problems.push(Problem::Clash {
                    sample: name.clone(),
                    kept: kept.clone(),
                    dropped: title,
                });
                return false;
            }
        }
        for name in names {
            self.taken.insert(name, title.clone());
        }
        true
    }

    /// Whether a collector's family can stand on the same page.
    pub(crate) fn admit(&mut self, family: &FamilySnapshot) -> bool {
        if let Some(reason) = reason_against(family) {
            self.problems.push(Problem::BadFamily { name: family.name.clone(), reason });
            return false;
        }
        let title = format!("{} `{}` of a collector", family.metric_type.as_str(), family.name);
        self.take(taken_names(&family.name, family.metric_type), title)
    }
}

/// What two declarations of one family differ in.
fn difference(a: &Descriptor, b: &Descriptor) -> Option<&'static str> {
    let differences = [
        (a.metric_type != b.metric_type, "type"),
        (a.number != b.number, "number type"),
        (a.updown != b.updown, "`#[updown]`"),
        (a.help != b.help, "help"),
        (a.unit != b.unit, "unit"),
        (a.labels != b.labels, "set of labels or closed values"),
        (a.buckets != b.buckets, "set of buckets"),
    ];
    differences.into_iter().find_map(|(differs, what)| differs.then_some(what))
}

/// Why a collector's family would break the page.
fn reason_against(family: &FamilySnapshot) -> Option<&'static str> {
    let increasing = |bounds: &[f64]| {
        bounds.iter().all(|bound| bound.is_finite()) && bounds.windows(2).all(|w| w[0] < w[1])
    };
    if !is_metric_name(&family.name) {
        return Some("its name is not a metric name");
    }
    if !increasing(&family.buckets) {
        return Some("its bounds are not finite and increasing");
    }
    let mut seen = std::collections::BTreeSet::new();
    for sample in &family.samples {
        if !sample.labels.iter().all(|(name, _)| is_label_name(name)) {
            return Some("a label's name is not a label name");
        }
        let mut labels: Vec<_> = sample.labels.iter().collect();
        labels.sort_unstable();
        if labels.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Some("a sample has a label twice");
        }
        // An empty value is an absent label to Prometheus.
        labels.retain(|(_, value)| !value.is_empty());
        if !seen.insert(labels) {
            return Some("a label set occurs twice");
        }
        if !value_fits(family, &sample.value) {
            return Some("a sample's value does not fit the family's type");
        }
    }
    None
}

fn value_fits(family: &FamilySnapshot, value: &crate::sample::OwnedValue) -> bool {
    use crate::{desc::MetricType, sample::OwnedValue};
    match value {
        OwnedValue::Number(number) => match family.metric_type {
            MetricType::Histogram | MetricType::Summary => false,
            MetricType::Counter => number.as_f64() >= 0.0,
            _ => true,
        },
        OwnedValue::Histogram { buckets, .. } => {
            family.metric_type == MetricType::Histogram && buckets.len() == family.buckets.len() + 1
        }
        OwnedValue::Summary { .. } => family.metric_type == MetricType::Summary,
    }
}
