//! `#[derive(Label)]`: field-less enums as closed labels, structs with one field as newtypes.
//!
//! Stages: `item` and `generics` take a type apart, `parse` makes the tree of `ast`, `check` judges it, `expand` writes code.
//! Invariant: each stage reads only what the one before made.

mod ast;
mod check;
mod expand;
mod generics;
mod item;
mod parse;

use crate::errors::Errors;
use proc_macro2::TokenStream;
use quote::quote;

/// Expands the derive. With mistakes, the implementation is still there, so that families with this
/// label compile and one mistake is one error.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let label = parse::parse(input, &mut errors);
    if let Some(label) = &label {
        check::check(label, &mut errors);
    }
    let implementation = label.as_ref().map(expand::expand);
    quote!(#errors #implementation)
}
