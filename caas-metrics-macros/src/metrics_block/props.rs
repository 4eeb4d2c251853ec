//! What follows from the tree of a family: its name, its unit, the names of its samples.
//!
//! Not here: what is wrong with them (`check`), and which names a type takes (the model).
//! Invariant: pure functions of the tree.

use super::ast::{Block, Family, MetricType, Moves, Number};
use super::promlint;
use crate::naming;
use caas_metrics_model::Native;
use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::LitStr;
use syn::ext::IdentExt;

impl Block {
    /// What the names of the block begin with: the namespace and `_`, or nothing.
    ///
    /// Mistakes in the namespace are put right here, so that they are not those of every name.
    pub(crate) fn start(&self) -> String {
        let written = self.namespace.as_ref().map(LitStr::value).unwrap_or_default();
        let words = written.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
        let words = naming::snake_case(&words);
        let words = words.trim_start_matches(|first: char| !first.is_ascii_alphabetic());
        if words.is_empty() { String::new() } else { format!("{words}_") }
    }
}

impl Family {
    /// The token that an error about the metric's name underlines.
    pub(crate) fn name_site(&self) -> TokenStream {
        match &self.options.name {
            Some(name) => name.value.to_token_stream(),
            None => self.ident.to_token_stream(),
        }
    }

    /// Whether both families may exist in one build, because each has a `#[cfg]` of its own.
    pub(crate) fn is_separated_from(&self, other: &Self) -> bool {
        !self.passed.cfgs.is_empty()
            && !other.passed.cfgs.is_empty()
            && self.passed.cfg_text() != other.passed.cfg_text()
    }

    /// The unit: the name's last word if it is a base unit, else what `#[unit]` says.
    pub(crate) fn unit(&self) -> Option<String> {
        let named = promlint::unit_of(&self.name).map(str::to_owned);
        named.or_else(|| self.options.unit.as_ref().map(|unit| unit.value.value()))
    }

    /// The native buckets, if the family has them. Numbers that they cannot have are left out.
    pub(crate) fn native(&self) -> Option<Native> {
        let written = &self.options.native.as_ref()?.value;
        let value = |number: &Option<Number>| number.as_ref().map(|number| number.value);
        let mut native = Native::new();
        let schema = |schema: &i8| value(&written.schema) == Some(f64::from(*schema));
        native.schema = Native::SCHEMAS.clone().find(schema).unwrap_or(native.schema);
        native.from = value(&written.from).unwrap_or(native.from);
        native.to = value(&written.to).unwrap_or(native.to);
        let most = value(&written.max_buckets).and_then(|number| number.to_string().parse().ok());
        native.max_buckets = most.unwrap_or(native.max_buckets);
        Some(native)
    }

    /// Whether a duration is a value of this family.
    pub(crate) fn is_in_seconds(&self) -> bool {
        self.unit().is_some_and(|unit| unit == "seconds")
    }

    /// How the family moves if it is a gauge.
    pub(crate) fn moves(&self) -> Moves {
        match (&self.options.held, &self.options.updown) {
            (Some(_), _) => Moves::Held,
            (None, Some(_)) => Moves::UpAndDown,
            (None, None) => Moves::Freely,
        }
    }

    /// Whether the family has exemplars. On a gauge or an info they have been reported.
    pub(crate) fn has_exemplars(&self) -> bool {
        let can_have = matches!(self.metric_type, MetricType::Counter | MetricType::Histogram);
        can_have && self.options.exemplars.is_some()
    }

    /// The names of the family's samples in the text format and in OpenMetrics, and of the family as
    /// OpenMetrics calls it.
    pub(crate) fn sample_names(&self) -> Vec<String> {
        self.metric_type.shared().taken_names(&self.name)
    }
}

/// A metric's full name, where `start` is what its block begins names with.
pub(crate) fn full_name(start: &str, ident: &Ident) -> String {
    format!("{start}{}", naming::snake_case(&ident.unraw().to_string()))
}
