//! What is done to children besides updates: to read, create, reset and remove them.
//!
//! Each function is a method of every label set, by the same name. Not here: what the storage does then
//! (`storage/lives.rs`).

use crate::{
    family::{LabelSet, Source},
    label::ViewSource,
    lookup::{BySet, find, is_too_long, keep, place},
    metric::Metric,
    storage::{
        key::Key,
        scan::Scan,
        update::{At, Home},
    },
};

/// What the child of a label set holds, if it lives.
#[doc(hidden)]
pub fn get<L: LabelSet>(set: &L) -> Option<<L::Metric as Metric>::Reading> {
    let at = find(set)?;
    let mut cells = vec![0; <L as Home>::SHAPE.layout.values() as usize];
    let is_there = L::index().read(at, &mut cells);
    is_there.then(|| L::Metric::reading(&L::DESCRIPTOR, &cells))
}

/// Creates the child of a label set, at zero.
#[doc(hidden)]
pub fn init<L: LabelSet>(set: &L) {
    if keep::<L::Static>(&BySet(set)).here::<L::Static>() == At::NOWHERE {
        L::index().lose();
    }
}

/// Makes every child of the family read as zero.
#[doc(hidden)]
pub fn reset<L: LabelSet>() {
    L::index().reset_all();
}

/// Removes the child of a label set; one that is exported together with others goes back to zero.
#[doc(hidden)]
pub fn remove<L: LabelSet>(set: &L) -> bool {
    let index = L::index();
    set.with_values(|values| {
        let place = place::<L>(values);
        if <L as Home>::SHAPE.is_closed() {
            let was_there = index.is_exported(place);
            index.reset_closed(place, false);
            return was_there;
        }
        let key = Key::new(values, &<L as Home>::SHAPE);
        !is_too_long::<L>(values) && index.remove(&key, place)
    })
}

/// Removes every child; those that are exported from the start go back to zero.
#[doc(hidden)]
pub fn clear<L: LabelSet>() {
    L::index().clear();
}

/// Removes the children that `keep` refuses. No lock is held while it runs.
///
/// Of children that are exported together, those that are refused go back to zero, unless all are.
#[doc(hidden)]
pub fn retain<L: LabelSet>(mut keep: impl FnMut(&L::View<'_>) -> bool) {
    remove_matching::<L>(|view| !keep(view));
}

/// Removes the children that `matches` picks, as `retain` does those that it refuses, and returns how many
/// they are. Those that go back to zero count as well.
#[doc(hidden)]
#[allow(clippy::must_use_candidate, reason = "most callers only want them gone")]
pub fn remove_matching<L: LabelSet>(mut matches: impl FnMut(&L::View<'_>) -> bool) -> usize {
    let index = L::index();
    let sources = Source::of(&L::DESCRIPTOR);
    let (mut scan, mut extent) = (Scan::default(), index.extent());
    let mut removed = 0;
    while scan.read(index, &mut extent) {
        let mut is_meant = |row: &usize| {
            let parts: Vec<_> = sources.iter().map(|source| source.value(&scan, *row)).collect();
            matches(&L::view(&mut ViewSource { parts: parts.iter() }))
        };
        let found: Vec<At> = scan.rows().filter(&mut is_meant).map(|row| scan.at(row)).collect();
        removed += index.remove_found(&found);
    }
    removed
}
