//! `metrics!`: from the tokens of a block to the families that it declares.
//!
//! Stages: `parse` makes the tree of `ast`, `check` judges it by the rules of `promlint` and by what
//! `props` and `buckets` say of a family, `expand` writes code. Invariant: each stage reads only what the one before made.

mod ast;
mod buckets;
mod check;
mod descriptor;
mod docs;
mod expand;
mod lifetimes;
mod methods;
mod parse;
mod promlint;
mod props;

use crate::errors::Errors;
use expand::Registration;
use proc_macro2::TokenStream;
use quote::quote;

/// Expands a block. With mistakes in it, the families that could be read are still there, so that
/// their uses compile and one mistake is one error; they are only not registered.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let block = parse::parse(input, &mut errors);
    // No gate before this stage: what failed to parse is not in the tree, and what did parse is
    // judged alone, so all mistakes of a block come out at once.
    check::check(&block, &mut errors);
    let registration = if errors.is_empty() { Registration::Full } else { Registration::None };
    let families = expand::expand(&block, registration);
    quote!(#errors #families)
}

/// Whether a name breaks the naming rules, for a comparison with promtool.
#[cfg(test)]
pub(crate) fn has_naming_findings(name: &str, metric_type: &str) -> bool {
    ast::MetricType::from_keyword(metric_type)
        .is_some_and(|metric_type| !promlint::findings(name, metric_type).is_empty())
}
