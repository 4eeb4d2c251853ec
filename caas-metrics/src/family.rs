//! Families: a descriptor together with the storage of its children.
//!
//! Here labels become keys and positions, and descriptors become shapes of storage. Not here: the
//! updates (`child.rs`) and the walk of a scrape (`walk.rs`).
//! Invariant: a family is a static; its storage is made at first use and lives as long as the
//! process.

mod keys;

use std::sync::{LazyLock, OnceLock};

use self::keys::{OpenKey, closed_place};

use crate::{
    child::{Handle, Kept, Reach},
    desc::{Descriptor, Export, MetricType},
    label::{LabelPart, ViewSource, Visitor},
    metric::{self, Metric},
    storage::{
        cells::Mode,
        flag::{Once32, Tally},
        index::{At, Index, Resolved},
        key::Key,
        rendered::Rendered,
        shape::{BlockShape, Shape},
        shared::{SharedSlot, StaticSlot},
        texts::Texts,
    },
};

/// A label set of a declared family: the struct that `metrics!` makes.
///
/// Not public API. Implemented by generated code only.
#[doc(hidden)]
pub trait LabelSet {
    /// The same label set without borrows, to name the family in types.
    type Static: LabelSet<Metric = Self::Metric, Unit = Self::Unit> + 'static;
    type Metric: Metric;
    type Unit;
    type View<'v>;

    const DESCRIPTOR: Descriptor;
    /// What of the family's storage is known at compile time.
    const PLAN: Plan = Plan::new(&Self::DESCRIPTOR);

    fn family() -> &'static Family;
    fn visit<V: Visitor>(&self, visitor: &mut V);
    fn view<'v>(source: &mut ViewSource<'v>) -> Self::View<'v>;
}

/// Says that a family is in the unit `U`; the unit is inferred from the family.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait InUnit<U> {}

impl<L: LabelSet<Unit = U>, U> InUnit<U> for L {}

/// The most closed combinations that a family may have.
pub(crate) const MOST_CLOSED: u64 = 65_536;

/// A block with at most so many closed combinations is exported whole.
const MOST_WHOLE: u64 = 128;

/// What of a family's storage follows from its descriptor alone.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub(crate) mode: Mode,
    pub(crate) block: BlockShape,
    pub(crate) whole: bool,
}

impl Plan {
    pub(crate) const fn new(descriptor: &Descriptor) -> Self {
        let (open, closed) = count_labels(descriptor);
        let children = if open == 0 { closed } else { descriptor.limit as u64 };
        let whole = match descriptor.export {
            Export::Auto => closed <= MOST_WHOLE,
            Export::Zeroed => true,
            Export::Lazy => false,
        };
        Self {
            mode: metric::mode(descriptor, children),
            block: BlockShape {
                open,
                closed: if closed > MOST_CLOSED { MOST_CLOSED as u32 } else { closed as u32 },
                layout: metric::layout(descriptor),
            },
            whole,
        }
    }

    /// Whether every child exists from the start and for good, so that its place is all that an
    /// update needs.
    pub(crate) const fn is_fixed(&self) -> bool {
        self.block.open == 0 && self.whole
    }

    /// Whether the family has a single slot, shared and for good: then it is in the family's
    /// static.
    pub(crate) const fn is_single(&self) -> bool {
        let is_shared = matches!(self.mode, Mode::Shared);
        self.is_fixed() && is_shared && self.block.closed == 1 && self.block.layout.slots() == 1
    }
}

/// The number of open labels and the product of the closed ones.
pub(crate) const fn count_labels(descriptor: &Descriptor) -> (usize, u64) {
    let (mut open, mut closed, mut i) = (0, 1_u64, 0);
    while i < descriptor.labels.len() {
        match descriptor.labels[i].values {
            Some(values) => closed = closed.saturating_mul(values.len() as u64),
            None => open += 1,
        }
        i += 1;
    }
    (open, closed)
}

/// A declared family.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub struct Family {
    descriptor: &'static Descriptor,
    /// One more than the first slot, once there is one; so a fixed family needs one load.
    first_slot: Once32,
    index: OnceLock<Index>,
    /// The slot of a family that has a single one.
    single: StaticSlot,
    /// Updates that went to an overflow child.
    overflows: Tally,
    /// Updates that were refused.
    refusals: Tally,
}

/// What `inventory` carries: the families of one block.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Declared(pub &'static [fn() -> &'static Family]);

inventory::collect!(Declared);

/// Every family that `metrics!` has declared in this program, in no particular order.
pub(crate) fn declared() -> impl Iterator<Item = &'static Family> {
    inventory::iter::<Declared>.into_iter().flat_map(|block| block.0).map(|family| family())
}

/// Unpredictable, so that nobody can make label values collide on purpose.
static SEED: LazyLock<u64> = LazyLock::new(|| {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
});

impl Family {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(descriptor: &'static Descriptor) -> Self {
        Self {
            descriptor,
            first_slot: Once32::new(),
            index: OnceLock::new(),
            single: StaticSlot::new(),
            overflows: Tally::new(),
            refusals: Tally::new(),
        }
    }

    pub(crate) fn descriptor(&self) -> &'static Descriptor {
        self.descriptor
    }

    pub(crate) fn overflows(&self) -> &Tally {
        &self.overflows
    }

    pub(crate) fn refusals(&self) -> &Tally {
        &self.refusals
    }

    /// The family's storage.
    #[inline]
    pub(crate) fn index(&'static self) -> &'static Index {
        match self.index.get() {
            Some(index) => index,
            None => self.make_index(),
        }
    }

    /// A shared slot of the family with this label set.
    #[inline]
    pub(crate) fn shared<L: LabelSet>(&'static self, slot: u32) -> Option<SharedSlot<'static>> {
        if L::PLAN.is_single() { self.single.slot() } else { self.index().cells().shared(slot) }
    }

    #[cold]
    fn make_index(&'static self) -> &'static Index {
        let plan = Plan::new(self.descriptor);
        let shape = Shape {
            mode: plan.mode,
            block: plan.block,
            whole: plan.whole,
            limit: self.descriptor.limit,
        };
        let only = plan.is_single().then_some(&self.single);
        let index = self.index.get_or_init(|| Index::new(shape, *SEED, only));
        if plan.is_fixed() {
            self.first_slot.set(index.fixed(0).slot + 1);
        }
        index
    }

    /// The first slot of a fixed family, plus one.
    #[inline]
    fn first_slot(&'static self) -> u32 {
        match self.first_slot.get() {
            0 => {
                self.make_index();
                self.first_slot.get()
            }
            slot => slot,
        }
    }
}

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Family").field(&self.descriptor.name).finish()
    }
}

/// The child of a label set, created if need be; it is found when the handle is used.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[inline]
#[must_use]
pub fn resolve<L: LabelSet>(set: &L) -> Handle<L::Static, ByLabels<OpenKey<'_, L>>> {
    Handle::new(ByLabels { key: OpenKey(set), closed: closed_place(set) })
}

/// A child by its open labels and its place among the closed combinations.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByLabels<K> {
    pub(crate) key: K,
    pub(crate) closed: u32,
}

impl<L: LabelSet, K: Key + Copy> Reach<L> for ByLabels<K> {
    #[inline]
    fn slot(&self) -> Option<u32> {
        Some(slot_of::<L>(self.key, self.closed))
    }

    #[inline]
    fn kept(&self) -> Kept {
        Kept(child_of::<L>(self.key, self.closed))
    }
}

/// The child of open labels and a place among the closed combinations, created if need be.
#[inline]
fn child_of<L: LabelSet>(key: impl Key, closed: u32) -> At {
    if L::PLAN.is_fixed() { fixed::<L>(closed) } else { look_up::<L>(key, closed) }
}

/// The first slot of such a child: nearly always all that is needed, and short enough for a
/// register.
#[inline]
fn slot_of<L: LabelSet>(key: impl Key, closed: u32) -> u32 {
    if L::PLAN.is_fixed() { fixed::<L>(closed).slot } else { look_up_slot::<L>(key, closed) }
}

/// The child of a family whose children are there for good.
#[inline]
fn fixed<L: LabelSet>(closed: u32) -> At {
    // Shared slots are counted from the family's first one.
    let first = match L::PLAN.mode {
        Mode::PerThread => L::family().first_slot().wrapping_sub(1),
        Mode::Shared => 0,
    };
    At::fixed(first.wrapping_add(closed * L::PLAN.block.layout.slots()))
}

/// Once in a program for each family, however often it is updated.
#[inline(never)]
fn look_up_slot<L: LabelSet>(key: impl Key, closed: u32) -> u32 {
    look_up::<L>(key, closed).slot
}

#[inline(always)]
fn look_up<L: LabelSet>(key: impl Key, closed: u32) -> At {
    let index = L::family().index();
    index.find(&key, closed).unwrap_or_else(|| create::<L>(index, &key, closed))
}

/// The child of a label set that has none, or the overflow child.
#[cold]
#[inline(never)]
fn create<L: LabelSet>(index: &Index, key: &impl Key, closed: u32) -> At {
    match index.create(&Rendered::new(key), closed) {
        Resolved::Own(at) => at,
        Resolved::Overflow(at) => {
            L::family().overflows.add_one();
            at
        }
    }
}

/// The child of a label set if it lives, without creating it.
fn find<L: LabelSet>(set: &L) -> Option<At> {
    let closed = closed_place(set);
    let index = L::family().index();
    if L::PLAN.is_fixed() {
        return Some(index.fixed(closed));
    }
    index.find_exactly(&Rendered::new(&OpenKey(set)), closed)
}

/// What the child of a label set holds, if it lives.
#[doc(hidden)]
pub fn get<L: LabelSet>(set: &L) -> Option<<L::Metric as Metric>::Reading> {
    let at = find(set)?;
    let mut slots = vec![0; L::PLAN.block.layout.slots() as usize];
    L::family().index().cells().read(at.slot, &mut slots);
    Some(L::Metric::reading(&slots))
}

/// Makes every child of the family read as zero.
#[doc(hidden)]
pub fn reset<L: LabelSet>() {
    L::family().index().reset();
}

/// Removes the child of a label set; a child that is exported from the start goes back to zero.
#[doc(hidden)]
pub fn remove<L: LabelSet>(set: &L) -> bool {
    let closed = closed_place(set);
    let index = L::family().index();
    if L::PLAN.is_fixed() {
        index.reset_fixed(closed);
        return true;
    }
    index.remove(&Rendered::new(&OpenKey(set)), closed)
}

/// Removes every child; those that are exported from the start go back to zero.
#[doc(hidden)]
pub fn clear<L: LabelSet>() {
    let index = L::family().index();
    if L::PLAN.is_fixed() { index.reset() } else { index.clear() }
}

/// Removes the children that `keep` refuses. No lock is held while it runs.
#[doc(hidden)]
pub fn retain<L: LabelSet>(mut keep: impl FnMut(&L::View<'_>) -> bool) {
    let index = L::family().index();
    let mut texts = Texts::default();
    for block in index.blocks() {
        texts.clear();
        let Some(version) = index.read_texts(block, &mut texts) else { continue };
        let Some(seen) = index.block(block) else { continue };
        let living: Vec<_> = seen.living().collect();
        if !seen.is_still(version) {
            continue;
        }
        for (closed, child) in living {
            let parts: Vec<_> = parts(&L::DESCRIPTOR, &texts, closed).collect();
            let view = L::view(&mut ViewSource { parts: parts.iter() });
            if keep(&view) {
                continue;
            }
            if L::PLAN.is_fixed() {
                index.reset_fixed(closed);
            } else {
                index.remove_child(block, closed, child.generation);
            }
        }
    }
}

/// The label values of one child, in the order of declaration.
fn parts<'a>(
    descriptor: &'static Descriptor,
    texts: &'a Texts,
    closed: u32,
) -> impl Iterator<Item = LabelPart<'a>> {
    let (_, mut combinations) = count_labels(descriptor);
    let (mut rest, mut open) = (u64::from(closed), 0);
    descriptor.labels.iter().map(move |label| {
        if let Some(values) = label.values {
            combinations /= (values.len() as u64).max(1);
            let index = (rest / combinations.max(1)) as usize;
            rest %= combinations.max(1);
            LabelPart { text: values.get(index).copied().unwrap_or_default(), index }
        } else {
            open += 1;
            LabelPart { text: texts.get(open - 1), index: 0 }
        }
    })
}

/// Whether the family's samples are counted in `caas_metrics_refused_total`.
pub(crate) fn can_refuse(descriptor: &Descriptor) -> bool {
    descriptor.number == crate::desc::NumberType::Float
        || descriptor.metric_type == MetricType::Histogram
}
