//! Bodies as tokens: where a guard goes, and the async block that a body may end with.
//!
//! Not here: what is put around a body (`expand`). Invariant: parts that are joined again are the same
//! body.

use super::ast::Function;
use super::output::{returns_future, returns_pin};
use super::tokens::{
    group, is_punct, is_word, list, refilled, split_attributes, split_before, stream, word,
};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// The async block that a body ends with.
pub(super) struct Future {
    /// All in front of the block, or of the group with the block.
    before: Vec<TokenTree>,
    /// The arguments of `Box::pin`, and what is in front of the block there.
    pinned: Option<(Group, Vec<TokenTree>)>,
    /// What follows the block there.
    behind: Vec<TokenTree>,
    pub(super) block: Group,
}

impl Future {
    /// The function's body with another block.
    pub(super) fn body(&self, block: TokenTree) -> TokenStream {
        let mut body = stream(&self.before);
        match &self.pinned {
            None => body.extend([block]),
            Some((arguments, inner)) => {
                let mut content = stream(inner);
                content.extend([block]);
                content.extend(self.behind.iter().cloned());
                body.extend([refilled(arguments, content)]);
            }
        }
        body
    }
}

/// The async block that the body of a function returns as its future, if it literally ends with one.
pub(super) fn future(function: &Function) -> Option<Future> {
    let body = list(function.body.stream());
    let last = body.last()?;
    if group(Some(last), Delimiter::Brace).is_some() && returns_future(&function.output) {
        let (before, block) = async_block(&body)?;
        let block = block.clone();
        return Some(Future { before: before.to_vec(), pinned: None, behind: Vec::new(), block });
    }
    let arguments = group(Some(last), Delimiter::Parenthesis)?;
    if !returns_pin(&function.output) {
        return None;
    }
    let before = body.get(..body.len().checked_sub(1)?)?;
    let (path, rest) = before.split_last()?;
    let is_pin = is_word(Some(path), "pin") && is_punct(rest.last(), ':');
    let mut inner = list(arguments.stream());
    let mut behind = Vec::new();
    if is_punct(inner.last(), ',') {
        behind.extend(inner.pop());
    }
    let (in_front, block) = async_block(&inner)?;
    let only = in_front.iter().all(|t| is_word(Some(t), "async") || is_word(Some(t), "move"));
    (is_pin && only && begins_expression(rest)).then(|| Future {
        before: before.to_vec(),
        pinned: Some((arguments.clone(), in_front.to_vec())),
        behind,
        block: block.clone(),
    })
}

/// Splits a list that ends in `async { … }` or `async move { … }`, in front of the braces.
fn async_block(tokens: &[TokenTree]) -> Option<(&[TokenTree], &Group)> {
    let (last, before) = tokens.split_last()?;
    let block = group(Some(last), Delimiter::Brace)?;
    let (word, rest) = before.split_last()?;
    let is_block = is_word(Some(word), "async")
        || is_word(Some(word), "move") && is_word(rest.last(), "async");
    is_block.then_some((before, block))
}

/// Whether a path that ends here is the beginning of the last expression: words and `::` only, up
/// to a `;`, a block or the body's beginning.
fn begins_expression(path: &[TokenTree]) -> bool {
    let start =
        path.iter().rev().find(|token| word(Some(token)).is_none() && !is_punct(Some(token), ':'));
    match start {
        None => true,
        Some(token) => is_punct(Some(token), ';') || group(Some(token), Delimiter::Brace).is_some(),
    }
}

/// Whether a function is `clone` with the body `*self`, or `partial_cmp` with the body `Some(…)`.
pub(super) fn is_canonical(function: &Function) -> bool {
    let body = list(function.body.stream());
    let is_path = |path: &[TokenTree]| {
        path.iter().all(|token| word(Some(token)).is_some() || is_punct(Some(token), ':'))
    };
    match &*body {
        [star, only] if function.name == "clone" => {
            is_punct(Some(star), '*') && is_word(Some(only), "self")
        }
        [path @ .., last] if function.name == "partial_cmp" => {
            let arguments = group(Some(last), Delimiter::Parenthesis);
            arguments.is_some() && is_word(path.last(), "Some") && is_path(path)
        }
        _ => false,
    }
}

/// The parts of a body: inner attributes, the items that it begins with, and the rest.
///
/// A statement of ours goes behind those items: in front of them it would be a statement before
/// items, which clippy complains about.
pub(super) fn split_body(body: &Group) -> [TokenStream; 3] {
    let tokens = list(body.stream());
    let (attributes, rest) = split_attributes(&tokens, true);
    let mut behind = rest;
    while let Some(length) = leading_item(behind) {
        behind = behind.get(length..).unwrap_or_default();
    }
    let items = rest.get(..rest.len() - behind.len()).unwrap_or_default();
    [stream(attributes), stream(items), stream(behind)]
}

/// How many tokens the item has that the list begins with; `None` if it is no item for sure.
fn leading_item(tokens: &[TokenTree]) -> Option<usize> {
    let (_, plain) = split_attributes(tokens, false);
    let mut at = 0;
    if is_word(plain.first(), "pub") {
        at = 1 + usize::from(group(plain.get(1), Delimiter::Parenthesis).is_some());
    }
    let keyword = word(plain.get(at))?.to_string();
    let next = plain.get(at + 1);
    let next_word = word(next).map(ToString::to_string);
    let to_semicolon = match keyword.as_str() {
        "use" | "static" | "type" => true,
        // Not `const { … }`; `const fn` has a body.
        "const" => next_word.as_deref().is_some_and(|next| next != "fn" && next != "unsafe"),
        "fn" | "struct" | "enum" | "trait" | "mod" | "impl" => false,
        "async" if next_word.as_deref() == Some("fn") => false,
        "unsafe" if matches!(next_word.as_deref(), Some("fn" | "impl" | "trait" | "extern")) => {
            false
        }
        "macro_rules" if is_punct(next, '!') => false,
        "extern" => next_word.as_deref() == Some("crate"),
        _ => return None,
    };
    if keyword == "const" && !to_semicolon && next_word.is_none() {
        return None;
    }
    let (item, rest) = split_before(plain, |token| {
        is_punct(Some(token), ';')
            || !to_semicolon && group(Some(token), Delimiter::Brace).is_some()
    });
    (!rest.is_empty()).then(|| tokens.len() - plain.len() + item.len() + 1)
}
