//! From the tokens of an item to the tree: a function, or a block of functions.
//!
//! Nothing is judged here. Invariant: a body is never read, and only the parts of a signature that
//! an expansion depends on are.

use super::ast::{Block, Function, Item};
use crate::tokens::{
    group, invisible, is_path_separator, is_punct, is_word, list, split_attributes, split_before,
    split_generics, stream, word,
};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// Words that tell what an item is.
const ITEMS: [&str; 11] = [
    "fn",
    "impl",
    "trait",
    "struct",
    "enum",
    "union",
    "mod",
    "static",
    "type",
    "use",
    "macro_rules",
];

/// Reads an item.
pub(super) fn item(item: TokenStream) -> Item {
    let mut tokens = list(item);
    // A macro may hand over an item, or its end, in an invisible group.
    if let [only] = &*tokens {
        if let Some(content) = invisible(Some(only)) {
            tokens = content;
        }
    }
    while let Some(content) = invisible(tokens.last()) {
        tokens.pop();
        tokens.extend(content);
    }
    let (_, plain) = split_attributes(&tokens, false);
    let told = plain.iter().position(|token| {
        word(Some(token)).is_some_and(|word| ITEMS.iter().any(|item| word == item))
    });
    let Some(told) = told.and_then(|told| Some((told, plain.get(told)?))) else {
        return plain.first().or(tokens.first()).cloned().map_or(Item::Nothing, Item::Other);
    };
    match told {
        (at, token) if is_word(Some(token), "fn") => function(&tokens, plain, at),
        (at, token) if is_word(Some(token), "impl") || is_word(Some(token), "trait") => {
            block(&tokens, plain, at).unwrap_or_else(|| Item::Other(token.clone()))
        }
        (_, token) => Item::Other(token.clone()),
    }
}

/// Reads a function; `plain` is what follows its attributes, and has `fn` at `at`.
fn function(tokens: &[TokenTree], plain: &[TokenTree], at: usize) -> Item {
    let (before, rest) = plain.split_at_checked(at).unwrap_or((plain, &[]));
    let Some((fn_token, rest)) = rest.split_first() else { return Item::Nothing };
    let Some((name, rest)) = rest.split_first().and_then(|(name, r)| Some((word(Some(name))?, r)))
    else {
        return Item::Other(fn_token.clone());
    };
    let Some((last, head)) = tokens.split_last() else { return Item::Nothing };
    let Some(body) = group(Some(last), Delimiter::Brace) else {
        return match fn_token {
            TokenTree::Ident(ident) => Item::Bodyless(ident.clone()),
            other => Item::Other(other.clone()),
        };
    };
    let rest = rest.split_last().map_or(rest, |(_, rest)| rest);
    let (generics, rest) = split_generics(rest);
    let (_, rest) = split_before(rest, |t| group(Some(t), Delimiter::Parenthesis).is_some());
    let (arguments, rest) = match rest.split_first() {
        Some((TokenTree::Group(arguments), rest)) => (arguments.stream(), rest),
        _ => (TokenStream::new(), rest),
    };
    let output = if is_punct(rest.first(), '-') && is_punct(rest.get(1), '>') {
        split_before(rest.get(2..).unwrap_or_default(), |t| is_word(Some(t), "where")).0
    } else {
        &[]
    };
    let attributes = tokens.len().saturating_sub(plain.len());
    Item::Function(Function {
        attributes: tokens.get(..attributes).unwrap_or_default().to_vec(),
        head: head.to_vec(),
        qualifiers: before.iter().filter_map(|t| word(Some(t))).cloned().collect(),
        name: name.clone(),
        parameters: type_parameters(generics),
        arguments,
        output: output.to_vec(),
        body: body.clone(),
    })
}

/// Reads an `impl` or `trait` block, whose word is at `at` in `plain`.
fn block(tokens: &[TokenTree], plain: &[TokenTree], at: usize) -> Option<Item> {
    let (_, rest) = plain.split_at_checked(at)?;
    let (keyword, rest) = rest.split_first()?;
    let (last, head) = tokens.split_last()?;
    let braces = group(Some(last), Delimiter::Brace)?;
    let (_, header) = rest.split_last()?;
    let (generics, owner) = if is_word(Some(keyword), "trait") {
        let (name, rest) = header.split_first()?;
        (split_generics(rest).0, name.to_string())
    } else {
        let (generics, rest) = split_generics(header);
        let (rest, _) = split_before(rest, |t| is_word(Some(t), "where"));
        (generics, implementation(rest))
    };
    Some(Item::Block(Block {
        head: head.to_vec(),
        owner,
        parameters: type_parameters(generics),
        braces: braces.clone(),
    }))
}

/// `Type` or `<Type as Trait>`, from what is between the generics of an `impl` and its `where`.
fn implementation(header: &[TokenTree]) -> String {
    // `for<'a> Fn(&'a T)` has a `for` as well, before a `<`.
    let mut at = None;
    let mut angles = crate::tokens::Angles::default();
    for (position, token) in header.iter().enumerate() {
        let is_for = is_word(Some(token), "for") && !is_punct(header.get(position + 1), '<');
        if angles.is_outside() && is_for {
            at = Some(position);
        }
        angles.step(token);
    }
    match at.and_then(|at| Some((header.get(..at)?, header.get(at + 1..)?))) {
        Some((implemented, of)) => format!("<{} as {}>", short(of), short(implemented)),
        None => short(header),
    }
}

/// A type without modules and generic arguments.
fn short(tokens: &[TokenTree]) -> String {
    let mut shown = String::new();
    let mut rest = tokens;
    let mut after_word = false;
    while let Some((token, behind)) = rest.split_first() {
        rest = behind;
        match token {
            TokenTree::Ident(_) if is_path_separator(rest) && !is_punct(rest.get(2), '<') => {
                rest = rest.get(2..).unwrap_or_default();
            }
            TokenTree::Ident(ident) => {
                if after_word {
                    shown.push(' ');
                }
                shown.push_str(&ident.to_string());
                rest = split_generics(rest).1;
                after_word = true;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            TokenTree::Punct(punct) => {
                shown.push(punct.as_char());
                after_word = false;
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                shown.push_str(open);
                shown.push_str(&short(&list(group.stream())));
                shown.push_str(close);
                after_word = group.delimiter() == Delimiter::None;
            }
            TokenTree::Literal(literal) => shown.push_str(&literal.to_string()),
        }
    }
    shown
}

/// The type parameters of `<'a, T: Bound, const N: usize>`.
fn type_parameters(generics: &[TokenTree]) -> Vec<Ident> {
    let mut parameters = Vec::new();
    let mut angles = crate::tokens::Angles::default();
    let mut before: Option<&TokenTree> = None;
    for token in generics {
        let begins = is_punct(before, '<') || is_punct(before, ',');
        let depth = angles.step(token);
        if let Some(parameter) = word(Some(token)).filter(|word| begins && *word != "const") {
            if depth == 1 {
                parameters.push(parameter.clone());
            }
        }
        before = Some(token);
    }
    parameters
}

/// One piece of a block's content.
pub(super) enum Member {
    /// An item with its attributes.
    Item(TokenStream),
    /// Anything else, such as inner attributes.
    Tokens(TokenStream),
}

/// The items between the braces of a block.
pub(super) fn members(braces: &Group) -> Vec<Member> {
    let tokens = list(braces.stream());
    let (inner, mut rest) = split_attributes(&tokens, true);
    let mut members = vec![Member::Tokens(stream(inner))];
    while !rest.is_empty() {
        let (_, plain) = split_attributes(rest, false);
        // A `const` or `type` ends at its `;`, anything else at its body if that comes first.
        let value = has_value(plain);
        let (item, _) =
            split_before(plain, |token| is_punct(Some(token), ';') || !value && ends_item(token));
        let end = rest.len() - plain.len() + item.len() + 1;
        let (item, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        members.push(Member::Item(stream(item)));
        rest = behind;
    }
    members
}

/// Whether the item is one that has `= value;`.
fn has_value(plain: &[TokenTree]) -> bool {
    let words = plain.iter().map_while(|token| match token {
        TokenTree::Group(_) => Some(None),
        TokenTree::Ident(ident) => Some(Some(ident)),
        _ => None,
    });
    let words: Vec<&Ident> = words.flatten().collect();
    words.iter().any(|word| *word == "const" || *word == "type")
        && !words.iter().any(|word| *word == "fn")
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Brace => true,
            Delimiter::None => list(group.stream()).last().is_some_and(ends_item),
            _ => false,
        },
        _ => false,
    }
}
