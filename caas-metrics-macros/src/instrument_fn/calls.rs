//! What can be told about the ending of a function's calls, from its tokens alone.
//!
//! Not here: whether that is enough for an attribute (`check`). Invariant: when in doubt, a body is
//! not enclosed, so no function breaks.

use super::ast::Function;
use super::tokens::{
    Angles, group, has_word, invisible, is_punct, is_word, list, refilled, split_before, stream,
    word,
};
use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// Why a body is not enclosed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    NeverReturns,
    ReturnsClosure,
    TrackCaller,
    TargetFeature,
    Reassigns,
    Generator,
    /// The body could be enclosed, but its value does not tell `ok` from `err`.
    ReturnsParameter,
}

/// How a function's body is run.
pub(super) struct Calls {
    /// Whether the body is polled: then a call may be cancelled.
    pub(super) asynchronous: bool,
    /// The value's type with `_` for `impl Trait`; empty where it is better left to rustc.
    pub(super) output: TokenStream,
    /// Whether the value is `()`.
    pub(super) unit: bool,
    pub(super) obstacle: Option<Obstacle>,
    pub(super) place: Place,
}

/// Where the body is that is measured.
pub(super) enum Place {
    /// It is the function's.
    Function,
    /// It is that of the async block which the function's body ends with.
    Future(Future),
}

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

/// Looks at a function in a block with these type parameters.
pub(super) fn calls(function: &Function, outer: &[Ident]) -> Calls {
    let is_async = function.qualifier("async").is_some();
    let future = if is_async { None } else { future(function) };
    let output = match &future {
        Some(_) => future_output(&function.output).unwrap_or_default(),
        None => function.output.clone(),
    };
    let asynchronous = is_async || future.is_some();
    let obstacle = obstacle(function, outer, &output, is_async);
    let is_unit = |group: Option<&Group>| group.is_some_and(|group| group.stream().is_empty());
    let unit = match &*output {
        [] => future.is_none(),
        [only] => is_unit(group(Some(only), Delimiter::Parenthesis)),
        _ => false,
    };
    let erased = erase(&output);
    let is_bare = erased.len() == 1 && is_word(erased.first(), "_");
    let output = match &*erased {
        _ if is_bare => TokenStream::new(),
        // A body that diverges would leave the type open.
        [] if unit => Group::new(Delimiter::Parenthesis, TokenStream::new()).to_token_stream(),
        _ => erased.into_iter().collect(),
    };
    Calls {
        asynchronous,
        output,
        unit,
        obstacle,
        place: future.map_or(Place::Function, Place::Future),
    }
}

fn obstacle(
    function: &Function,
    outer: &[Ident],
    output: &[TokenTree],
    is_async: bool,
) -> Option<Obstacle> {
    let has_attribute = |name: &str| has_word(&function.attributes, &|word| word == name);
    if has_attribute("track_caller") {
        return Some(Obstacle::TrackCaller);
    }
    if has_attribute("target_feature") {
        return Some(Obstacle::TargetFeature);
    }
    if function.qualifier("gen").is_some() {
        return Some(Obstacle::Generator);
    }
    match output {
        [only] if is_punct(Some(only), '!') => return Some(Obstacle::NeverReturns),
        [TokenTree::Ident(only)] => {
            let mut parameters = function.parameters.iter().chain(outer);
            if parameters.any(|parameter| parameter == only) {
                return Some(Obstacle::ReturnsParameter);
            }
        }
        _ => {}
    }
    if returns_closure(output) {
        return Some(Obstacle::ReturnsClosure);
    }
    (is_async && reassigns(function)).then_some(Obstacle::Reassigns)
}

/// Whether `impl Fn(…)`, `impl FnMut(…)` and the like occur.
fn returns_closure(output: &[TokenTree]) -> bool {
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

/// Whether a `mut` argument may be assigned to as a whole.
fn reassigns(function: &Function) -> bool {
    let mut names = Vec::new();
    mutable(&list(function.arguments.clone()), &mut names);
    !names.is_empty() && assigns(&list(function.body.stream()), &names)
}

/// The words behind `mut`; some are types, which nothing is assigned to.
fn mutable(tokens: &[TokenTree], names: &mut Vec<Ident>) {
    let mut before = None;
    for token in tokens {
        match token {
            TokenTree::Ident(name) if is_word(before, "mut") => names.push(name.clone()),
            TokenTree::Group(group) => mutable(&list(group.stream()), names),
            _ => {}
        }
        before = Some(token);
    }
}

fn assigns(tokens: &[TokenTree], names: &[Ident]) -> bool {
    let mut rest = tokens;
    let mut before: Option<&TokenTree> = None;
    while let Some((token, behind)) = rest.split_first() {
        let declares = ["let", "mut", "ref"].iter().any(|word| is_word(before, word));
        let assigned = is_assignment(behind) && !declares && !is_punct(before, '.');
        let found = match token {
            TokenTree::Ident(name) => assigned && names.contains(name),
            TokenTree::Group(group) => {
                let inner = list(group.stream());
                assigned && has_word(&inner, &|word| names.contains(word)) || assigns(&inner, names)
            }
            _ => false,
        };
        if found {
            return true;
        }
        before = Some(token);
        rest = behind;
    }
    false
}

/// Whether the tokens begin with `=` and not with `==` or `=>`.
fn is_assignment(tokens: &[TokenTree]) -> bool {
    let Some(TokenTree::Punct(equals)) = tokens.first() else { return false };
    let longer = equals.spacing() == Spacing::Joint
        && (is_punct(tokens.get(1), '=') || is_punct(tokens.get(1), '>'));
    equals.as_char() == '=' && !longer
}

/// The type with `_` in place of each `impl Trait`.
fn erase(tokens: &[TokenTree]) -> Vec<TokenTree> {
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
fn future_output(output: &[TokenTree]) -> Option<Vec<TokenTree>> {
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

/// The async block that the body of a function returns as its future, if it literally ends with one.
fn future(function: &Function) -> Option<Future> {
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

/// Whether the type is `impl … Future …`.
fn returns_future(output: &[TokenTree]) -> bool {
    let content = match output {
        [only] => invisible(Some(only)),
        _ => None,
    };
    let output = content.as_deref().unwrap_or(output);
    is_word(output.first(), "impl") && output.iter().any(|token| is_word(Some(token), "Future"))
}

/// Whether the type is `Pin<…>`, by whatever path.
fn returns_pin(output: &[TokenTree]) -> bool {
    let content = match output {
        [only] => invisible(Some(only)),
        _ => None,
    };
    let output = content.as_deref().unwrap_or(output);
    let (path, rest) = split_before_angle(output);
    !rest.is_empty() && is_word(path.last(), "Pin")
}

fn split_before_angle(tokens: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    let end = tokens.iter().position(|token| is_punct(Some(token), '<')).unwrap_or(tokens.len());
    tokens.split_at_checked(end).unwrap_or((tokens, &[]))
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
    let (attributes, rest) = super::tokens::split_attributes(&tokens, true);
    let mut behind = rest;
    while let Some(length) = leading_item(behind) {
        behind = behind.get(length..).unwrap_or_default();
    }
    let items = rest.get(..rest.len() - behind.len()).unwrap_or_default();
    [stream(attributes), stream(items), stream(behind)]
}

/// How many tokens the item has that the list begins with; `None` if it is no item for sure.
fn leading_item(tokens: &[TokenTree]) -> Option<usize> {
    let (_, plain) = super::tokens::split_attributes(tokens, false);
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
