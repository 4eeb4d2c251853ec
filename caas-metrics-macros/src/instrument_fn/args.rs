//! The arguments of an attribute: from tokens to the tree.
//!
//! Only the shape is judged here; which arguments fit together is for `check`.
//! Invariant: after a mistake reading goes on behind the next comma.

use super::ast::{Arguments, By, ENDINGS, Ending, Field, Measure, Name, On, Otherwise, Set, Value};
use super::tokens::{
    Angles, group, is_path_separator, is_punct, is_word, list, split_attributes, stream, word,
};
use crate::errors::{Between, Errors, error, report};
use crate::naming;
use crate::paths::Runtime;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

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
    let mut seen: Vec<Ident> = Vec::new();
    for argument in split_arguments(&list(tokens)) {
        let key = word(argument.first()).filter(|_| is_argument(&argument)).cloned();
        if let Some(key) = &key {
            if let Some(first) = seen.iter().find(|first| *first == key) {
                report!(errors, Between(first, key), "`{key}` is given twice: leave one out");
                continue;
            }
            seen.push(key.clone());
        }
        if let Err(error) = arguments.take(measure, key, &argument, errors) {
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
    fn take(
        &mut self,
        measure: Measure,
        key: Option<Ident>,
        argument: &[TokenTree],
        errors: &mut Errors,
    ) -> syn::Result<()> {
        let Some(key) = key else {
            let set = set(argument, errors)?;
            if let Some(first) = &self.set {
                let both = (stream(&first.path), stream(&set.path));
                let both = Between(&both.0, &both.1);
                report!(errors, both, "a second family: write another attribute for it");
            } else {
                self.set = Some(set);
            }
            return Ok(());
        };
        let name = key.to_string();
        let behind = argument.get(1..).unwrap_or_default();
        let value = behind.get(1..).unwrap_or_default();
        if !known(measure).contains(&&*name) {
            let listed = naming::listed(known(measure));
            let meant = naming::did_you_mean(&name, known(measure));
            let attribute = measure.name();
            return Err(error!(
                key,
                "unknown argument `{name}`{meant} `#[{attribute}]` knows a family, {listed}"
            ));
        }
        match name.as_str() {
            "on" => self.on = Some(on(&key, behind, errors)?),
            "otherwise" => {
                let Some(content) = group(behind.first(), Delimiter::Parenthesis) else {
                    return Err(error!(
                        key,
                        "`otherwise` takes a label set: write `otherwise(Family {{ … }})`"
                    ));
                };
                let set = set(&list(content.stream()), errors)?;
                self.otherwise = Some(Otherwise { key, set });
            }
            "by" => {
                if !is_punct(behind.first(), '=') || value.is_empty() {
                    return Err(error!(key, "`by` is an amount: write `by = expression`"));
                }
                let amount = classify(value);
                if let Value::Ending(token) = &amount {
                    return Err(error!(
                        token,
                        "`_` is no amount: write an expression or a closure"
                    ));
                }
                self.by = Some(By { key, amount });
            }
            "name" => {
                let text = is_punct(behind.first(), '=').then(|| syn::parse2(stream(value)));
                let Some(Ok(text)) = text else {
                    return Err(error!(key, "`name` is a string: write `name = \"…\"`"));
                };
                self.name = Some(Name { key, text });
            }
            _ => {
                let written = "crate = ::my_metrics";
                if !is_punct(behind.first(), '=') {
                    return Err(Runtime::malformed(&key, written));
                }
                let path =
                    |input: syn::parse::ParseStream<'_>| Runtime::parse(&key, input, written);
                self.runtime = syn::parse::Parser::parse2(path, stream(value))?;
            }
        }
        Ok(())
    }
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

/// Whether a value is the same before and behind the body: a literal, or a path of several words,
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

/// Splits at commas, but not in the parameters of a closure, which may begin where
/// `begins_value` says that a value does, and not in `::<…>`.
fn split_at_commas(
    tokens: &[TokenTree],
    begins_value: impl Fn(&[TokenTree]) -> bool,
) -> Vec<Vec<TokenTree>> {
    let begins_closure = |field: &[TokenTree]| {
        let before = match field.split_last() {
            Some((last, before)) if is_word(Some(last), "move") => before,
            _ => field,
        };
        begins_value(before)
    };
    let mut fields = Vec::new();
    let mut field: Vec<TokenTree> = Vec::new();
    let mut angles = Angles::default();
    let mut in_parameters = false;
    for token in tokens {
        if is_punct(Some(token), '|') {
            // The first `|` of a value opens parameters, the next one closes them.
            in_parameters = !in_parameters && begins_closure(&field);
        }
        if is_punct(Some(token), ',') && angles.is_outside() && !in_parameters {
            fields.push(std::mem::take(&mut field));
            continue;
        }
        let turbofish = is_punct(Some(token), '<') && is_punct(field.last(), ':');
        if turbofish || !angles.is_outside() {
            angles.step(token);
        }
        field.push(token.clone());
    }
    fields.push(field);
    fields.retain(|field| !field.is_empty());
    fields
}
