//! How a label set, or a handle that was kept, gets to its child.
//!
//! Not here: how the storage finds a key (`storage/update.rs`, `table.rs`). Invariant: a child that its
//! thread has updated before is found without a lock and without memory.

mod kept;

pub(crate) use self::kept::Kept;
use crate::{
    desc::LabelDescriptor,
    ended::ScopesOf,
    family::LabelSet,
    isolation::{Origin, here},
    label::LabelText,
    storage::{
        cells::Cells,
        key::{Key, Text, each_value},
        shape::Shape,
        update::{self, At, Home},
    },
};

/// How a child of the family `L` is reached.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait Reach<L> {
    /// This thread's cells of the child, if it has updated it before. Only for families with open
    /// labels, and not for shared cells.
    fn cells(&self) -> Option<Cells<L>>;
    /// The same, with the child in the life for which they count.
    fn located(&self) -> Option<(Cells<L>, At)>;
    /// The child, created if need be; `None` without memory.
    fn at(&self) -> Option<At>;
    /// Where it is, for a handle to keep.
    fn origin(&self) -> Origin;
}

/// A child by its label set.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct BySet<'s, L>(pub(crate) &'s L);

impl<L: LabelSet> Reach<L::Static> for BySet<'_, L> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn cells(&self) -> Option<Cells<L::Static>> {
        look_up(self.0)
    }

    #[inline]
    fn located(&self) -> Option<(Cells<L::Static>, At)> {
        locate(self.0)
    }

    #[inline]
    fn at(&self) -> Option<At> {
        let set = self.0;
        if <L as Home>::SHAPE.is_closed() {
            return Some(At::closed(set.with_values(place::<L>)));
        }
        let found = set.with_values(|values| update::find::<L>(values, place::<L>(values)));
        found.or_else(|| set.with_values(create::<L>))
    }

    #[inline]
    fn origin(&self) -> Origin {
        let show =
            |keep: &mut dyn FnMut(&[LabelText<'_>])| self.0.with_values(|values| keep(values));
        origin::<L>(show)
    }
}

/// Where a handle is made whose label values are shown.
#[inline]
pub(crate) fn origin<L: LabelSet>(show: impl FnOnce(&mut dyn FnMut(&[LabelText<'_>]))) -> Origin {
    Origin::of::<L>(core::ptr::from_ref(L::family()).addr(), show)
}

/// This thread's cells of a child. Once in a program for each family, however often it is updated.
#[inline(never)]
fn look_up<L: LabelSet>(set: &L) -> Option<Cells<L::Static>> {
    set.with_values(|values| update::known_by::<L::Static>(values, place::<L>(values)))
}

/// The same for families with exemplars, which have to know the child too.
#[inline(never)]
fn locate<L: LabelSet>(set: &L) -> Option<(Cells<L::Static>, At)> {
    set.with_values(|values| update::located_by::<L::Static>(values, place::<L>(values)))
}

/// The child of label values that have none, or the overflow child; `None` without memory.
#[cold]
#[inline(never)]
pub(crate) fn create<L: LabelSet>(values: &[LabelText<'_>]) -> Option<At> {
    let key = Key::new(values, &<L as Home>::SHAPE);
    let create =
        |key: &Key<'_>| L::index().create(key, place::<L>(values), is_too_long::<L>(values));
    if const { can_end(L::DESCRIPTOR.labels) } {
        create(&key.unless(&|| has_ended(L::DESCRIPTOR.labels, values)))
    } else {
        create(&key)
    }
}

/// Whether a label of the family has a type that can have scopes.
const fn can_end(labels: &[LabelDescriptor]) -> bool {
    let mut i = 0;
    while i < labels.len() {
        if labels[i].scopes.is_some() {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether the last scope of one of the values has ended.
fn has_ended(labels: &[LabelDescriptor], values: &[LabelText<'_>]) -> bool {
    labels.iter().zip(values).any(|(label, value)| {
        let Some(ScopesOf(scopes)) = label.scopes else { return false };
        let scopes = here(scopes());
        match value.0 {
            Text::Integer(n) => {
                scopes.has_ended(LabelText::short(&n).0.as_str().unwrap_or_default())
            }
            text => scopes.has_ended(text.as_str().unwrap_or_default()),
        }
    })
}

/// The child of a label set if it lives, without creating it.
pub(crate) fn find<L: LabelSet>(set: &L) -> Option<At> {
    let index = L::index();
    set.with_values(|values| {
        let place = place::<L>(values);
        if <L as Home>::SHAPE.is_closed() {
            return index.is_exported(place).then(|| At::closed(place));
        }
        let key = Key::new(values, &<L as Home>::SHAPE);
        if is_too_long::<L>(values) { None } else { index.find(&key, place) }
    })
}

/// The child to keep; one that is not exported from the start is from now on.
pub(crate) fn keep<L: LabelSet>(reach: &impl Reach<L>) -> Kept {
    let index = L::index();
    let Some(at) = reach.at() else {
        return Kept::found::<L>(At::NOWHERE);
    };
    let is_exported = !<L as Home>::SHAPE.is_closed()
        || <L as Home>::SHAPE.whole
        || index.is_exported(at.closed_place());
    if !is_exported && !index.init(at.closed_place()) {
        index.lose();
    }
    Kept::made(at, reach.origin())
}

/// The place of a label set's series in its block.
#[cfg_attr(not(debug_assertions), inline(always))]
pub(crate) fn place<L: LabelSet>(values: &[LabelText<'_>]) -> u32 {
    place_of(values, &<L as Home>::SHAPE, L::DESCRIPTOR.labels)
}

#[cfg_attr(not(debug_assertions), inline(always))]
fn place_of(values: &[LabelText<'_>], shape: &Shape, labels: &[LabelDescriptor]) -> u32 {
    let mut place = 0;
    each_value!(values, |label, value| if shape.in_block >> label & 1 == 1 {
        let all = labels.get(label).and_then(|label| label.values);
        if let (Some(all), Text::Integer(n)) = (all, value) {
            place = place * all.len() as u32 + n;
        }
    });
    place
}

/// Whether a value is longer than its label allows.
pub(crate) fn is_too_long<L: LabelSet>(values: &[LabelText<'_>]) -> bool {
    let mut labels = L::DESCRIPTOR.labels.iter().zip(values);
    labels.any(|(label, LabelText(value))| {
        value.as_str().is_some_and(|text| text.len() > label.max_bytes)
    })
}
