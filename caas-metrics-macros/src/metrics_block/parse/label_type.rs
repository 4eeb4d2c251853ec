//! Where the type of a label ends: a reference, a path, a tuple or an array.
//!
//! Not here: which type it is; only rustc knows. Invariant: rustc reads what is accepted as one type,
//! so a mistake is reported where it is and not in the middle of an expansion.

use crate::tokens::{group, is_path_separator, is_punct, is_word, word};
use proc_macro2::{Delimiter, Ident, TokenTree};
use quote::ToTokens;

type Rest<'t> = Option<&'t [TokenTree]>;

/// What follows the type that the tokens begin with; `None` if they begin with none.
pub(super) fn after_type(tokens: &[TokenTree]) -> Rest<'_> {
    let (first, rest) = tokens.split_first()?;
    match first {
        TokenTree::Group(group) => (group.delimiter() != Delimiter::Brace).then_some(rest),
        _ if is_punct(Some(first), '&') => {
            let rest = after_lifetime(rest).unwrap_or(rest);
            after_type(after_word(rest, "mut").unwrap_or(rest))
        }
        _ if is_punct(Some(first), '<') => {
            let own = after_type(rest)?;
            let qualified = match after_word(own, "as") {
                Some(rest) => after_type(rest)?,
                None => own,
            };
            after_path(after_separator(after_punct(qualified, '>')?)?)
        }
        _ if is_word(Some(first), "dyn") => after_bounds(rest),
        _ => after_path(after_separator(tokens).unwrap_or(tokens)),
    }
}

/// After `name::Name<…>`.
fn after_path(tokens: &[TokenTree]) -> Rest<'_> {
    let (name, rest) = tokens.split_first()?;
    if !is_name(word(Some(name))?) {
        return None;
    }
    let turbofish = after_separator(rest).filter(|rest| is_punct(rest.first(), '<'));
    let rest = after_arguments(turbofish.unwrap_or(rest))?;
    match after_separator(rest) {
        Some(rest) => after_path(rest),
        None => Some(rest),
    }
}

fn is_name(word: &Ident) -> bool {
    let is_keyword = syn::parse2::<Ident>(word.to_token_stream()).is_err();
    !is_keyword || ["$crate", "Self", "crate", "self", "super"].iter().any(|name| word == name)
}

/// After `<…>`, if there is one.
fn after_arguments(tokens: &[TokenTree]) -> Rest<'_> {
    let Some(mut rest) = after_punct(tokens, '<') else { return Some(tokens) };
    loop {
        if let Some(rest) = after_punct(rest, '>') {
            return Some(rest);
        }
        rest = after_argument(rest)?;
        match after_punct(rest, ',') {
            Some(behind) => rest = behind,
            None => return after_punct(rest, '>'),
        }
    }
}

/// After a lifetime, a constant, a type, or `Item = Type`.
fn after_argument(tokens: &[TokenTree]) -> Rest<'_> {
    match after_punct(tokens, '-').unwrap_or(tokens) {
        [TokenTree::Literal(_), rest @ ..] => return Some(rest),
        [first, rest @ ..] if is_constant(first) => return Some(rest),
        _ => {}
    }
    let rest = after_lifetime(tokens).or_else(|| after_type(tokens))?;
    match after_punct(rest, '=') {
        Some(rest) => after_type(rest),
        None => Some(rest),
    }
}

/// Whether a token is a block, `true` or `false`.
fn is_constant(token: &TokenTree) -> bool {
    let token = Some(token);
    let is_bool = is_word(token, "true") || is_word(token, "false");
    is_bool || group(token, Delimiter::Brace).is_some()
}

/// After `Trait + 'a`.
fn after_bounds(tokens: &[TokenTree]) -> Rest<'_> {
    let rest = after_lifetime(tokens).or_else(|| after_type(tokens))?;
    match after_punct(rest, '+') {
        Some(rest) => after_bounds(rest),
        None => Some(rest),
    }
}

fn after_lifetime(tokens: &[TokenTree]) -> Rest<'_> {
    match after_punct(tokens, '\'')? {
        [TokenTree::Ident(_), rest @ ..] => Some(rest),
        _ => None,
    }
}

fn after_punct(tokens: &[TokenTree], letter: char) -> Rest<'_> {
    let (first, rest) = tokens.split_first()?;
    is_punct(Some(first), letter).then_some(rest)
}

fn after_word<'t>(tokens: &'t [TokenTree], word: &str) -> Rest<'t> {
    let (first, rest) = tokens.split_first()?;
    is_word(Some(first), word).then_some(rest)
}

fn after_separator(tokens: &[TokenTree]) -> Rest<'_> {
    if is_path_separator(tokens) { tokens.get(2..) } else { None }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::tokens::list;

    /// Whether the text is one type.
    fn is_type(text: &str) -> bool {
        let tokens = list(text.parse().expect("these are tokens"));
        matches!(after_type(&tokens), Some([]))
    }

    #[test]
    fn types_are_those_of_syn() {
        for text in [
            "u16",
            "&str",
            "&'static str",
            "&'a mut T",
            "&&'a [u8]",
            "std::borrow::Cow<'static, str>",
            "::std::string::String",
            "crate::Id",
            "r#type::Id",
            "Self::Id",
            "(u8, u16)",
            "[u8; 4]",
            "Array<3>",
            "Array<-3, { 1 + 2 }, true>",
            "Nested<A<B<'a>>, C>",
            "Nested<A, B,>",
            "Typed::<u8>",
            "Iterator<Item = &'a str>",
            "<T as Trait>::Id",
            "<Vec<u8> as Trait<A>>::Id::Of<B>",
            "&'a dyn Trait",
            "Box<dyn Trait + Send + 'static>",
        ] {
            assert!(is_type(text), "{text}");
            assert!(syn::parse_str::<syn::Type>(text).is_ok(), "{text}");
        }
        for text in ["", "&", "u8 u8", "if", "a::", "A<B", "A<>>", "<T as>::B", "{ u8 }", "'a", "3"]
        {
            assert!(!is_type(text), "{text}");
            assert!(syn::parse_str::<syn::Type>(text).is_err(), "{text}");
        }
    }
}
