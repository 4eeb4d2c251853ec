//! Families: a descriptor together with the storage of its children.
//!
//! Here descriptors become shapes of storage, and what is stored becomes label values again. Not here: how
//! a label set finds its child (`lookup.rs`), updates (`child.rs`), and the walk of a scrape (`walk.rs`).
//! Invariant: a family is a static; it takes memory for what is used, and keeps it as long as the
//! process lives.

mod values;

use std::cell::Cell;

pub(crate) use self::values::{Source, places_in_key};
#[cfg(feature = "testing")]
use crate::isolation::Twin;
use crate::{
    desc::{Descriptor, Export, MetricType},
    exemplars::ExemplarPolicy,
    isolation::here,
    label::{LabelText, ViewSource},
    metric::{self, Metric},
    storage::{
        cells::{Word, Words, nowhere},
        constant,
        exemplars::Exemplars,
        flag::Tally,
        index::Index,
        shape::{PageBits, Shape},
        update::Home,
    },
};

/// A label set of a declared family: the struct that `metrics!` makes.
///
/// Not public API. Implemented by generated code only.
#[doc(hidden)]
pub trait LabelSet {
    /// The same label set without borrows, to name the family in types.
    type Static: LabelSet<Metric = Self::Metric, Unit = Self::Unit, Exemplars = Self::Exemplars>
        + 'static;
    type Metric: Metric;
    type Unit;
    type Exemplars: ExemplarPolicy;
    type View<'v>;

    const DESCRIPTOR: Descriptor;
    /// The bounds of a histogram in seconds, see `ends_in_nanoseconds`.
    const ENDS: &'static [u64] = &[];

    fn family() -> &'static Family;

    /// Where each thread has its word of the family.
    fn words() -> Words;

    /// Shows the values of all labels, in the order of declaration.
    fn with_values<R>(&self, show: impl FnOnce(&[LabelText<'_>]) -> R) -> R;

    fn view<'v>(source: &mut ViewSource<'v>) -> Self::View<'v>;
}

impl<L: LabelSet> Home for L {
    const SHAPE: Shape = shape(&L::DESCRIPTOR);

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn index() -> &'static Index {
        L::family().index()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn words() -> Words {
        <L as LabelSet>::words()
    }
}

/// Says that a family is in the unit `U`; the unit is inferred from the family.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait InUnit<U> {}

impl<L: LabelSet<Unit = U>, U> InUnit<U> for L {}

/// Says that a family is of the metric type `M`; the type is inferred from the family.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
pub trait OfMetric<M> {}

impl<L: LabelSet<Metric = M>, M> OfMetric<M> for L {}

/// The most series that are born together.
const MOST_BLOCK: u64 = 65_536;

/// A family with closed labels only is exported whole if it has at most this many series.
const MOST_WHOLE: u64 = 128;

/// The most labels of a family.
const MOST_LABELS: usize = 64;

/// The shape of a family's storage.
const fn shape(descriptor: &Descriptor) -> Shape {
    let (open, _) = count_labels(descriptor);
    let is_zeroed = matches!(descriptor.export, Export::Zeroed);
    let (mut key, mut block, mut in_block, mut open_in_key, mut i) = (0, 1_u64, 0, 0, 0);
    while i < descriptor.labels.len() && i < MOST_LABELS {
        let label = &descriptor.labels[i];
        match label.values {
            Some(values) if open == 0 || label.zeroed || is_zeroed => {
                block = block.saturating_mul(values.len() as u64);
                in_block |= 1 << i;
            }
            Some(_) => key += 1,
            None => {
                open_in_key |= 1 << key;
                key += 1;
            }
        }
        i += 1;
    }
    let whole = match descriptor.export {
        _ if open > 0 => true,
        Export::Auto => block <= MOST_WHOLE,
        Export::Zeroed => true,
        // An info that can have one label set only is a constant of the program.
        Export::Lazy => {
            matches!(descriptor.metric_type, MetricType::Info) && block == 1 && in_block > 0
        }
    };
    Shape {
        layout: metric::layout(descriptor),
        shared: metric::is_shared(descriptor),
        key,
        // What does not fit does not compile; see `Family::of`.
        block: if block > MOST_BLOCK { MOST_BLOCK as u32 } else { block as u32 },
        in_block,
        open: open_in_key,
        whole,
        limit: descriptor.limit,
        pages: PageBits::UNKNOWN,
    }
    .with_pages()
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
    index: Index,
    /// Updates that were refused.
    refusals: Tally,
    /// A static of its own, which only families with exemplars have.
    exemplars: Option<&'static Exemplars>,
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

impl Family {
    constant! {
        /// The family of a label set. Stops the compilation if its labels do not fit into it.
        #[doc(hidden)]
        #[must_use]
        #[track_caller]
        pub fn of<L: LabelSet>() -> Self {
            Self::new::<L>(None)
        }
    }

    constant! {
        /// The same for a family with exemplars.
        #[doc(hidden)]
        #[must_use]
        #[track_caller]
        pub fn with_exemplars<L: LabelSet>(exemplars: &'static Exemplars) -> Self {
            Self::new::<L>(Some(exemplars))
        }
    }

    constant! {
        #[track_caller]
        fn new<L: LabelSet>(exemplars: Option<&'static Exemplars>) -> Self {
            let (open, closed) = count_labels(&L::DESCRIPTOR);
            assert!(L::DESCRIPTOR.labels.len() <= MOST_LABELS, "a family has at most 64 labels");
            assert!(
                open > 0 || closed <= MOST_BLOCK,
                "the closed labels of this family have more than 65,536 combinations: make one of \
                 them open (a string), or drop one"
            );
            assert!(
                open == 0 || <L as Home>::SHAPE.block <= L::DESCRIPTOR.limit,
                "the labels of `#[zeroed]` have more combinations than the family's limit: name \
                 fewer labels, or raise `#[limit]`"
            );
            Self {
                descriptor: &L::DESCRIPTOR,
                index: Index::new(<L as Home>::SHAPE),
                refusals: Tally::new(),
                exemplars,
            }
        }
    }

    pub(crate) fn descriptor(&self) -> &'static Descriptor {
        self.descriptor
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn index(&'static self) -> &'static Index {
        &here(self).index
    }

    pub(crate) fn refusals(&'static self) -> &'static Tally {
        &here(self).refusals
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn exemplars(&'static self) -> Option<&'static Exemplars> {
        here(self).exemplars
    }
}

#[cfg(feature = "testing")]
impl Twin for Family {
    fn twin(&self, world: u64) -> &'static Self {
        let exemplars = |_| {
            let exemplars = Exemplars::new(metric::exemplars(self.descriptor));
            &*Box::leak(Box::new(exemplars))
        };
        Box::leak(Box::new(Self {
            descriptor: self.descriptor,
            index: Index::isolated(shape(self.descriptor), world),
            refusals: Tally::new(),
            exemplars: self.exemplars.map(exemplars),
        }))
    }

    fn belong(&self, world: u64) {
        self.index.belong(world);
    }

    fn renew(&self) -> bool {
        self.refusals.reset();
        self.index.renew()
    }
}

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Family").field(&self.descriptor.name).finish()
    }
}

constant! {
    /// What a thread's word of a family is at first.
    ///
    /// Not public API. Used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub fn word<L: LabelSet>() -> Word {
        Cell::new(nowhere(&<L as Home>::SHAPE))
    }
}

constant! {
    /// The exemplars of a family, before there are any.
    ///
    /// Not public API. Used by generated code.
    #[doc(hidden)]
    #[must_use]
    pub fn exemplars<L: LabelSet>() -> Exemplars {
        Exemplars::new(metric::exemplars(&L::DESCRIPTOR))
    }
}

/// Whether any family of the program has exemplars.
#[cfg(feature = "tower")]
pub(crate) fn any_has_exemplars() -> bool {
    static ANY: std::sync::LazyLock<bool> =
        std::sync::LazyLock::new(|| declared().any(|family| family.exemplars.is_some()));
    *ANY
}

/// Whether the family's samples are counted in `caas_metrics_refused_total`.
pub(crate) fn can_refuse(descriptor: &Descriptor) -> bool {
    descriptor.number == crate::desc::NumberType::Float
        || descriptor.metric_type == MetricType::Histogram
}
