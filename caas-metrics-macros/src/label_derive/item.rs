//! A type's item as lists of tokens: its attributes, its name, its generics, and what it is made of.
//!
//! Not here: what `#[label(…)]` says (`parse`). Invariant: rustc has parsed the item, so whatever is
//! left over is not an error.

use super::generics::Generics;
use crate::tokens::{
    group, is_punct, is_word, list, split_at_commas, split_at_commas_outside, split_attributes,
    split_before, split_generics, split_visibility, stream, word,
};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// A type with a derive.
pub(super) struct Item {
    pub(super) attributes: Vec<TokenTree>,
    pub(super) visibility: TokenStream,
    /// `enum`, `struct` or `union`.
    pub(super) keyword: Ident,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    /// The variants or fields; none of `struct Unit;`.
    pub(super) content: Option<Group>,
}

/// A field of a struct or of a variant.
pub(super) struct Field {
    pub(super) attributes: Vec<TokenTree>,
    /// None in a tuple.
    pub(super) ident: Option<Ident>,
    pub(super) ty: TokenStream,
}

/// A variant of an enum.
pub(super) struct Variant {
    pub(super) attributes: Vec<TokenTree>,
    pub(super) ident: Ident,
    pub(super) fields: Option<Group>,
}

/// Reads an item; `None` if it is not a type.
pub(super) fn item(input: TokenStream) -> Option<Item> {
    let tokens = list(input);
    let (attributes, rest) = split_attributes(&tokens, false);
    let (visibility, rest) = split_visibility(rest);
    let (keyword, rest) = rest.split_first()?;
    let (ident, rest) = rest.split_first()?;
    let (angles, rest) = split_generics(rest);
    let is_content = |token: &TokenTree| {
        let is = |delimiter| group(Some(token), delimiter).is_some();
        is(Delimiter::Brace) || is(Delimiter::Parenthesis)
    };
    // `where` is before braces and after parentheses.
    let (content, rest) = match rest {
        [first, rest @ ..] if is_content(first) => (Some(first), rest),
        [rest @ .., last] if is_content(last) => (Some(last), rest),
        rest => (None, rest),
    };
    let (predicates, _) = split_before(rest, |token| is_punct(Some(token), ';'));
    let predicates = match predicates {
        [first, predicates @ ..] if is_word(Some(first), "where") => predicates,
        _ => &[],
    };
    Some(Item {
        attributes: attributes.to_vec(),
        visibility: stream(visibility),
        keyword: word(Some(keyword))?.clone(),
        ident: word(Some(ident))?.clone(),
        generics: Generics::new(angles, predicates),
        content: match content {
            Some(TokenTree::Group(content)) => Some(content.clone()),
            _ => None,
        },
    })
}

/// The fields between braces or parentheses.
pub(super) fn fields(content: &Group) -> Vec<Field> {
    let tokens = list(content.stream());
    let fields = split_at_commas_outside(&tokens);
    let fields = fields.into_iter().map(|field| {
        let (attributes, field) = split_attributes(field, false);
        let (_, field) = split_visibility(field);
        let (ident, ty) = match field {
            [TokenTree::Ident(ident), _colon, ty @ ..]
                if content.delimiter() == Delimiter::Brace =>
            {
                (Some(ident.clone()), ty)
            }
            ty => (None, ty),
        };
        Field { attributes: attributes.to_vec(), ident, ty: stream(ty) }
    });
    fields.collect()
}

/// The variants between the braces of an enum.
pub(super) fn variants(content: &Group) -> Vec<Variant> {
    // A discriminant is an expression, in which `<` may be an operator.
    let variants = split_at_commas(&list(content.stream()), |_| false);
    let variants = variants.iter().filter_map(|variant| {
        let (attributes, variant) = split_attributes(variant, false);
        let (_, variant) = split_visibility(variant);
        let (ident, rest) = variant.split_first()?;
        let fields = match rest.first() {
            Some(TokenTree::Group(fields)) => Some(fields.clone()),
            _ => None,
        };
        let ident = word(Some(ident))?.clone();
        Some(Variant { attributes: attributes.to_vec(), ident, fields })
    });
    variants.collect()
}
