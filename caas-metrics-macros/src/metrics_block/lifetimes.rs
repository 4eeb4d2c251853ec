//! The lifetimes of label types: `&str` and `Cow<'_, str>` are written without one.
//!
//! Types are looked at as tokens; what they mean is rustc's business.
//! Invariant: a type without `&` and without lifetimes comes back token for token.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::Lifetime;

/// `label_type` with `lifetime` at each `&` that has none and for each lifetime but `'static`.
pub(crate) fn with_lifetime(label_type: &TokenStream, lifetime: &Lifetime) -> TokenStream {
    let mut filled = TokenStream::new();
    let mut rest = label_type.clone().into_iter().peekable();
    while let Some(token) = rest.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '\'' => match rest.next() {
                Some(TokenTree::Ident(name)) if name != "static" => lifetime.to_tokens(&mut filled),
                name => {
                    filled.append(punct);
                    filled.extend(name);
                }
            },
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                filled.append(punct);
                if !rest.peek().is_some_and(is_quote) {
                    lifetime.to_tokens(&mut filled);
                }
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                let inner = with_lifetime(&group.stream(), lifetime);
                let mut whole = Group::new(group.delimiter(), inner);
                whole.set_span(group.span());
                filled.append(whole);
            }
            token => filled.append(token),
        }
    }
    filled
}

/// Whether [`with_lifetime`] changes `label_type`.
pub(crate) fn is_borrowed(label_type: &TokenStream) -> bool {
    let mut after_reference = false;
    let mut after_quote = false;
    for token in label_type.clone() {
        let quote = is_quote(&token);
        if after_reference && !quote || after_quote && !is_static(&token) {
            return true;
        }
        match &token {
            TokenTree::Group(group)
                if group.delimiter() != Delimiter::Brace && is_borrowed(&group.stream()) =>
            {
                return true;
            }
            _ => {}
        }
        after_quote = quote;
        after_reference = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '&');
    }
    false
}

/// The lifetimes that `label_type` names, other than `'static` and `'_`.
pub(crate) fn named(label_type: &TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let mut after_quote = false;
    for token in label_type.clone() {
        match &token {
            TokenTree::Ident(name) if after_quote && name != "static" && name != "_" => {
                names.push(name.clone());
            }
            TokenTree::Group(group) => names.extend(named(&group.stream())),
            _ => {}
        }
        after_quote = is_quote(&token);
    }
    names
}

fn is_quote(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '\'')
}

fn is_static(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(name) if name == "static")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;
    use quote::quote;

    #[test]
    fn references_and_placeholders_get_the_lifetime() {
        let lifetime = Lifetime::new("'x", Span::call_site());
        for (written, filled) in [
            (quote!(&str), quote!(&'x str)),
            (quote!(Cow<'_, str>), quote!(Cow<'x, str>)),
            (quote!(Option<&str>), quote!(Option<&'x str>)),
            (quote!((&&str, Id<'_>)), quote!((&'x &'x str, Id<'x>))),
            (quote!(&'a str), quote!(&'x str)),
        ] {
            assert!(is_borrowed(&written), "{written}");
            let without_blanks = |tokens: TokenStream| tokens.to_string().replace(' ', "");
            let found = with_lifetime(&written, &lifetime);
            assert_eq!(without_blanks(found), without_blanks(filled));
        }
    }

    #[test]
    fn other_types_stay_as_they_are() {
        let lifetime = Lifetime::new("'x", Span::call_site());
        for written in [quote!(u16), quote!(&'static str), quote!(Id<{ 1 & 2 }>)] {
            assert!(!is_borrowed(&written), "{written}");
            assert_eq!(with_lifetime(&written, &lifetime).to_string(), written.to_string());
        }
        assert_eq!(named(&quote!(Cow<'a, &'static str>)).len(), 1);
    }
}
