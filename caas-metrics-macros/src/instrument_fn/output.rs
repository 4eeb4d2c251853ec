//! Return types as tokens: what they hide, and what a body may be given of them.
//!
//! Not here: what follows for a function (`calls`). Invariant: a type is never rebuilt; what is not
//! erased keeps its tokens.

use crate::tokens::{
    Angles, has_word, invisible, is_assignment, is_punct, is_word, list, refilled, split_before,
};
use proc_macro2::{Ident, TokenTree};

/// Whether `impl Fn(…)`, `impl FnMut(…)` and the like occur.
pub(super) fn returns_closure(output: &[TokenTree]) -> bool {
    let mut behind_impl = false;
    output.iter().any(|token| match token {
        TokenTree::Ident(word) => {
            behind_impl |= word == "impl";
            let closures = ["Fn", "FnMut", "FnOnce", "AsyncFn", "AsyncFnMut", "AsyncFnOnce"];
            behind_impl && closures.iter().any(|name| word == name)
        }
        TokenTree::Group(group) => {
            let inner = list(group.stream());
            returns_closure(&inner)
        }
        _ => false,
    })
}

/// The type with `_` in place of each `impl Trait`.
pub(super) fn erase(tokens: &[TokenTree]) -> Vec<TokenTree> {
    let mut erased = Vec::new();
    let mut rest = tokens;
    while let Some((token, behind)) = rest.split_first() {
        rest = behind;
        match token {
            TokenTree::Ident(word) if word == "impl" => {
                erased.push(Ident::new("_", word.span()).into());
                // The bounds end where a `<` closes that was open before them, or at a comma.
                rest = behind_bounds(behind);
            }
            TokenTree::Group(group) => {
                let inner = erase(&list(group.stream()));
                erased.push(refilled(group, inner.into_iter().collect()));
            }
            token => erased.push(token.clone()),
        }
    }
    erased
}

fn behind_bounds(tokens: &[TokenTree]) -> &[TokenTree] {
    let (bounds, _) = split_before(tokens, |token| is_punct(Some(token), ','));
    let mut angles = Angles::default();
    let mut arrow = false;
    for (position, token) in bounds.iter().enumerate() {
        if is_punct(Some(token), '>') && angles.is_outside() && !arrow {
            return tokens.get(position..).unwrap_or_default();
        }
        arrow = is_punct(Some(token), '-');
        angles.step(token);
    }
    tokens.get(bounds.len()..).unwrap_or_default()
}

/// The `X` of `Future<Output = X>` in a return type.
pub(super) fn future_output(output: &[TokenTree]) -> Option<Vec<TokenTree>> {
    let mut rest = output;
    while let Some((token, behind)) = rest.split_first() {
        if let Some(content) = invisible(Some(token)) {
            return future_output(&content);
        }
        if is_word(Some(token), "Output") && is_assignment(behind) {
            let value = behind.get(1..)?;
            return Some(value.get(..value.len() - behind_bounds(value).len())?.to_vec());
        }
        rest = behind;
    }
    None
}

/// Whether the type is `impl Future`, with no other bounds than those that every future has if its
/// parts have them: then another future can be returned instead.
pub(super) fn returns_any_future(output: &[TokenTree]) -> bool {
    let content = match output {
        [only] => invisible(Some(only)),
        _ => None,
    };
    let output = content.as_deref().unwrap_or(output);
    let Some((first, bounds)) = output.split_first() else { return false };
    if !is_word(Some(first), "impl") {
        return false;
    }
    let mut bounds = bounds;
    let mut has_future = false;
    loop {
        let (bound, rest) = split_before(bounds, |token| is_punct(Some(token), '+'));
        let (path, _) = split_before_angle(bound);
        let is_future = is_word(path.last(), "Future");
        has_future |= is_future;
        let is_lifetime = is_punct(path.first(), '\'');
        let is_auto = ["Send", "Sync", "use"].iter().any(|name| is_word(path.last(), name));
        if !is_future && !is_lifetime && !is_auto && !path.is_empty() {
            return false;
        }
        match rest.split_first() {
            Some((_, rest)) => bounds = rest,
            None => return has_future,
        }
    }
}

/// Whether the type can be written in an expression: it has no `impl Trait`.
pub(super) fn is_nameable(output: &[TokenTree]) -> bool {
    !has_word(output, &|word| word == "impl")
}

fn split_before_angle(tokens: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    let end = tokens.iter().position(|token| is_punct(Some(token), '<')).unwrap_or(tokens.len());
    tokens.split_at_checked(end).unwrap_or((tokens, &[]))
}
