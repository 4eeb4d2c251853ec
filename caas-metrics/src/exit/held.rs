//! Held values: owned label values, for label sets that are complete only when the call ends.
//!
//! A label set with a closure or `_` waits for the end of the call. By then the body may have moved
//! what the other labels borrow. So as soon as a label is known, it is turned into what a look-up
//! needs: a closed one into its index, an open one into its text.
//! Invariant: held values are owned and `Send`; texts of at most 47 bytes allocate nothing.

use core::{fmt::Write, marker::PhantomData};

use crate::{
    child::Child,
    family::LabelSet,
    isolation::Origin,
    label::{Label, LabelText},
    lookup::{Reach, create, origin, place as place_in_block},
    storage::{
        cells::Cells,
        key::{Inline, Text},
        update::{self, At, Home},
    },
};

/// A label value, owned.
#[derive(Debug)]
enum Held {
    Integer(u32),
    Short(Inline),
    Long(String),
}

impl Held {
    #[inline]
    fn new<L: Label>(label: &L) -> Self {
        match label.__value().0 {
            Text::Integer(n) => Self::Integer(n),
            Text::Inline(inline) => Self::Short(inline),
            Text::Borrowed(text) => {
                let mut inline = Inline::EMPTY;
                match inline.write_str(text) {
                    Ok(()) => Self::Short(inline),
                    Err(_) => Self::Long(text.to_owned()),
                }
            }
        }
    }

    #[inline]
    fn value(&self) -> LabelText<'_> {
        LabelText(match self {
            Self::Integer(n) => Text::Integer(*n),
            Self::Short(inline) => Text::Borrowed(inline.as_str()),
            Self::Long(text) => Text::Borrowed(text),
        })
    }
}

/// Some labels of a family: their names, and their types as rustc infers them from a literal that
/// is never evaluated.
#[doc(hidden)]
#[must_use]
pub struct Fields<T, L, const N: usize> {
    names: [&'static str; N],
    types: PhantomData<fn(T) -> L>,
}

/// The labels with these names, in the literal inside the closure. The closure's parameter is a tuple
/// of them.
#[inline]
pub fn fields<T, L: LabelSet, const N: usize>(
    names: [&'static str; N],
    _: impl FnOnce(T) -> L,
) -> Fields<T, L::Static, N> {
    Fields { names, types: PhantomData }
}

impl<T: HoldAll<N>, L: LabelSet, const N: usize> Fields<T, L, N> {
    /// The values, held.
    #[inline]
    pub fn __caas_hold(self, values: T) -> HeldFields<L, N> {
        HeldFields { values: values.held(self.names.map(place::<L>)), family: PhantomData }
    }
}

/// The place of a label among those of its family.
fn place<L: LabelSet>(name: &str) -> usize {
    let labels = L::DESCRIPTOR.labels;
    labels.iter().position(|label| label.name == name).unwrap_or(labels.len())
}

/// Some label values of a label set.
#[doc(hidden)]
#[must_use]
pub struct HeldFields<L, const N: usize> {
    values: [Placed; N],
    family: PhantomData<fn() -> L>,
}

/// A label value and its label's place in the family.
#[doc(hidden)]
#[derive(Debug)]
pub struct Placed(usize, Held);

/// Tuples of labels.
#[doc(hidden)]
pub trait HoldAll<const N: usize> {
    fn held(self, places: [usize; N]) -> [Placed; N];
}

macro_rules! tuples {
    ($($count:literal: $($label:ident $place:ident),*;)*) => {$(
        impl<$($label: Label),*> HoldAll<$count> for ($($label,)*) {
            #[inline]
            #[allow(non_snake_case, reason = "the types' names are those of the variables")]
            fn held(self, [$($place),*]: [usize; $count]) -> [Placed; $count] {
                let ($($label,)*) = self;
                [$(Placed($place, Held::new(&$label))),*]
            }
        }
    )*};
}

tuples! {
    1: A a;
    2: A a, B b;
    3: A a, B b, C c;
    4: A a, B b, C c, D d;
    5: A a, B b, C c, D d, E e;
    6: A a, B b, C c, D d, E e, F f;
    7: A a, B b, C c, D d, E e, F f, G g;
    8: A a, B b, C c, D d, E e, F f, G g, H h;
    9: A a, B b, C c, D d, E e, F f, G g, H h, I i;
    10: A a, B b, C c, D d, E e, F f, G g, H h, I i, J j;
    11: A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k;
    12: A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l;
}

/// The most labels that can be held: two tuples of them.
const MOST: usize = 24;

/// The labels of one set in two parts, in any order.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub struct HeldSet<'h, L> {
    parts: [&'h [Placed]; 2],
    family: PhantomData<fn() -> L>,
}

impl<L: LabelSet> HeldSet<'_, L> {
    /// Passes on the values of all labels, in the order of declaration.
    fn with_values<R>(&self, show: impl FnOnce(&[LabelText<'_>]) -> R) -> R {
        let mut values = [LabelText(Text::Integer(0)); MOST];
        for Placed(place, held) in self.parts.into_iter().flatten() {
            if let Some(value) = values.get_mut(*place) {
                *value = held.value();
            }
        }
        show(&values[..L::DESCRIPTOR.labels.len().min(MOST)])
    }
}

impl<L: LabelSet> Reach<L::Static> for HeldSet<'_, L> {
    fn cells(&self) -> Option<Cells<L::Static>> {
        self.with_values(|values| update::known_by(values, place_in_block::<L>(values)))
    }

    fn located(&self) -> Option<(Cells<L::Static>, At)> {
        self.with_values(|values| update::located_by(values, place_in_block::<L>(values)))
    }

    fn at(&self) -> Option<At> {
        self.with_values(|values| {
            let place = place_in_block::<L>(values);
            if <L as Home>::SHAPE.is_closed() {
                return Some(At::closed(place));
            }
            update::find::<L>(values, place).or_else(|| create::<L>(values))
        })
    }

    fn origin(&self) -> Origin {
        origin::<L>(|keep| self.with_values(|values| keep(values)))
    }
}

/// The child of held labels.
type HeldHandle<'h, L> = Child<<L as LabelSet>::Static, HeldSet<'h, L>>;

fn resolve_parts<L: LabelSet>(parts: [&[Placed]; 2]) -> HeldHandle<'_, L> {
    Child::new(HeldSet { parts, family: PhantomData })
}

/// The child of a label set that is held in one part.
#[inline]
#[must_use]
pub fn resolve_held<L: LabelSet, const N: usize>(fields: &HeldFields<L, N>) -> HeldHandle<'_, L> {
    resolve_parts([&fields.values, &[]])
}

/// The child of a label set whose labels are held in two parts.
#[inline]
#[must_use]
pub fn resolve_held_with<'h, L: LabelSet, const N: usize, const M: usize>(
    early: &'h HeldFields<L, N>,
    late: &'h HeldFields<L, M>,
) -> HeldHandle<'h, L> {
    resolve_parts([&early.values, &late.values])
}
