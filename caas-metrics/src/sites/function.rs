//! The label `function`: what a type name says about the function that the type is nested in.
//!
//! Invariant: no crate, module, closure or generic argument is part of it, so it does not depend on
//! where the function is moved to within its module, nor on its instances.

/// A function with its type or trait, if it is directly in one: `f`, `Type::f`, `<Type as Trait>::f`.
/// `item` is the type name of an item in a static of the function.
///
/// A function inside another one has its own name only, and so has a copy of it under another name:
/// attributes of other crates, such as those that make a route of a function, write both.
///
/// The compiler writes such names as
/// `krate::module::<impl krate::Trait for krate::Type<T>>::f::STATIC::item`.
pub(super) fn with_owner(name: &str, item: &str) -> String {
    let mut segments = segments(item);
    segments.truncate(segments.len().saturating_sub(2));
    // An implementation is the first segment or says `impl`; other brackets are generic arguments.
    let mut first = true;
    segments.retain(|segment| {
        let arguments = segment.starts_with('<') && !segment.starts_with("<impl ");
        let kept = !segment.starts_with('{') && (first || !arguments);
        first = false;
        kept
    });
    // Types and traits have capitals, and functions and modules have none.
    let owner = segments.iter().rev().nth(1).and_then(|owner| {
        match owner.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')) {
            Some(implementation) => Some(of_implementation(implementation)),
            None => owner.starts_with(char::is_uppercase).then(|| short(owner)),
        }
    });
    match owner {
        Some(owner) => format!("{owner}::{name}"),
        None => name.to_owned(),
    }
}

/// `impl Type`, `impl Trait for Type` or `Type as Trait`.
fn of_implementation(owner: &str) -> String {
    if let Some((of, implemented)) = split_once(owner, " as ") {
        return format!("<{} as {}>", short(of), short(implemented));
    }
    let owner = owner.strip_prefix("impl ").unwrap_or(owner);
    match split_once(owner, " for ") {
        Some((implemented, of)) => format!("<{} as {}>", short(of), short(implemented)),
        None => short(owner),
    }
}

/// The parts of a path, split at `::` outside of brackets.
fn segments(path: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let mut rest = path;
    while let Some((segment, behind)) = split_once(rest, "::") {
        segments.push(segment);
        rest = behind;
    }
    segments.push(rest);
    segments
}

/// Splits at the first separator outside of brackets.
fn split_once<'t>(text: &'t str, separator: &str) -> Option<(&'t str, &'t str)> {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (position, letter) in text.char_indices() {
        if depth == 0 && text[position..].starts_with(separator) {
            return Some((&text[..position], &text[position + separator.len()..]));
        }
        match letter {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if before == '-' => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = letter;
    }
    None
}

/// A type without modules and generic arguments: `&mut krate::Buffer<T>` is `&mut Buffer`.
fn short(name: &str) -> String {
    let mut text = String::new();
    let mut word = 0;
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix("::") {
            text.truncate(word);
            rest = behind;
            continue;
        }
        if letter == '<' && text.len() > word {
            // Arguments of the name before them.
            rest = behind_arguments(rest);
            continue;
        }
        text.push(letter);
        rest = &rest[letter.len_utf8()..];
        // What is not ASCII is part of a name, so the tables of Unicode need not be in the program.
        let is_in_name = letter.is_ascii_alphanumeric() || letter == '_' || !letter.is_ascii();
        if !is_in_name {
            word = text.len();
        }
    }
    text
}

/// What follows the `<…>` at the beginning.
fn behind_arguments(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut before = ' ';
    for (position, letter) in text.char_indices() {
        match letter {
            '<' => depth += 1,
            '>' if before != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return &text[position + letter.len_utf8()..];
        }
        before = letter;
    }
    ""
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn functions_are_told_from_type_names() {
        for (item, function) in [
            ("k::m::f::STATIC::Here", "f"),
            ("k::m::f::{{closure}}::STATIC::Here", "f"),
            ("k::m::outer::inner::STATIC::Here", "inner"),
            ("f::STATIC::Here", "f"),
            // A route macro that makes a type of the function's name, and a check beside a handler.
            ("<k::m::index as k::Factory>::register::index::STATIC::Here", "index"),
            ("k::m::__check_index_future::index::STATIC::Here", "index"),
            ("k::m::__check_index_value::STATIC::Here", "index"),
            ("k::m::Type<T>::f::STATIC::Here", "Type::f"),
            ("k::m::Type::<T>::f::STATIC::Here", "Type::f"),
            ("k::m::<impl k::other::Type<T>>::f::STATIC::Here", "Type::f"),
            (
                "k::m::<impl k::Trait<k::A> for k::other::Type<T>>::f::STATIC::Here",
                "<Type as Trait>::f",
            ),
            ("<k::m::Type<Fn(A) -> B> as k::Trait>::f::STATIC::Here", "<Type as Trait>::f"),
            ("<&mut k::m::Type as k::Trait>::f::STATIC::Here", "<&mut Type as Trait>::f"),
            ("k::m::Trait::f::STATIC::Here", "Trait::f"),
            ("k::m::f::{{impl}}::g::STATIC::Here", "g"),
        ] {
            let name = function.rsplit("::").next().unwrap();
            assert_eq!(with_owner(name, item), function, "{item}");
        }
    }
}
