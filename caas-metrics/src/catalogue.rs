//! The families of the program that a page can hold, by name, and what contradicts what.
//!
//! Not here: their values (`walk.rs`, `own.rs`) and what collectors return until a scrape comes.
//! Invariants: looks at descriptors and heads, never at values; which of two contradicting families
//! stays does not depend on the order of linking.

use std::{
    collections::BTreeMap,
    slice,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use caas_metrics_model::TARGET_LABELS;

use crate::{
    admit::{self, Findings, Reason},
    desc::{Descriptor, LabelDescriptor, NumberType},
    family::{Declared, Family, declared},
    own::Own,
    problem::{Difference, Problem},
    sample::{FamilyHead, FamilySnapshot},
    sites,
    walk::DefaultLabels,
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
    /// The descriptor of the family; of equal declarations the first one's.
    pub(crate) fn descriptor(&self) -> Option<&'static Descriptor> {
        match self {
            Self::Declared(families) => families.first().map(|family| family.descriptor()),
            Self::BuiltIn(family) => Some(family.descriptor()),
            Self::Own(own) => Some(own.descriptor()),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.descriptor().map_or("", |descriptor| descriptor.name)
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
        if families.is_empty() {
            catalogue.problems.push(Problem::NothingDeclared);
        }
        for family in families {
            catalogue.add(&mut by_name, family);
        }
        for family in sites::families() {
            let descriptor = family.descriptor();
            catalogue.add_ours(&mut by_name, descriptor, Entry::BuiltIn(family));
        }
        catalogue.add_own(&mut by_name, &Own::PROGRAM);
        catalogue.add_own(&mut by_name, &Own::REGISTRY);
        catalogue.entries = by_name.into_values().collect();
        catalogue
    }

    fn add_own(&mut self, by_name: &mut BTreeMap<&str, Entry>, families: &[Own]) {
        for own in families {
            self.add_ours(by_name, own.descriptor(), Entry::Own(*own));
        }
    }

    /// Adds a family that this crate declares, unless the program has its name.
    fn add_ours(
        &mut self,
        by_name: &mut BTreeMap<&str, Entry>,
        descriptor: &'static Descriptor,
        entry: Entry,
    ) {
        let title = format!("the built-in family `{}`", descriptor.name);
        self.take(by_name, descriptor, title, entry);
    }

    /// Adds a family under its name, if no other takes the name of one of its samples.
    fn take(
        &mut self,
        by_name: &mut BTreeMap<&str, Entry>,
        descriptor: &'static Descriptor,
        title: String,
        entry: Entry,
    ) {
        match take(&[&self.taken], taken_names(descriptor), title) {
            Ok(taken) => {
                self.taken.extend(taken);
                by_name.insert(descriptor.name, entry);
            }
            Err(clash) => self.problems.push(clash),
        }
    }

    /// Adds a declared family, or another declaration of it.
    fn add(&mut self, by_name: &mut BTreeMap<&str, Entry>, family: &'static Family) {
        let descriptor = family.descriptor();
        if let Some(Entry::Declared(same)) = by_name.get_mut(descriptor.name) {
            let first = same.first().map_or(descriptor, |first| first.descriptor());
            match conflict(first, descriptor) {
                None => same.push(family),
                Some(conflict) => self.problems.push(conflict),
            }
            return;
        }
        self.take(by_name, descriptor, title(descriptor), Entry::Declared(vec![family]));
    }

    /// The declared families, equal declarations together.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &[&'static Family]> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Declared(families) => Some(&**families),
            Entry::BuiltIn(_) | Entry::Own(_) => None,
        })
    }

    /// Every family of the program with storage, those of attributes too.
    pub(crate) fn families(&self) -> impl Iterator<Item = &'static Family> {
        self.entries
            .iter()
            .flat_map(|entry| match entry {
                Entry::Declared(families) => &**families,
                Entry::BuiltIn(family) => slice::from_ref(family),
                Entry::Own(_) => &[],
            })
            .copied()
    }

    /// The descriptors of all families, by name; of equal declarations each.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = &'static Descriptor> {
        self.entries.iter().flat_map(|entry| {
            let (families, own) = match entry {
                Entry::Declared(families) => (&**families, None),
                Entry::BuiltIn(family) => (slice::from_ref(family), None),
                Entry::Own(own) => (&[][..], Some(own.descriptor())),
            };
            families.iter().map(|family| family.descriptor()).chain(own)
        })
    }

    /// What is wrong with these families and those that collectors describe, beside default labels and
    /// before any value is known.
    pub(crate) fn findings(
        &self,
        default: &DefaultLabels,
        described: &[&'static Descriptor],
    ) -> Findings {
        let mut findings = default.findings.clone();
        findings.problems.extend_from_slice(&self.problems);
        let is_of_target = |label: &str| TARGET_LABELS.contains(&label);
        for (label, _) in default.labels.iter().filter(|(label, _)| is_of_target(label)) {
            let (label, whose) = (label.clone(), "the default labels".to_owned());
            findings.problems.push(Problem::TargetLabel { label, whose });
        }
        for descriptor in self.entries.iter().filter_map(Entry::descriptor) {
            // What a described family gives to its samples is seen when they come.
            for (label, _) in &default.labels {
                if descriptor.labels.iter().any(|own| own.name == label) {
                    let (label, name) = (label.clone(), descriptor.name.to_owned());
                    findings.default_label(Problem::DefaultLabel { label, name });
                }
            }
        }
        self.judge_described(described, &mut findings);
        let own = self.entries.iter().filter_map(Entry::descriptor);
        // Whoever says why a family is as it is knows what becomes of it.
        let judged = own.chain(described.iter().copied()).filter(|it| it.legacy.is_none());
        for descriptor in judged {
            for label in descriptor.labels.iter().filter(|label| is_of_target(label.name)) {
                let (label, whose) = (label.name.to_owned(), title(descriptor));
                findings.problems.push(Problem::TargetLabel { label, whose });
            }
            if FamilyHead::of(descriptor).sum_can_shrink() {
                let (name, location) = (descriptor.name.to_owned(), descriptor.location);
                findings.problems.push(Problem::NoSum { name, location });
            }
        }
        findings.problems.sort();
        findings.problems.dedup();
        findings
    }

    /// What is wrong with the families that collectors describe.
    fn judge_described(&self, described: &[&'static Descriptor], findings: &mut Findings) {
        let (mut taken, mut known) = (Taken::new(), BTreeMap::<&str, &Descriptor>::new());
        for descriptor in described {
            if let Some(problem) = admit::fault_of_description(descriptor) {
                findings.problems.push(problem);
            } else if let Some(first) = known.get(descriptor.name) {
                findings.problems.extend(conflict(first, descriptor));
            } else {
                let title = format!("{} of a collector", title(descriptor));
                match take(&[&self.taken, &taken], taken_names(descriptor), title) {
                    Ok(names) => {
                        taken.extend(names);
                        known.insert(descriptor.name, descriptor);
                    }
                    Err(clash) => findings.problems.push(clash),
                }
            }
        }
    }

    /// What a page can hold of the families of collectors, by name.
    pub(crate) fn admit(
        &self,
        collected: Vec<FamilySnapshot>,
        default: &DefaultLabels,
        described: &[&'static Descriptor],
        findings: &mut Findings,
    ) -> Vec<FamilySnapshot> {
        let mut families = merge(collected, findings);
        let mut taken = Taken::new();
        families.retain_mut(|family| {
            if !admit::admits(family, findings) {
                return false;
            }
            match take_collected(&[&self.taken, &taken], family) {
                Ok(names) => taken.extend(names),
                Err(clash) => {
                    findings.family(family, Reason::Clash, clash);
                    return false;
                }
            }
            if let Some(descriptor) = described.iter().find(|it| it.name == family.name) {
                findings.problems.extend(not_as_described(family, descriptor));
            }
            admit::retain(family, default, findings);
            true
        });
        families
    }
}

/// A declared family in a sentence.
fn title(descriptor: &Descriptor) -> String {
    let Descriptor { name, metric_type, location, .. } = descriptor;
    format!("{} `{name}` ({location})", metric_type.as_str())
}

/// The families of all collectors by name, those with one head together.
fn merge(collected: Vec<FamilySnapshot>, findings: &mut Findings) -> Vec<FamilySnapshot> {
    let mut merged: BTreeMap<String, FamilySnapshot> = BTreeMap::new();
    for family in collected {
        match merged.get_mut(&family.name) {
            Some(first) if first.head() == family.head() => first.samples.extend(family.samples),
            Some(first) => {
                let clash = Problem::Clash {
                    sample: family.name.clone(),
                    kept: format!("{} `{}` of a collector", first.metric_type.as_str(), first.name),
                    dropped: format!("{} of another one", family.metric_type.as_str()),
                };
                findings.family(&family, Reason::Clash, clash);
            }
            None => {
                merged.insert(family.name.clone(), family);
            }
        }
    }
    merged.into_values().collect()
}

/// The names that a collector's family takes, if it can stand beside what takes those.
fn take_collected(taken: &[&Taken], family: &FamilySnapshot) -> Result<Taken, Problem> {
    let title = format!("{} `{}` of a collector", family.metric_type.as_str(), family.name);
    take(taken, family.metric_type.taken_names(&family.name), title)
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

/// Two declarations of one family that differ; the first one is exported.
fn conflict(first: &Descriptor, second: &Descriptor) -> Option<Problem> {
    let differences = differences(first, second);
    (!differences.is_empty()).then(|| Problem::Conflict {
        name: second.name.to_owned(),
        differences,
        kept: first.location,
        dropped: second.location,
    })
}

/// A collector's family that is not as its descriptor says.
fn not_as_described(family: &FamilySnapshot, descriptor: &Descriptor) -> Option<Problem> {
    let (head, described) = (family.head(), FamilyHead::of(descriptor));
    let differences = [
        (head.metric_type != described.metric_type, "type"),
        (head.help != described.help, "help"),
        (head.unit != described.unit, "unit"),
        (head.buckets != described.buckets, "set of buckets"),
    ];
    let difference = differences.into_iter().find_map(|(differs, what)| differs.then_some(what))?;
    let (name, location) = (family.name.clone(), descriptor.location);
    Some(Problem::NotAsDescribed { name, difference, location })
}

/// Every name that a family takes for itself.
fn taken_names(descriptor: &Descriptor) -> Vec<String> {
    descriptor.metric_type.taken_names(descriptor.name)
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
