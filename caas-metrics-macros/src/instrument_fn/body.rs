//! Bodies as tokens: where a guard goes, and the future that a body ends with.
//!
//! Not here: what is put around a body (`expand`). Invariant: parts that are joined again are the same
//! body.

use super::ast::Function;
use crate::paths::ADVICE;
use crate::tokens::{
    group, has_word, is_punct, is_word, list, refilled, split_attributes, split_before, stream,
    word,
};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// The future in the last expression of a body, and all around it.
pub(super) struct Tail {
    /// All before the future, or before the arguments that it is in.
    before: Vec<TokenTree>,
    /// The arguments of `Box::pin`, and what is before and after the future there.
    arguments: Option<(Group, Vec<TokenTree>, Vec<TokenTree>)>,
    /// `.boxed()`.
    after: Vec<TokenTree>,
    pub(super) future: Future,
}

/// The future in the last expression of a body.
pub(super) enum Future {
    /// The braces of an `async` block, which is measured like the body of an `async fn`.
    Block(Group),
    /// Any other expression: whether it is a future is known to its type only.
    Expression(Vec<TokenTree>),
}

impl Tail {
    /// The function's body with another future.
    pub(super) fn body(&self, future: TokenStream) -> TokenStream {
        let mut body = stream(&self.before);
        match &self.arguments {
            None => body.extend(future),
            Some((arguments, before, after)) => {
                let mut content = stream(before);
                content.extend(future);
                content.extend(stream(after));
                body.extend([refilled(arguments, content)]);
            }
        }
        body.extend(stream(&self.after));
        body
    }
}

/// The future that a body ends with: an `async` block, the argument of `Box::pin`, or what `.boxed()`
/// is called on. `None` if the last expression is another, or may be another.
pub(super) fn tail(function: &Function) -> Option<Tail> {
    let body = list(function.body.stream());
    let (rest, last) = body.split_last().map(|(last, rest)| (rest, last))?;
    let Some(arguments) = group(Some(last), Delimiter::Parenthesis) else {
        return in_place(&body, &[]);
    };
    let content = list(arguments.stream());
    if let Some(receiver) = receiver_of_boxed(rest).filter(|_| content.is_empty()) {
        let after = body.get(receiver.len()..)?;
        return in_place(receiver, after).or_else(|| {
            let (before, expression) = receiver.split_at_checked(last_expression(receiver)?)?;
            let future = Future::Expression(expression.to_vec());
            Some(Tail { before: before.to_vec(), arguments: None, after: after.to_vec(), future })
        });
    }
    let start = last_expression(rest)?;
    let path = rest.get(start..)?;
    let is_path =
        path.iter().all(|token| word(Some(token)).is_some() || is_punct(Some(token), ':'));
    if !is_path || !is_word(path.last(), "pin") || path.len() < 4 {
        return None;
    }
    let (inner, comma) = match content.split_last() {
        Some((last, inner)) if is_punct(Some(last), ',') => (inner, vec![last.clone()]),
        _ => (&*content, Vec::new()),
    };
    let wrapped = |before: &[TokenTree], future| Tail {
        before: rest.to_vec(),
        arguments: Some((arguments.clone(), before.to_vec(), comma)),
        after: Vec::new(),
        future,
    };
    if let Some((in_front, block)) = async_block(inner).filter(|(front, _)| is_async(front)) {
        return Some(wrapped(in_front, Future::Block(block.clone())));
    }
    // `Box::pin`, by whatever path: other functions called `pin` may do anything.
    let is_box = path.len().checked_sub(4).is_some_and(|at| is_word(path.get(at), "Box"));
    let expression = Future::Expression(inner.to_vec());
    (is_box && !inner.is_empty()).then(|| wrapped(&[], expression))
}

/// The tail of tokens that end in an `async` block, with what follows it.
fn in_place(tokens: &[TokenTree], after: &[TokenTree]) -> Option<Tail> {
    let (before, block) = async_block(tokens)?;
    let future = Future::Block(block.clone());
    Some(Tail { before: before.to_vec(), arguments: None, after: after.to_vec(), future })
}

/// What `.boxed` is called on.
fn receiver_of_boxed(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    let [receiver @ .., dot, name] = tokens else { return None };
    let is_boxed = is_word(Some(name), "boxed") || is_word(Some(name), "boxed_local");
    (is_boxed && is_punct(Some(dot), '.')).then_some(receiver)
}

/// Splits a list that ends in `async { … }` or `async move { … }`, before the braces.
fn async_block(tokens: &[TokenTree]) -> Option<(&[TokenTree], &Group)> {
    let (last, before) = tokens.split_last()?;
    let block = group(Some(last), Delimiter::Brace)?;
    let (word, rest) = before.split_last()?;
    let is_block = is_word(Some(word), "async")
        || is_word(Some(word), "move") && is_word(rest.last(), "async");
    is_block.then_some((before, block))
}

/// Whether the tokens are `async` or `async move`.
fn is_async(tokens: &[TokenTree]) -> bool {
    tokens.iter().all(|token| is_word(Some(token), "async") || is_word(Some(token), "move"))
}

/// Words of expressions that are more than a path or a chain of calls.
const STATEMENTS: [&str; 10] =
    ["break", "continue", "for", "if", "let", "loop", "match", "return", "unsafe", "while"];

/// Where the last expression begins, if it is a path or a chain of calls and nothing else.
fn last_expression(tokens: &[TokenTree]) -> Option<usize> {
    let mut start = 0;
    let mut before: Option<&TokenTree> = None;
    for (position, token) in tokens.iter().enumerate() {
        let ends_block = group(before, Delimiter::Brace).is_some();
        let continues = is_punct(Some(token), '.')
            || is_punct(Some(token), '?')
            || is_word(Some(token), "else")
            || is_word(Some(token), "as");
        if is_punct(before, ';') || ends_block && !continues {
            start = position;
        }
        before = Some(token);
    }
    let expression = tokens.get(start..)?;
    let simple = expression.iter().all(|token| match token {
        TokenTree::Ident(ident) => STATEMENTS.iter().all(|word| ident != word),
        TokenTree::Punct(punct) => matches!(punct.as_char(), '.' | ':' | '?' | '<' | '>' | ','),
        TokenTree::Group(_) | TokenTree::Literal(_) => true,
    });
    (simple && !expression.is_empty() && !is_punct(tokens.last(), ';')).then_some(start)
}

/// Whether a body may wait for another future: it has an `await`, or a macro that may have one.
pub(super) fn may_await(tokens: &[TokenTree]) -> bool {
    tokens.iter().enumerate().any(|(position, token)| match token {
        TokenTree::Ident(ident) => {
            ident == "await"
                || is_punct(tokens.get(position + 1), '!')
                    && !is_punct(tokens.get(position + 2), '=')
        }
        TokenTree::Group(group) => may_await(&list(group.stream())),
        _ => false,
    })
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
/// A statement of ours goes after those items, since clippy complains about items after statements.
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
    if keyword.starts_with(ADVICE) && is_punct(next, '!') {
        // Another attribute imports `__private` with it.
        return Some(tokens.len() - plain.len() + at + 3);
    }
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

/// Splits after the statements in which `#[async_trait]` gives arguments their patterns,
/// `let Pattern = { … __arg1 };`, so that labels can use what these bind.
pub(super) fn split_patterns(body: TokenStream) -> [TokenStream; 2] {
    let tokens = list(body);
    let mut end = 0;
    let mut at = 0;
    if is_word(tokens.first(), "if") {
        // `#[async_trait]` puts a dead `return` first, which gives rustc the type of the value.
        let block = tokens.iter().position(|token| group(Some(token), Delimiter::Brace).is_some());
        at = block.map_or(0, |block| block + 1);
    }
    while is_word(tokens.get(at), "let") {
        let rest = tokens.get(at..).unwrap_or_default();
        let (statement, _) = split_before(rest, |token| is_punct(Some(token), ';'));
        let [.., equals, value] = statement else { break };
        if !is_punct(Some(equals), '=') {
            break;
        }
        at += statement.len() + 1;
        if has_word(std::slice::from_ref(value), &is_numbered_argument) {
            end = at;
        }
    }
    let (patterns, rest) = tokens.split_at_checked(end).unwrap_or((&[], &tokens));
    [stream(patterns), stream(rest)]
}

/// Whether `#[async_trait]` calls an argument so that has a pattern.
fn is_numbered_argument(name: &Ident) -> bool {
    name.to_string().strip_prefix("__arg").is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    })
}
