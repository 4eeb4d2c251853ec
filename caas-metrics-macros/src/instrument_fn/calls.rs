//! What can be told about the ending of a function's calls, from its tokens alone.
//!
//! Not here: whether that is enough for an attribute (`check`). Invariant: when in doubt, a body is
//! not enclosed, so no function breaks.

use super::ast::Function;
use super::body::{Future, future};
use super::output::{erase, future_output, returns_closure};
use super::tokens::{group, has_word, is_assignment, is_punct, is_word, list};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
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
