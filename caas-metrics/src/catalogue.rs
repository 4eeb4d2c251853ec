//! The families of the program that a page can hold, by name, and what contradicts what.
//!
//! Not here: their values (`walk.rs`, `own.rs`) and what collectors return until a scrape comes.
//! Invariants: looks at descriptors and heads, never at values; which of two contradicting families
//! stays does not depend on the order of linking.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use crate::{
    desc::{Descriptor, LabelDescriptor, MetricType, NumberType},
    family::{Declared, Family, declared},
    name::{is_label_name, is_metric_name, reserved_for, taken_names},
    own::Own,
    problem::{Difference, Problem},
    sample::{FamilySnapshot, OwnedValue},
    sites,
};

/// Every family that the program declares, those of attributes, and those about this crate.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    /// By name.
    pub(crate) entries: Vec<Entry>,
    pub(crate) problems: Vec<Problem>,
    taken: Taken,
}

/// The names of samples, and which family takes each.
type Taken = BTreeMap<String, String>;

/// A family of the program.
#[derive(Debug)]
pub(crate) enum Entry {
    /// One declared family, or equal declarations of it.
    Declared(Vec<&'static Family>),
    /// One of attributes without an argument.
    BuiltIn(&'static Family),
    /// One about this crate.
    Own(Own),
}

impl Entry {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Declared(families) => {
                families.first().map_or("", |family| family.descriptor().name)
            }
            Self::BuiltIn(family) => family.descriptor().name,
            Self::Own(own) => own.head().name,
        }
    }
}

/// The catalogue that was made last, and how many blocks were declared then. A library that is loaded
/// later brings more of them.
static LAST: Mutex<Option<(usize, Arc<Catalogue>)>> = Mutex::new(None);

impl Catalogue {
    /// That of this program.
    pub(crate) fn of_program() -> Arc<Self> {
        let blocks = inventory::iter::<Declared>.into_iter().count();
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, catalogue)) if *known == blocks => Arc::clone(catalogue),
            _ => {
                let catalogue = Arc::new(Self::of(declared().collect()));
                *last = Some((blocks, Arc::clone(&catalogue)));
                catalogue
            }
        }
    }

    /// That of a registry without the program's families.
    pub(crate) fn of_nothing() -> Arc<Self> {
        static NOTHING: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
            let (mut catalogue, mut by_name) = (Catalogue::default(), BTreeMap::new());
            catalogue.add_own(&mut by_name, &Own::REGISTRY);
            catalogue.entries = by_name.into_values().collect();
            Arc::new(catalogue)
        });
        Arc::clone(&NOTHING)
    }

    /// That of these families and what is always there.
    fn of(mut families: Vec<&'static Family>) -> Self {
        families.sort_unstable_by_key(|family| {
            let descriptor = family.descriptor();
            (descriptor.location, descriptor.name)
        });
        let mut catalogue = Self::default();
        let mut by_name: BTreeMap<&str, Entry> = BTreeMap::new();
        for family in families {
            catalogue.add(&mut by_name, family, |family| Entry::Declared(vec![family]));
        }
        for family in sites::families() {
            catalogue.add(&mut by_name, family, Entry::BuiltIn);
        }
        catalogue.add_own(&mut by_name, &Own::PROGRAM);
        catalogue.add_own(&mut by_name, &Own::REGISTRY);
        catalogue.entries = by_name.into_values().collect();
        catalogue
    }

    fn add_own(&mut self, by_name: &mut BTreeMap<&str, Entry>, families: &[Own]) {
        for own in families {
            let head = own.head();
            let title = format!("{} `{}` of this crate", head.metric_type.as_str(), head.name);
            match take(&[&self.taken], taken_names(head.name, head.metric_type), title) {
                Ok(taken) => {
                    self.taken.extend(taken);
                    by_name.insert(head.name, Entry::Own(*own));
                }
                Err(clash) => self.problems.push(clash),
            }
        }
    }

    fn add(
        &mut self,
        by_name: &mut BTreeMap<&str, Entry>,
        family: &'static Family,
        entry: fn(&'static Family) -> Entry,
    ) {
        let descriptor = family.descriptor();
        if let Some(Entry::Declared(same)) = by_name.get_mut(descriptor.name) {
            let first = same.first().map_or(descriptor, |first| first.descriptor());
            let differences = differences(first, descriptor);
            if differences.is_empty() {
                same.push(family);
            } else {
                self.problems.push(Problem::Conflict {
                    name: descriptor.name.to_owned(),
                    differences,
                    kept: first.location,
                    dropped: descriptor.location,
                });
            }
            return;
        }
        let title = format!(
            "{} `{}` ({})",
            descriptor.metric_type.as_str(),
            descriptor.name,
            descriptor.location
        );
        match take(&[&self.taken], taken_names(descriptor.name, descriptor.metric_type), title) {
            Ok(taken) => {
                self.taken.extend(taken);
                by_name.insert(descriptor.name, entry(family));
            }
            Err(clash) => self.problems.push(clash),
        }
    }

    /// The declared families, equal declarations together.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &[&'static Family]> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Declared(families) => Some(&**families),
            Entry::BuiltIn(_) | Entry::Own(_) => None,
        })
    }

    /// Those of the families of collectors that can stand on the same page, by name.
    pub(crate) fn admit(
        &self,
        collected: Vec<FamilySnapshot>,
        problems: &mut Vec<Problem>,
    ) -> Vec<FamilySnapshot> {
        let mut families = merge(collected, problems);
        let mut taken = Taken::new();
        families.retain(|family| match admit(&[&self.taken, &taken], family) {
            Ok(names) => {
                taken.extend(names);
                true
            }
            Err(problem) => {
                problems.push(problem);
                false
            }
        });
        families
    }
}

/// The families of all collectors by name, those with one head together.
fn merge(collected: Vec<FamilySnapshot>, problems: &mut Vec<Problem>) -> Vec<FamilySnapshot> {
    let mut merged: BTreeMap<String, FamilySnapshot> = BTreeMap::new();
    for family in collected {
        match merged.get_mut(&family.name) {
            Some(first) if first.head() == family.head() => first.samples.extend(family.samples),
            Some(first) => problems.push(Problem::Clash {
                sample: family.name.clone(),
                kept: format!("{} `{}` of a collector", first.metric_type.as_str(), first.name),
                dropped: format!("{} of another one", family.metric_type.as_str()),
            }),
            None => {
                merged.insert(family.name.clone(), family);
            }
        }
    }
    merged.into_values().collect()
}

/// The names that a collector's family takes, if it can stand beside what takes those.
fn admit(taken: &[&Taken], family: &FamilySnapshot) -> Result<Taken, Problem> {
    if let Some(reason) = reason_against(family) {
        return Err(Problem::BadFamily { name: family.name.clone(), reason });
    }
    let title = format!("{} `{}` of a collector", family.metric_type.as_str(), family.name);
    take(taken, taken_names(&family.name, family.metric_type), title)
}

/// Who takes these names, if nobody else does.
fn take(taken: &[&Taken], names: Vec<String>, title: String) -> Result<Taken, Problem> {
    for sample in &names {
        if let Some(kept) = taken.iter().find_map(|taken| taken.get(sample)) {
            let (sample, kept) = (sample.clone(), kept.clone());
            return Err(Problem::Clash { sample, kept, dropped: title });
        }
    }
    Ok(names.into_iter().map(|name| (name, title.clone())).collect())
}

/// What two declarations of one family differ in, with what each of them says.
fn differences(kept: &Descriptor, dropped: &Descriptor) -> Vec<Difference> {
    let both = said(kept).into_iter().zip(said(dropped));
    let mut all: Vec<_> =
        both.map(|((what, kept), (_, dropped))| (what.to_owned(), kept, dropped)).collect();
    // A label that both have may still differ, in its values or its settings.
    for label in kept.labels {
        if let Some(other) = dropped.labels.iter().find(|other| other.name == label.name) {
            all.push((format!("label `{}`", label.name), described(label), described(other)));
        }
    }
    let differing = all.into_iter().filter(|(_, kept, dropped)| kept != dropped);
    differing.map(|(what, kept, dropped)| Difference { what, kept, dropped }).collect()
}

/// What a declaration says, in the words of a problem.
fn said(descriptor: &Descriptor) -> [(&'static str, String); 7] {
    let number = match descriptor.number {
        NumberType::Integer => "integer",
        NumberType::Float => "float",
    };
    let updown = if descriptor.updown { "present" } else { "absent" };
    [
        ("type", descriptor.metric_type.as_str().to_owned()),
        ("number type", number.to_owned()),
        ("`#[updown]`", updown.to_owned()),
        ("help", format!("\"{}\"", descriptor.help)),
        ("unit", descriptor.unit.unwrap_or("none").to_owned()),
        ("labels", listed(descriptor.labels.iter().map(|label| label.name))),
        ("buckets", listed(descriptor.buckets)),
    ]
}

/// All that a declaration says of a label but its name.
fn described(label: &LabelDescriptor) -> String {
    let values = match label.values {
        Some(values) => listed(values),
        None => format!("open, of at most {} bytes", label.max_bytes),
    };
    if label.zeroed { format!("{values}, zeroed") } else { values }
}

/// `(a, b)`.
fn listed<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("({})", items.join(", "))
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
    let mut seen = BTreeSet::new();
    for sample in &family.samples {
        if !sample.labels.iter().all(|(name, _)| is_label_name(name)) {
            return Some("a label's name is not a label name");
        }
        if sample.labels.iter().any(|(name, _)| reserved_for(name).is_some()) {
            return Some(
                "a label has a name that is reserved: `le`, `quantile`, or `__` at its beginning",
            );
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

fn value_fits(family: &FamilySnapshot, value: &OwnedValue) -> bool {
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
