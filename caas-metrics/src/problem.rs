//! What can only be found when a program runs, as sentences.
//!
//! Not here: how contradictions are found (`catalogue.rs`), and mistakes inside one `metrics!` block,
//! which are compile errors. Invariant: each problem says where it is and what happens because of it.

use std::fmt;

use crate::desc::Location;

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
        /// Everything that differs.
        differences: Vec<Difference>,
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
    /// A default label cannot be one and is left out.
    BadDefaultLabel {
        /// The label.
        label: String,
        /// Why.
        reason: &'static str,
    },
    /// There was no memory for updates of the family; they are lost.
    NoMemory {
        /// The metric's name.
        name: String,
        /// Where it is declared.
        location: Location,
        /// How many updates, so far.
        lost: u64,
    },
    /// A registered collector panicked.
    CollectorPanicked,
}

/// One thing in which two declarations of a family differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Difference {
    /// What differs, such as `type` or `buckets`.
    pub what: String,
    /// What the declaration that is exported says.
    pub kept: String,
    /// What the other one says.
    pub dropped: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingDeclared => f.write_str(
                "no family is declared: rustc does not link a crate that nothing refers to; use \
                 an item of each crate that declares metrics",
            ),
            Self::Conflict { name, differences, kept, dropped } => {
                let side = |of: fn(&Difference) -> &str| {
                    let each = differences.iter().map(|d| format!("{} {}", d.what, of(d)));
                    each.collect::<Vec<_>>().join(", ")
                };
                write!(
                    f,
                    "`{name}` is declared in two ways: at {kept} with {}, which is exported; at \
                     {dropped} with {}, which is not",
                    side(|difference| &difference.kept),
                    side(|difference| &difference.dropped)
                )
            }
            Self::Clash { sample, kept, dropped } => {
                write!(f, "{dropped} takes the name `{sample}` of {kept} and is not exported")
            }
            Self::BadFamily { name, reason } => {
                write!(f, "a collector's family `{name}` is not exported: {reason}")
            }
            Self::DefaultLabel { label, name } => {
                write!(f, "the default label `{label}` is a label of `{name}`, whose own wins")
            }
            Self::BadDefaultLabel { label, reason } => {
                write!(f, "the default label `{label}` is left out: {reason}")
            }
            Self::NoMemory { name, location, lost } => write!(
                f,
                "{lost} updates of `{name}` ({location}) are lost, for there was no memory for them"
            ),
            Self::CollectorPanicked => f.write_str("a registered collector panicked"),
        }
    }
}

impl std::error::Error for Problem {}
