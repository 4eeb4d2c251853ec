//! The arguments of an attribute: from tokens to the tree.
//!
//! Only the shape is judged here; which arguments fit together is for `check`.
//! Invariant: after a mistake reading goes on after the next comma.

use super::ast::{Arguments, By, ENDINGS, Ending, Field, Measure, Name, On, Otherwise, Set, Value};
use crate::errors::{Between, Errors, error, report};
use crate::keys::Keys;
use crate::naming;
use crate::paths::Runtime;
use crate::tokens::{
    group, is_path_separator, is_punct, is_word, list, split_at_commas, split_attributes, stream,
    word,
};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};

/// Reads the arguments of an attribute.
pub(super) fn arguments(measure: Measure, tokens: TokenStream, errors: &mut Errors) -> Arguments {
    let mut arguments = Arguments {
        runtime: Runtime::default(),
        set: None,
        on: None,
        otherwise: None,
        name: None,
        by: None,
    };
    let mut keys = Keys::default();
    for argument in split_arguments(&list(tokens)) {
        let key = word(argument.first()).filter(|_| is_argument(&argument)).cloned();
        if key.as_ref().is_some_and(|key| !keys.take(key, errors)) {
            continue;
        }
        let read = match key {
            None => arguments.take_family(&argument, errors),
            Some(key) => {
                arguments.take(measure, key, argument.get(1..).unwrap_or_default(), errors)
            }
        };
        if let Err(error) = read {
            errors.push_syn(error);
        }
    }
    arguments
}

/// Whether an argument is `key = …`, `key(…)`, or one word that is no type's name.
fn is_argument(argument: &[TokenTree]) -> bool {
    let is_small = word(argument.first())
        .is_some_and(|word| word.to_string().starts_with(|c: char| c.is_lowercase()));
    match argument {
        [_] => is_small,
        [_, second, ..] => {
            is_punct(Some(second), '=') || group(Some(second), Delimiter::Parenthesis).is_some()
        }
        [] => false,
    }
}

/// The arguments that an attribute knows.
fn known(measure: Measure) -> &'static [&'static str] {
    match measure {
        Measure::InFlight => &["name", "crate"],
        Measure::Timed => &["on", "otherwise", "name", "crate"],
        Measure::Counted => &["by", "on", "otherwise", "name", "crate"],
    }
}

impl Arguments {
    /// The family.
    fn take_family(&mut self, argument: &[TokenTree], errors: &mut Errors) -> syn::Result<()> {
        let set = set(argument, errors)?;
        if let Some(first) = &self.set {
            let (first, second) = (stream(&first.path), stream(&set.path));
            let both = Between(&first, &second);
            report!(errors, both, "a second family: write another attribute for it");
        } else {
            self.set = Some(set);
        }
        Ok(())
    }

    /// An argument with a name; `rest` is what follows it.
    fn take(
        &mut self,
        measure: Measure,
        key: Ident,
        rest: &[TokenTree],
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let known = known(measure);
        match known.iter().copied().find(|known| key == known) {
            Some("on") => self.on = Some(on(&key, rest, errors)?),
            Some("otherwise") => self.otherwise = Some(otherwise(key, rest, errors)?),
            Some("by") => self.by = Some(by(key, rest)?),
            Some("name") => self.name = Some(name(key, rest)?),
            Some("crate") => self.runtime = path(&key, rest)?,
            _ => {
                let (listed, written) = (naming::listed(known), key.to_string());
                let meant = naming::did_you_mean(&written, known);
                let attribute = measure.name();
                return Err(error!(
                    key,
                    "unknown argument `{written}`{meant} `#[{attribute}]` knows a family, {listed}"
                ));
            }
        }
        Ok(())
    }
}

/// What is after the `=` of an argument; none if it is not written like that.
fn value(rest: &[TokenTree]) -> Option<&[TokenTree]> {
    let (equals, value) = rest.split_first()?;
    (is_punct(Some(equals), '=') && !value.is_empty()).then_some(value)
}

/// Reads `(Family { … })`.
fn otherwise(key: Ident, rest: &[TokenTree], errors: &mut Errors) -> syn::Result<Otherwise> {
    let Some(content) = group(rest.first(), Delimiter::Parenthesis) else {
        return Err(error!(
            key,
            "`otherwise` takes a label set: write `otherwise(Family {{ … }})`"
        ));
    };
    let set = set(&list(content.stream()), errors)?;
    Ok(Otherwise { key, set })
}

/// Reads `= amount`.
fn by(key: Ident, rest: &[TokenTree]) -> syn::Result<By> {
    let Some(value) = value(rest) else {
        return Err(error!(key, "`by` is an amount: write `by = expression`"));
    };
    let amount = classify(value);
    if let Value::Ending(token) = &amount {
        return Err(error!(token, "`_` is no amount: write an expression or a closure"));
    }
    Ok(By { key, amount })
}

/// Reads `= "…"`.
fn name(key: Ident, rest: &[TokenTree]) -> syn::Result<Name> {
    match value(rest).map(|value| syn::parse2(stream(value))) {
        Some(Ok(written)) => Ok(Name { key, written }),
        _ => Err(error!(key, "`name` is a string: write `name = \"…\"`")),
    }
}

/// Reads `= path`.
fn path(key: &Ident, rest: &[TokenTree]) -> syn::Result<Runtime> {
    let written = "crate = ::my_metrics";
    let Some(value) = value(rest) else { return Err(Runtime::malformed(key, written)) };
    let read = |input: ParseStream<'_>| Runtime::parse(key, input, written);
    read.parse2(stream(value))
}

/// Reads `(ok, err, panic, cancelled)`.
fn on(key: &Ident, behind: &[TokenTree], errors: &mut Errors) -> syn::Result<On> {
    let names = ENDINGS.map(Ending::as_str);
    let listed = naming::listed(&names);
    let content = group(behind.first(), Delimiter::Parenthesis).map(|group| list(group.stream()));
    let Some(content) = content.filter(|content| !content.is_empty()) else {
        return Err(error!(key, "`on` takes endings, of {listed}: write `on(err)`"));
    };
    let mut endings: Vec<(Ending, Ident)> = Vec::new();
    for ending in split_commas(&content) {
        let [TokenTree::Ident(name)] = &*ending else {
            report!(errors, stream(&ending), "this is no ending: known are {listed}");
            continue;
        };
        let known = ENDINGS.into_iter().find(|known| name == known.as_str());
        let Some(known) = known else {
            let meant = naming::did_you_mean(&name.to_string(), &names);
            report!(errors, name, "unknown ending `{name}`{meant} known are {listed}");
            continue;
        };
        if let Some((_, first)) = endings.iter().find(|(ending, _)| *ending == known) {
            report!(errors, Between(first, name), "ending `{name}` is given twice: leave one out");
            continue;
        }
        endings.push((known, name.clone()));
    }
    Ok(On { key: key.clone(), endings })
}

/// Reads a family's path or a label-set literal.
fn set(tokens: &[TokenTree], errors: &mut Errors) -> syn::Result<Set> {
    let braces = group(tokens.last(), Delimiter::Brace).cloned();
    let path = match (&braces, tokens.split_last()) {
        (Some(_), Some((_, path))) => path,
        _ => tokens,
    };
    if !is_path(path) {
        return Err(error!(
            stream(tokens),
            "this is no family: write `Family` or `Family {{ label: value }}`"
        ));
    }
    let fields = braces.as_ref().map(|braces| fields(braces, errors)).unwrap_or_default();
    Ok(Set { path: path.to_vec(), braces, fields })
}

/// Whether the tokens are words with `::` between them; `::` may begin.
fn is_path(tokens: &[TokenTree]) -> bool {
    let mut rest =
        if is_path_separator(tokens) { tokens.get(2..).unwrap_or_default() } else { tokens };
    loop {
        let Some((first, behind)) = rest.split_first() else { return false };
        let invisible = group(Some(first), Delimiter::None).is_some();
        if word(Some(first)).is_none() && !invisible {
            return false;
        }
        if behind.is_empty() {
            return true;
        }
        if !is_path_separator(behind) {
            return false;
        }
        rest = behind.get(2..).unwrap_or_default();
    }
}

/// Reads the labels of a literal.
fn fields(braces: &Group, errors: &mut Errors) -> Vec<Field> {
    let mut fields = Vec::new();
    for field in split_fields(&list(braces.stream())) {
        let (attributes, field) = split_attributes(&field, false);
        if is_punct(field.first(), '.') {
            report!(errors, stream(field), "`..` hides labels: write each one");
            continue;
        }
        let Some((first, behind)) = field.split_first() else { continue };
        let (Some(name), true) = (
            word(Some(first)),
            behind.is_empty() || is_punct(behind.first(), ':') && !is_path_separator(behind),
        ) else {
            report!(errors, stream(field), "this is no label: write `label: value`");
            continue;
        };
        let value = behind.get(1..).filter(|value| !value.is_empty());
        if value.is_none() && !behind.is_empty() {
            report!(errors, name, "label `{name}` has no value: write `{name}: value`");
            continue;
        }
        let value = value.map_or_else(|| Value::Early(vec![first.clone()]), classify);
        fields.push(Field { attributes: attributes.to_vec(), name: name.clone(), value });
    }
    fields
}

/// Tells an expression from a closure and from `_`.
fn classify(value: &[TokenTree]) -> Value {
    let first = value.first();
    let tokens = value.to_vec();
    match value {
        [only] if is_word(Some(only), "_") || is_punct(Some(only), '_') => {
            Value::Ending(only.clone())
        }
        _ if is_punct(first, '|') => Value::Closure(tokens),
        _ if is_word(first, "move") && is_punct(value.get(1), '|') => Value::Closure(tokens),
        _ if is_constant(value) => Value::Constant(tokens),
        _ => Value::Early(tokens),
    }
}

/// Whether a value is the same before and after the body: a literal, or a path of several words,
/// which names no variable.
fn is_constant(value: &[TokenTree]) -> bool {
    match value {
        [TokenTree::Literal(_)] => true,
        [TokenTree::Ident(word)] => word == "true" || word == "false",
        [sign, TokenTree::Literal(_)] => is_punct(Some(sign), '-'),
        _ => is_path(value),
    }
}

/// Splits at the commas outside of groups.
fn split_commas(tokens: &[TokenTree]) -> Vec<Vec<TokenTree>> {
    let parts = tokens.split(|token| is_punct(Some(token), ','));
    parts.filter(|part| !part.is_empty()).map(<[TokenTree]>::to_vec).collect()
}

/// Splits the arguments of an attribute: at the commas outside of groups, and of what `by` is.
fn split_arguments(tokens: &[TokenTree]) -> Vec<Vec<TokenTree>> {
    split_at_commas(
        tokens,
        |argument| matches!(argument, [key, equals] if is_word(Some(key), "by") && is_punct(Some(equals), '=')),
    )
}

/// Splits a literal into its labels: at the commas outside of groups, of the parameters of a
/// closure and of `::<…>`.
fn split_fields(tokens: &[TokenTree]) -> Vec<Vec<TokenTree>> {
    split_at_commas(tokens, |field| is_punct(field.last(), ':'))
}
