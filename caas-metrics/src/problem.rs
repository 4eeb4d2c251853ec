//! What can only be found when a program runs, as sentences.
//!
//! Not here: how contradictions are found (`catalogue.rs`), and mistakes inside one `metrics!` block,
//! which are compile errors. Invariant: each problem says where it is and what happens because of it.

use std::{fmt, time::Duration};

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
    #[non_exhaustive]
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
    #[non_exhaustive]
    Clash {
        /// The sample or family name that both take.
        sample: String,
        /// The family that is exported, and where it comes from.
        kept: String,
        /// The family that is not, and where it comes from.
        dropped: String,
    },
    /// A collector returned a family that cannot be exported.
    #[non_exhaustive]
    BadFamily {
        /// The family's name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Samples of a collector's family are left out, since the page would be refused with them.
    #[non_exhaustive]
    BadSamples {
        /// The family's name.
        name: String,
        /// What is wrong with them.
        reason: &'static str,
        /// The labels of the first one.
        first: String,
        /// How many they are.
        dropped: u64,
    },
    /// Exemplars of a collector's family are left out, since a reader would refuse them; their samples
    /// stay.
    #[non_exhaustive]
    BadExemplars {
        /// The family's name.
        name: String,
        /// What is wrong with them.
        reason: &'static str,
        /// How many they are.
        dropped: u64,
    },
    /// A collector returned a family that is not as it describes it; it is exported as returned.
    #[non_exhaustive]
    NotAsDescribed {
        /// The family's name.
        name: String,
        /// What differs, such as `type` or `set of labels`.
        difference: &'static str,
        /// Where it is described.
        location: Location,
    },
    /// A default label has the name of a label of this family, whose own label wins.
    #[non_exhaustive]
    DefaultLabel {
        /// The label.
        label: String,
        /// The metric's name.
        name: String,
    },
    /// A default label cannot be one and is left out.
    #[non_exhaustive]
    BadDefaultLabel {
        /// The label.
        label: String,
        /// Why.
        reason: &'static str,
    },
    /// A label has a name that Prometheus gives to a label of every target.
    #[non_exhaustive]
    TargetLabel {
        /// The label.
        label: String,
        /// The family that has it, or the default labels.
        whose: String,
    },
    /// A histogram has a bound below zero, so OpenMetrics leaves its `_sum` and `_count` out.
    #[non_exhaustive]
    NoSum {
        /// The metric's name.
        name: String,
        /// Where it is declared.
        location: Location,
    },
    /// There was no memory for updates of the family; they are lost.
    #[non_exhaustive]
    NoMemory {
        /// The metric's name.
        name: String,
        /// Where it is declared.
        location: Location,
        /// How many updates, so far.
        lost: u64,
    },
    /// The last call of a collector panicked; its values from before are shown for a while.
    #[non_exhaustive]
    CollectorPanicked {
        /// The collector's name.
        collector: String,
    },
    /// A call of a collector has not returned before its deadline; its values from before are shown for
    /// a while.
    #[non_exhaustive]
    CollectorTimedOut {
        /// The collector's name.
        collector: String,
        /// The time that a call has.
        deadline: Duration,
    },
    /// The system gives no thread to call a collector on.
    #[non_exhaustive]
    CollectorWithoutThread {
        /// The collector's name.
        collector: String,
    },
}

impl Problem {
    /// Every kind of problem: the values of the label of `caas_metrics_problems{kind}`.
    pub const KINDS: &'static [&'static str] = &[
        "nothing_declared",
        "conflict",
        "clash",
        "bad_family",
        "bad_samples",
        "bad_exemplars",
        "not_as_described",
        "default_label",
        "bad_default_label",
        "target_label",
        "no_sum",
        "no_memory",
        "collector_panicked",
        "collector_timed_out",
        "collector_without_thread",
    ];

    /// The kind of this problem, one of [`KINDS`](Self::KINDS).
    #[must_use]
    pub fn kind(&self) -> &'static str {
        Self::KINDS.get(self.number()).copied().unwrap_or_default()
    }

    /// The place of its kind in [`KINDS`](Self::KINDS).
    fn number(&self) -> usize {
        match self {
            Self::NothingDeclared => 0,
            Self::Conflict { .. } => 1,
            Self::Clash { .. } => 2,
            Self::BadFamily { .. } => 3,
            Self::BadSamples { .. } => 4,
            Self::BadExemplars { .. } => 5,
            Self::NotAsDescribed { .. } => 6,
            Self::DefaultLabel { .. } => 7,
            Self::BadDefaultLabel { .. } => 8,
            Self::TargetLabel { .. } => 9,
            Self::NoSum { .. } => 10,
            Self::NoMemory { .. } => NO_MEMORY,
            Self::CollectorPanicked { .. } => 12,
            Self::CollectorTimedOut { .. } => 13,
            Self::CollectorWithoutThread { .. } => 14,
        }
    }

    /// How many of these problems are of each kind, in the order of [`KINDS`](Self::KINDS).
    pub(crate) fn count<'p>(problems: impl Iterator<Item = &'p Self>) -> [u64; Self::KINDS.len()] {
        let mut counts = [0; Self::KINDS.len()];
        for problem in problems {
            if let Some(count) = counts.get_mut(problem.number()) {
                *count += 1;
            }
        }
        counts
    }

    /// Adds problems that are not made, since only their number matters.
    pub(crate) fn count_lost(counts: &mut [u64; Self::KINDS.len()], families: usize) {
        if let Some(count) = counts.get_mut(NO_MEMORY) {
            *count += families as u64;
        }
    }
}

/// The place of `no_memory` in [`Problem::KINDS`].
const NO_MEMORY: usize = 11;

/// Puts problems in order, each once. They are few, so each is inserted at its place: a sort from the
/// standard library is ten times the machine code.
pub(crate) fn put_in_order(problems: &mut Vec<Problem>) {
    let mut ordered = Vec::with_capacity(problems.len());
    for problem in problems.drain(..) {
        if let Err(place) = ordered.binary_search(&problem) {
            ordered.insert(place, problem);
        }
    }
    *problems = ordered;
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
                write!(f, "`{name}` is declared in two ways: at {kept} with ")?;
                side(differences, |difference| &difference.kept, f)?;
                write!(f, ", which is exported; at {dropped} with ")?;
                side(differences, |difference| &difference.dropped, f)?;
                f.write_str(", which is not")
            }
            Self::Clash { sample, kept, dropped } => {
                write!(f, "{dropped} takes the name `{sample}` of {kept} and is not exported")
            }
            Self::BadFamily { name, reason } => {
                write!(f, "a collector's family `{name}` is not exported: {reason}")
            }
            Self::BadSamples { name, reason, first, dropped } => write!(
                f,
                "samples of a collector's family `{name}` are left out ({dropped}, first \
                 `{name}{first}`): {reason}"
            ),
            Self::BadExemplars { name, reason, dropped } => write!(
                f,
                "exemplars of a collector's family `{name}` are left out ({dropped}): {reason}"
            ),
            Self::NotAsDescribed { name, difference, location } => write!(
                f,
                "a collector's family `{name}` has another {difference} than its description at \
                 {location}; `FamilySnapshot::of` takes over all but the labels"
            ),
            Self::DefaultLabel { label, name } => {
                write!(f, "the default label `{label}` is a label of `{name}`, whose own wins")
            }
            Self::BadDefaultLabel { label, reason } => {
                write!(f, "the default label `{label}` is left out: {reason}")
            }
            Self::TargetLabel { label, whose } => write!(
                f,
                "Prometheus stores the label `{label}` of {whose} as `exported_{label}`, since it \
                 gives every target a label `{label}`: rename it, or keep it in a declared family \
                 with `#[legacy(reason = \"…\")]`"
            ),
            Self::NoSum { name, location } => write!(
                f,
                "OpenMetrics has no `{name}_sum` and no `{name}_count` ({location}), since the sum \
                 of a histogram with a bound below zero can shrink: use `{name}_bucket` with \
                 `le=\"+Inf\"` for the count, and say that you know with \
                 `#[legacy(reason = \"…\")]`, or leave the bounds below zero out"
            ),
            Self::NoMemory { name, location, lost } => write!(
                f,
                "{lost} updates of `{name}` ({location}) are lost, for there was no memory for them"
            ),
            Self::CollectorPanicked { collector } => {
                write!(f, "the collector `{collector}` panicked when it was called last")
            }
            Self::CollectorTimedOut { collector, deadline } => write!(
                f,
                "the collector `{collector}` has not returned after {deadline:?}; it is called again \
                 when it has"
            ),
            Self::CollectorWithoutThread { collector } => {
                write!(f, "the collector `{collector}` is not called: the system gives no thread")
            }
        }
    }
}

/// What one of two declarations says: `type counter, unit seconds`.
fn side(
    differences: &[Difference],
    of: fn(&Difference) -> &str,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for (place, difference) in differences.iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        write!(f, "{comma}{} {}", difference.what, of(difference))?;
    }
    Ok(())
}

impl std::error::Error for Problem {}
