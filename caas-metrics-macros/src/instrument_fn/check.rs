//! The rules: which arguments fit together, and what they ask of a function.
//!
//! Whether labels exist and fit is rustc's business. Invariant: what passes here expands to code
//! whose only mistakes can be in the user's own tokens.

use super::ast::{Arguments, Ending, Function, Measure, On, Set, Value};
use super::calls::{Calls, Obstacle};
use crate::errors::{Errors, report};
use crate::tokens::{has_word, stream};
use proc_macro2::TokenStream;
use quote::ToTokens;

/// Attributes of functions that are no ordinary functions, and why they stay as they are.
const REFUSED: [(&str, &str); 5] = [
    ("naked", "its body is assembly"),
    ("panic_handler", "it runs when nothing can be relied on"),
    ("proc_macro", "it runs in the compiler"),
    ("proc_macro_attribute", "it runs in the compiler"),
    ("proc_macro_derive", "it runs in the compiler"),
];

/// Checks what does not depend on a function.
pub(super) fn arguments(measure: Measure, arguments: &Arguments, errors: &mut Errors) {
    if arguments.set.is_none() {
        let without = [
            arguments.on.as_ref().map(|on| &on.key),
            arguments.otherwise.as_ref().map(|otherwise| &otherwise.key),
            arguments.by.as_ref().map(|by| &by.key),
        ];
        for key in without.into_iter().flatten() {
            report!(errors, key, "`{key}` without a family: write the family in front of it");
        }
        return;
    }
    if let Some(name) = &arguments.name {
        report!(errors, name.key, "`name` is for the built-in family: leave it out, or the family");
    }
    if let Some(set) = &arguments.set {
        match measure {
            Measure::InFlight => in_flight(set, errors),
            _ => values(set, arguments, errors),
        }
    }
    if let (Some(_), Some(otherwise)) = (&arguments.by, &arguments.otherwise) {
        report!(
            errors,
            otherwise.key,
            "`otherwise` counts calls, and `by` adds amounts: write another attribute for these calls"
        );
    }
    if let Some(otherwise) = &arguments.otherwise {
        for (closure, _) in closures(&otherwise.set) {
            report!(
                errors,
                closure,
                "a call that panics or is cancelled has no value to look at: write an expression or `_`"
            );
        }
    }
}

/// Calls in flight are counted before there is any ending.
fn in_flight(set: &Set, errors: &mut Errors) {
    let late = closures(set).map(|(tokens, _)| tokens).chain(endings(set));
    for value in late {
        report!(errors, value, "a call in flight has not ended yet: write an expression");
    }
}

/// A closure needs a value, or something else to record when there is none.
fn values(set: &Set, arguments: &Arguments, errors: &mut Errors) {
    let valueless = |on: &On| {
        let mut endings = on.endings.iter();
        endings
            .find(|(ending, _)| matches!(ending, Ending::Panic | Ending::Cancelled))
            .map(|(_, name)| name.clone())
    };
    let valueless = arguments.on.as_ref().map(valueless);
    if let (Some(Some(name)), Some(_)) = (&valueless, &arguments.otherwise) {
        report!(errors, name, "`otherwise` records these calls already: leave `{name}` out");
        return;
    }
    let amount = arguments.by.iter().filter_map(|by| match &by.amount {
        Value::Closure(tokens) => Some(stream(tokens)),
        _ => None,
    });
    let mut closures = closures(set).map(|(closure, _)| closure).chain(amount);
    let Some(closure) = closures.next() else { return };
    match valueless {
        Some(Some(name)) => report!(
            errors,
            name,
            "a closure has no value to look at when a call ends like this: leave `{name}` out, or \
             write `otherwise(Family {{ … }})` instead"
        ),
        None if arguments.otherwise.is_none() => report!(
            errors,
            closure,
            "a closure has no value to look at when the call panics or is cancelled: add \
             `on(ok, err)`, or `otherwise(Family {{ … }})` for such calls"
        ),
        _ => {}
    }
}

/// The closures of a label set, with their labels' names.
fn closures(set: &Set) -> impl Iterator<Item = (TokenStream, String)> + '_ {
    set.fields.iter().filter_map(|field| match &field.value {
        Value::Closure(tokens) => Some((stream(tokens), field.name.to_string())),
        _ => None,
    })
}

/// The `_` of a label set.
fn endings(set: &Set) -> impl Iterator<Item = TokenStream> + '_ {
    set.fields.iter().filter_map(|field| match &field.value {
        Value::Ending(token) => Some(token.to_token_stream()),
        _ => None,
    })
}

/// Checks a function that an attribute is on.
pub(super) fn function(
    measure: Measure,
    arguments: &Arguments,
    function: &Function,
    calls: &Calls,
    errors: &mut Errors,
) {
    if let Some(word) = function.qualifier("const") {
        let name = measure.name();
        report!(
            errors,
            word,
            "a `const fn` cannot be measured, it also runs in the compiler: leave out `const`, or `#[{name}]`"
        );
    }
    for (attribute, why) in REFUSED {
        if has_word(&function.attributes, &|word| word == attribute) {
            report!(
                errors,
                function.name,
                "a function with `#[{attribute}]` cannot be measured: {why}"
            );
        }
    }
    if let Some(on) = &arguments.on {
        if let ([(Ending::Cancelled, name)], false) = (&*on.endings, calls.asynchronous) {
            report!(
                errors,
                name,
                "only a future can be cancelled, and this function is not `async`"
            );
        }
    }
    untold(arguments, function, calls, errors);
}

/// Checks that the endings which the arguments name can be distinguished.
pub(super) fn untold(
    arguments: &Arguments,
    function: &Function,
    calls: &Calls,
    errors: &mut Errors,
) {
    let (Some(obstacle), Some(set)) = (calls.obstacle, &arguments.set) else { return };
    let parameter = obstacle == Obstacle::ReturnsParameter;
    let (why, remedy) = obstacle.words();
    let otherwise = arguments.otherwise.as_ref().map(|otherwise| &otherwise.set);
    let sets = [Some(set), otherwise];
    let mut asking: Vec<TokenStream> = sets.into_iter().flatten().flat_map(endings).collect();
    if !parameter {
        asking.extend(closures(set).map(|(closure, _)| closure));
        asking.extend(arguments.by.iter().filter_map(|by| match &by.amount {
            Value::Closure(tokens) => Some(stream(tokens)),
            _ => None,
        }));
        asking.extend(arguments.otherwise.iter().map(|otherwise| otherwise.key.to_token_stream()));
    }
    if let Some(on) = &arguments.on {
        let has = |wanted| on.endings.iter().any(|(ending, _)| *ending == wanted);
        let divides = has(Ending::Ok) != has(Ending::Err);
        if divides || calls.asynchronous && !parameter {
            asking.push(on.key.to_token_stream());
        }
    }
    for tokens in asking {
        let name = &function.name;
        report!(
            errors,
            tokens,
            "this depends on how a call of `{name}` ends, which is not told since {why}: {remedy}"
        );
    }
}

impl Obstacle {
    /// Why the ending is unknown, and what to do about it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NeverReturns => ("it never returns", "leave this out"),
            Self::ReturnsClosure => {
                ("it returns an `impl Fn`", "annotate a function that calls this one")
            }
            Self::TrackCaller => (
                "enclosing its body would hide the caller from `#[track_caller]`",
                "annotate a function that this one calls",
            ),
            Self::TargetFeature => (
                "its body must stay in the function that has `#[target_feature]`",
                "annotate a function that calls this one",
            ),
            Self::Generator => ("it is a `gen fn`", "annotate a function that calls this one"),
            Self::ReturnsParameter => (
                "its type parameter may be a `Result` or not",
                "write the `Result` in the return type",
            ),
        }
    }
}
