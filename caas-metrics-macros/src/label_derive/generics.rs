//! The generics of a type, as an implementation for it repeats them.
//!
//! Not here: where they are in the item (`item`). Invariant: rustc has parsed the item, so nothing
//! is judged.

use crate::tokens::{
    is_punct, is_word, split_at_commas_outside, split_attributes, split_before, stream,
};
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

/// `<'a, T: Bound>` and `where T: Other`.
#[derive(Default)]
pub(crate) struct Generics {
    /// `<'a, T: Bound>`, as after `impl`.
    pub(crate) parameters: Option<TokenStream>,
    /// `<'a, T>`, as after the type's name.
    pub(crate) arguments: Option<TokenStream>,
    /// What is after `where`, with a comma at its end.
    pub(crate) predicates: TokenStream,
    /// Whether a parameter is a type.
    pub(crate) has_types: bool,
}

impl Generics {
    /// Reads `<…>`, which may be nothing, and what is after `where`.
    pub(super) fn new(angles: &[TokenTree], predicates: &[TokenTree]) -> Self {
        let mut generics = Self::default();
        let inside = angles.get(1..angles.len().saturating_sub(1)).unwrap_or_default();
        let (mut parameters, mut arguments) = (TokenStream::new(), TokenStream::new());
        for parameter in split_at_commas_outside(inside) {
            // A default is for those who name the type.
            let (declared, _) = split_before(parameter, |token| is_punct(Some(token), '='));
            let (_, named) = split_attributes(declared, false);
            let name = match named {
                [quote, name, ..] if is_punct(Some(quote), '\'') => quote!(#quote #name),
                [word, name, ..] if is_word(Some(word), "const") => quote!(#name),
                [name, ..] => {
                    generics.has_types = true;
                    quote!(#name)
                }
                [] => continue,
            };
            let declared = stream(declared);
            parameters.extend(quote!(#declared,));
            arguments.extend(quote!(#name,));
        }
        if !parameters.is_empty() {
            generics.parameters = Some(quote!(<#parameters>));
            generics.arguments = Some(quote!(<#arguments>));
        }
        let comma = predicates.last().filter(|last| !is_punct(Some(last), ',')).map(|_| quote!(,));
        let predicates = stream(predicates);
        generics.predicates = quote!(#predicates #comma);
        generics
    }
}
