//! The families of the program that a page can hold, by name, and what contradicts what.
//!
//! In `catalogue/`: what is found wrong with them, and what collectors add. Not here: values (`walk.rs`,
//! `own.rs`). Invariants: looks at descriptors and heads, never at values; which of two contradicting
//! families stays does not depend on the order of linking.

mod collected;
mod difference;
mod findings;
mod taken;

use std::{
    slice,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

pub(crate) use self::collected::Collected;
use self::{difference::conflict, taken::Taken};
use crate::{
    desc::Descriptor,
    family::{Declared, Family, declared},
    isolation,
    own::Own,
    problem::Problem,
    sites,
};

/// Every family that the program declares, those of attributes, and those about this crate.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    /// By name.
    pub(crate) entries: Vec<Entry>,
    /// Every family with storage, those of attributes too.
    families: Vec<&'static Family>,
    problems: Vec<Problem>,
    taken: Taken<'static>,
}

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

    /// Its families with storage.
    fn families(&self) -> &[&'static Family] {
        match self {
            Self::Declared(families) => families,
            Self::BuiltIn(family) => slice::from_ref(family),
            Self::Own(_) => &[],
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
        isolation::once(sites::init);
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, catalogue)) if *known == blocks => Arc::clone(catalogue),
            _ => {
                let catalogue = Arc::new(Self::of(&in_order(declared())));
                *last = Some((blocks, Arc::clone(&catalogue)));
                catalogue
            }
        }
    }

    /// That of a registry without the program's families.
    pub(crate) fn of_nothing() -> Arc<Self> {
        static NOTHING: LazyLock<Arc<Catalogue>> = LazyLock::new(|| {
            let mut catalogue = Catalogue::default();
            catalogue.add_own(&Own::REGISTRY);
            Arc::new(catalogue)
        });
        Arc::clone(&NOTHING)
    }

    /// That of these families and what is always there. What comes first stays.
    fn of(families: &[&'static Family]) -> Self {
        let mut catalogue = Self::default();
        if families.is_empty() {
            catalogue.problems.push(Problem::NothingDeclared);
        }
        for family in families {
            catalogue.add_declared(family);
        }
        for family in sites::families() {
            catalogue.add_ours(family.descriptor(), Entry::BuiltIn(family));
        }
        catalogue.add_own(&Own::PROGRAM);
        catalogue.add_own(&Own::REGISTRY);
        for entry in &catalogue.entries {
            catalogue.families.extend_from_slice(entry.families());
        }
        catalogue
    }

    /// Adds a declared family, or another declaration of it.
    fn add_declared(&mut self, family: &'static Family) {
        let descriptor = family.descriptor();
        let known = self.place(descriptor.name).ok().and_then(|place| self.entries.get_mut(place));
        if let Some(Entry::Declared(same)) = known {
            let first = same.first().map_or(descriptor, |first| first.descriptor());
            match conflict(first, descriptor) {
                None => same.push(family),
                Some(conflict) => self.problems.push(conflict),
            }
            return;
        }
        self.add(descriptor, &title(descriptor), Entry::Declared(vec![family]));
    }

    fn add_own(&mut self, families: &[Own]) {
        for own in families {
            self.add_ours(own.descriptor(), Entry::Own(*own));
        }
    }

    /// Adds a family that this crate declares, unless the program has its name.
    fn add_ours(&mut self, descriptor: &'static Descriptor, entry: Entry) {
        self.add(descriptor, &format!("the built-in family `{}`", descriptor.name), entry);
    }

    /// Adds a family, if no other takes the name of one of its samples.
    fn add(&mut self, descriptor: &'static Descriptor, title: &str, entry: Entry) {
        match self.taken.take(descriptor.metric_type, descriptor.name, title) {
            Ok(()) => {
                let (Ok(place) | Err(place)) = self.place(descriptor.name);
                self.entries.insert(place, entry);
            }
            Err(clash) => self.problems.push(clash),
        }
    }

    /// The place of the entry with this name, or where one can be inserted.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.name().cmp(name))
    }

    /// The declared families, equal declarations together.
    pub(crate) fn declared(&self) -> impl Iterator<Item = &[&'static Family]> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Declared(families) => Some(&**families),
            Entry::BuiltIn(_) | Entry::Own(_) => None,
        })
    }

    /// Every family of the program with storage, those of attributes too.
    pub(crate) fn families(&self) -> &[&'static Family] {
        &self.families
    }

    /// The descriptors of all families, by name; of equal declarations each.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = &'static Descriptor> + use<> {
        let mut all = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            match entry {
                Entry::Own(own) => all.push(own.descriptor()),
                _ => all.extend(entry.families().iter().map(|family| family.descriptor())),
            }
        }
        all.into_iter()
    }
}

/// Families by where they are declared, and by name.
///
/// Each is inserted at its place, for a sort from the standard library is more machine code than all the
/// rest of the catalogue.
fn in_order(families: impl Iterator<Item = &'static Family>) -> Vec<&'static Family> {
    let order = |family: &Family| (family.descriptor().location, family.descriptor().name);
    let mut ordered: Vec<&'static Family> = Vec::new();
    for family in families {
        let place = ordered.partition_point(|before| order(before) < order(family));
        ordered.insert(place, family);
    }
    ordered
}

/// A declared family in a sentence.
fn title(descriptor: &Descriptor) -> String {
    let Descriptor { name, metric_type, location, .. } = descriptor;
    format!("{} `{name}` ({location})", metric_type.as_str())
}
