//! The label `function`: what a type name says about the function that the type is nested in.
//!
//! Invariant: no crate, module, closure or generic argument is part of it, so it does not depend on
//! where the function is moved to within its module, nor on its instances.

/// The function of a nested item: `f`, `Type::f`, `<Type as Trait>::f`, `outer::inner`.
///
/// The compiler writes such names as `krate::module::<impl krate::Trait for krate::Type<T>>::f::item`.
pub(super) fn of_item(type_name: &str, module: &str) -> String {
    let mut segments = segments(type_name);
    segments.pop();
    // An implementation is the first segment or says `impl`; other brackets are generic arguments.
    let mut first = true;
    segments.retain(|segment| {
        let arguments = segment.starts_with('<') && !segment.starts_with("<impl ");
        let kept = !segment.starts_with('{') && (first || !arguments);
        first = false;
        kept
    });
    // Behind an implementation its type, else behind the module.
    let owner = segments.iter().position(|segment| segment.starts_with('<'));
    let start = owner.unwrap_or_else(|| {
        let common = module.split("::").zip(&segments).take_while(|(a, b)| a == *b).count();
        common.min(segments.len().saturating_sub(1))
    });
    let names = segments.iter().skip(start).map(|segment| {
        match segment.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')) {
            Some(owner) => of_implementation(owner),
            None => short(segment),
        }
    });
    names.collect::<Vec<_>>().join("::")
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
        if !letter.is_alphanumeric() && letter != '_' {
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
        for (type_name, function) in [
            ("k::m::f::Here", "f"),
            ("k::m::f::{{closure}}::Here", "f"),
            ("k::m::outer::inner::Here", "outer::inner"),
            ("k::m::Type<T>::f::Here", "Type::f"),
            ("k::m::Type::<T>::f::Here", "Type::f"),
            ("k::m::<impl k::other::Type<T>>::f::Here", "Type::f"),
            ("k::m::<impl k::Trait<k::A> for k::other::Type<T>>::f::Here", "<Type as Trait>::f"),
            ("<k::m::Type<Fn(A) -> B> as k::Trait>::f::Here", "<Type as Trait>::f"),
            ("<&mut k::m::Type as k::Trait>::f::Here", "<&mut Type as Trait>::f"),
            ("k::m::Trait::f::Here", "Trait::f"),
            ("k::m::f::{{impl}}::g::Here", "f::g"),
        ] {
            assert_eq!(of_item(type_name, "k::m"), function, "{type_name}");
        }
    }
}
