//! The sample names that a family produces, in the text format and in OpenMetrics.
//!
//! Where two families clash is for `check` to say, and which names a type takes for the model.
//! Invariant: every name that an encoder writes for a declared family is in the list.

use super::ast::Family;

/// The names of the family's samples, and of the family as OpenMetrics calls it.
pub(crate) fn names(family: &Family) -> Vec<String> {
    family.metric_type.shared().taken_names(&family.name)
}
