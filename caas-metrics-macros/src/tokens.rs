//! Items and arguments as lists of tokens: what is known of them without parsing Rust.
//!
//! Not here: what the lists mean. Invariant: a list that is split and joined again is the same
//! tokens with the same spans.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

/// The tokens of a stream.
pub(crate) fn list(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

/// A list as a stream.
pub(crate) fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// Whether the token is this punctuation.
pub(crate) fn is_punct(token: Option<&TokenTree>, letter: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == letter)
}

/// Whether the token is this word.
pub(crate) fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}

/// Whether the tokens begin with `=` and not with `==` or `=>`.
pub(crate) fn is_assignment(tokens: &[TokenTree]) -> bool {
    let Some(TokenTree::Punct(equals)) = tokens.first() else { return false };
    let longer = equals.spacing() == Spacing::Joint
        && (is_punct(tokens.get(1), '=') || is_punct(tokens.get(1), '>'));
    equals.as_char() == '=' && !longer
}

/// The token as a word.
pub(crate) fn word(token: Option<&TokenTree>) -> Option<&Ident> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    }
}

/// The token as a group with this delimiter.
pub(crate) fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

/// The token's content, if it is one of the invisible groups that `macro_rules!` makes.
pub(crate) fn invisible(token: Option<&TokenTree>) -> Option<Vec<TokenTree>> {
    group(token, Delimiter::None).map(|group| list(group.stream()))
}

/// Whether `tokens` begins with `::`.
pub(crate) fn is_path_separator(tokens: &[TokenTree]) -> bool {
    is_punct(tokens.first(), ':') && is_punct(tokens.get(1), ':')
}

/// A group with another content and the same place.
pub(crate) fn refilled(group: &Group, content: TokenStream) -> TokenTree {
    let mut refilled = Group::new(group.delimiter(), content);
    refilled.set_span(group.span());
    refilled.into()
}

/// Where the list begins; `otherwise` if it is empty.
pub(crate) fn span(tokens: &[TokenTree], otherwise: Span) -> Span {
    tokens.first().map_or(otherwise, TokenTree::span)
}

/// Follows `<` and `>` from token to token; the `>` of `->` and `=>` closes nothing.
#[derive(Default)]
pub(crate) struct Angles {
    depth: usize,
    after_arrow_stem: bool,
}

impl Angles {
    /// Takes the next token and returns the depth after it.
    pub(crate) fn step(&mut self, token: &TokenTree) -> usize {
        let mut stem = false;
        if let TokenTree::Punct(punct) = token {
            match punct.as_char() {
                '<' => self.depth += 1,
                '>' if !self.after_arrow_stem => self.depth = self.depth.saturating_sub(1),
                '-' | '=' => stem = punct.spacing() == Spacing::Joint,
                _ => {}
            }
        }
        self.after_arrow_stem = stem;
        self.depth
    }

    /// Whether no `<` is open.
    pub(crate) fn is_outside(&self) -> bool {
        self.depth == 0
    }
}

/// Splits after the `<…>` that the list begins with; the first part is empty if it does not.
pub(crate) fn split_generics(tokens: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    if !is_punct(tokens.first(), '<') {
        return (&[], tokens);
    }
    let mut angles = Angles::default();
    let end = tokens.iter().position(|token| angles.step(token) == 0);
    tokens.split_at_checked(end.map_or(tokens.len(), |end| end + 1)).unwrap_or((tokens, &[]))
}

/// Splits before the first token outside of `<…>` that `is_end` accepts.
pub(crate) fn split_before(
    tokens: &[TokenTree],
    is_end: impl Fn(&TokenTree) -> bool,
) -> (&[TokenTree], &[TokenTree]) {
    let mut angles = Angles::default();
    let end = tokens.iter().position(|token| {
        let outside = angles.is_outside();
        let end = outside && is_end(token);
        angles.step(token);
        end
    });
    tokens.split_at_checked(end.unwrap_or(tokens.len())).unwrap_or((tokens, &[]))
}

/// Splits after the attributes that the list begins with; with `inner`, those of the form `#![…]`.
pub(crate) fn split_attributes(tokens: &[TokenTree], inner: bool) -> (&[TokenTree], &[TokenTree]) {
    let mut end = 0;
    loop {
        let rest = tokens.get(end..).unwrap_or_default();
        let bang = usize::from(inner);
        let is_attribute = is_punct(rest.first(), '#')
            && (!inner || is_punct(rest.get(1), '!'))
            && group(rest.get(1 + bang), Delimiter::Bracket).is_some();
        if !is_attribute {
            return tokens.split_at_checked(end).unwrap_or((tokens, &[]));
        }
        end += 2 + bang;
    }
}

/// Splits after the `pub` or `pub(…)` that the list begins with.
pub(crate) fn split_visibility(tokens: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    let is_visibility =
        |content: &[TokenTree]| content.is_empty() || is_word(content.first(), "pub");
    let length = match tokens {
        // A macro got it as `$visibility:vis`.
        [first, ..] if invisible(Some(first)).is_some_and(|content| is_visibility(&content)) => 1,
        [first, second, ..] if is_word(Some(first), "pub") => {
            1 + usize::from(is_restriction(second))
        }
        _ => 0,
    };
    tokens.split_at_checked(length).unwrap_or((&[], tokens))
}

/// Whether the token is the `(crate)` or `(in path)` of a visibility.
pub(crate) fn is_restriction(token: &TokenTree) -> bool {
    let content = group(Some(token), Delimiter::Parenthesis).map(|group| list(group.stream()));
    match content.as_deref() {
        Some([TokenTree::Ident(only)]) => {
            ["crate", "self", "super"].iter().any(|word| only == word)
        }
        Some([first, _, ..]) => is_word(Some(first), "in"),
        _ => false,
    }
}

/// The attributes in a list of nothing else: each whole, and what is between its brackets.
pub(crate) fn each_attribute(
    attributes: &[TokenTree],
) -> impl Iterator<Item = (TokenStream, Vec<TokenTree>)> + '_ {
    attributes.chunks_exact(2).filter_map(|pair| match pair {
        [_, TokenTree::Group(brackets)] => {
            let content = list(brackets.stream());
            let inner = match &*content {
                [only] => invisible(Some(only)),
                _ => None,
            };
            Some((stream(pair), inner.unwrap_or(content)))
        }
        _ => None,
    })
}

/// Splits at the commas outside of groups and of `<…>`.
pub(crate) fn split_at_commas_outside(tokens: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut parts = Vec::new();
    let mut rest = tokens;
    while !rest.is_empty() {
        let (part, behind) = split_before(rest, |token| is_punct(Some(token), ','));
        parts.push(part);
        rest = behind.get(1..).unwrap_or_default();
    }
    parts
}

/// Splits at commas, but not in the parameters of a closure, which may begin where
/// `begins_value` says that a value does, and not in `::<…>`.
pub(crate) fn split_at_commas(
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

/// Whether a word occurs among the tokens or in their groups.
pub(crate) fn has_word(tokens: &[TokenTree], accept: &impl Fn(&Ident) -> bool) -> bool {
    tokens.iter().any(|token| match token {
        TokenTree::Ident(ident) => accept(ident),
        TokenTree::Group(group) => has_word(&list(group.stream()), accept),
        _ => false,
    })
}
