//! What the tokens of a function say about how its calls end.
//!
//! Not here: whether that is enough for an attribute (`check`). Invariant: when in doubt, a body is
//! not enclosed, so no function breaks.

use super::ast::Function;
use super::body::{Future, Tail, may_await, tail};
use super::output::{erase, future_output, is_nameable, returns_any_future, returns_closure};
use crate::tokens::{group, has_word, is_assignment, is_punct, is_word, list};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;

/// Why a body is not enclosed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    NeverReturns,
    ReturnsClosure,
    TrackCaller,
    TargetFeature,
    Generator,
    /// The body could be enclosed, but its value does not tell `ok` from `err`.
    ReturnsParameter,
}

/// How a function's body is run.
pub(super) struct Calls {
    /// Whether the body is polled: then a call may be cancelled.
    pub(super) asynchronous: bool,
    /// Whether it may wait for other futures meanwhile.
    pub(super) waits: bool,
    /// The value's type with `_` for `impl Trait`; empty where it is better left to rustc.
    pub(super) output: TokenStream,
    /// The type that the function returns, or one that is like it for a probe: empty if it cannot
    /// be written.
    pub(super) returns: TokenStream,
    /// Whether the value is `()`.
    pub(super) unit: bool,
    pub(super) obstacle: Option<Obstacle>,
    pub(super) place: Place,
}

/// Where the body or the future is that is measured.
pub(super) enum Place {
    /// It is the function's body.
    Function,
    /// It is in the last expression of the function's body.
    Tail(Tail),
    /// It is the value that the body returns, which is `impl Future`.
    Value,
}

/// Looks at a function in a block with these type parameters. With `whole`, the arguments ask for
/// the value that the function returns as it is, unless its type is spelled as a future's.
pub(super) fn calls(function: &Function, outer: &[Ident], whole: bool) -> Calls {
    let is_async = function.qualifier("async").is_some();
    let place = if is_async { Place::Function } else { place(function, whole) };
    let polled = matches!(place, Place::Function).then_some(&*function.output);
    let told = future_output(&function.output);
    let output = match (polled, &told) {
        (Some(output), _) => output.to_vec(),
        (None, Some(output)) => output.clone(),
        (None, None) => Vec::new(),
    };
    let future = polled.is_none();
    let asynchronous = is_async || future;
    let obstacle = match place {
        // Nothing is enclosed.
        Place::Tail(Tail { future: Future::Expression(_), .. }) => None,
        _ => obstacle(function, outer, &output),
    };
    let is_unit = |group: Option<&Group>| group.is_some_and(|group| group.stream().is_empty());
    let unit = match &*output {
        [] => !future,
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
    let waits = match &place {
        Place::Function => is_async && may_await(&list(function.body.stream())),
        Place::Tail(Tail { future: Future::Block(block), .. }) => may_await(&list(block.stream())),
        _ => asynchronous,
    };
    let returns = if future && is_nameable(&function.output) {
        function.output.iter().cloned().collect()
    } else {
        TokenStream::new()
    };
    Calls { asynchronous, waits, output, returns, unit, obstacle, place }
}

/// Where to measure a function that is not `async`.
fn place(function: &Function, whole: bool) -> Place {
    let tail = tail(function);
    if let Some(tail @ Tail { future: Future::Block(_), .. }) = tail {
        return Place::Tail(tail);
    }
    let hidden = ["track_caller", "target_feature"];
    let must_stay = has_word(&function.attributes, &|word| hidden.iter().any(|name| word == name));
    if returns_any_future(&function.output) && !must_stay {
        return Place::Value;
    }
    let is_spelled = future_output(&function.output).is_some();
    let may_be_future = is_nameable(&function.output) && !function.output.is_empty();
    match tail {
        Some(tail) if is_spelled || may_be_future && !whole => Place::Tail(tail),
        _ => Place::Function,
    }
}

fn obstacle(function: &Function, outer: &[Ident], output: &[TokenTree]) -> Option<Obstacle> {
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
    returns_closure(output).then_some(Obstacle::ReturnsClosure)
}

/// The `mut` arguments that the body assigns to as a whole. rustc would say that what an enclosed
/// body captures of them is never read.
pub(super) fn reassigned(function: &Function) -> Vec<Ident> {
    let arguments = list(function.arguments.clone());
    let mut names = Vec::new();
    // An argument that some configurations do not have cannot be named.
    if !arguments.iter().any(|token| is_punct(Some(token), '#')) {
        mutable(&arguments, &mut names);
    }
    let body = list(function.body.stream());
    names.retain(|name| assigns(&body, std::slice::from_ref(name)));
    names
}

/// The names that `mut` makes variables of: not those after `&mut` and `*mut`.
fn mutable(tokens: &[TokenTree], names: &mut Vec<Ident>) {
    let word_at = |at: Option<usize>, words: &[&str]| {
        let token = at.and_then(|at| tokens.get(at));
        words.iter().any(|word| is_word(token, word))
    };
    for (position, token) in tokens.iter().enumerate() {
        let before = position.checked_sub(1);
        match token {
            TokenTree::Ident(name) if word_at(before, &["mut"]) && name != "self" => {
                let earlier = position.checked_sub(2);
                let lifetime = position.checked_sub(3).and_then(|at| tokens.get(at));
                let earlier_token = earlier.and_then(|at| tokens.get(at));
                let is_reference = is_punct(earlier_token, '&')
                    || is_punct(earlier_token, '*')
                    || is_punct(lifetime, '\'')
                    || word_at(earlier, &["ref"]);
                if !is_reference {
                    names.push(name.clone());
                }
            }
            TokenTree::Group(group) => mutable(&list(group.stream()), names),
            _ => {}
        }
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
