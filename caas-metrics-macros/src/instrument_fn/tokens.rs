//! Items and arguments as lists of tokens: what can be told without parsing Rust.
//!
//! Not here: what the lists mean. Invariant: a list that is split and joined again is the same
//! tokens with the same spans.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

/// The tokens of a stream.
pub(super) fn list(stream: TokenStream) -> Vec<TokenTree> {
    stream.into_iter().collect()
}

/// A list as a stream.
pub(super) fn stream(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// Whether the token is this punctuation.
pub(super) fn is_punct(token: Option<&TokenTree>, letter: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == letter)
}

/// Whether the token is this word.
pub(super) fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}

/// Whether the tokens begin with `=` and not with `==` or `=>`.
pub(super) fn is_assignment(tokens: &[TokenTree]) -> bool {
    let Some(TokenTree::Punct(equals)) = tokens.first() else { return false };
    let longer = equals.spacing() == Spacing::Joint
        && (is_punct(tokens.get(1), '=') || is_punct(tokens.get(1), '>'));
    equals.as_char() == '=' && !longer
}

/// The token as a word.
pub(super) fn word(token: Option<&TokenTree>) -> Option<&Ident> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    }
}

/// The token as a group with this delimiter.
pub(super) fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

/// The token's content, if it is one of the invisible groups that `macro_rules!` makes.
pub(super) fn invisible(token: Option<&TokenTree>) -> Option<Vec<TokenTree>> {
    group(token, Delimiter::None).map(|group| list(group.stream()))
}

/// Whether `tokens` begins with `::`.
pub(super) fn is_path_separator(tokens: &[TokenTree]) -> bool {
    is_punct(tokens.first(), ':') && is_punct(tokens.get(1), ':')
}

/// A group with another content and the same place.
pub(super) fn refilled(group: &Group, content: TokenStream) -> TokenTree {
    let mut refilled = Group::new(group.delimiter(), content);
    refilled.set_span(group.span());
    refilled.into()
}

/// Where the list begins; `otherwise` if it is empty.
pub(super) fn span(tokens: &[TokenTree], otherwise: Span) -> Span {
    tokens.first().map_or(otherwise, TokenTree::span)
}

/// Follows `<` and `>` from token to token; the `>` of `->` and `=>` closes nothing.
#[derive(Default)]
pub(super) struct Angles {
    depth: usize,
    after_arrow_stem: bool,
}

impl Angles {
    /// Takes the next token and returns the depth behind it.
    pub(super) fn step(&mut self, token: &TokenTree) -> usize {
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
    pub(super) fn is_outside(&self) -> bool {
        self.depth == 0
    }
}

/// Splits behind the `<…>` that the list begins with; the first part is empty if it does not.
pub(super) fn split_generics(tokens: &[TokenTree]) -> (&[TokenTree], &[TokenTree]) {
    if !is_punct(tokens.first(), '<') {
        return (&[], tokens);
    }
    let mut angles = Angles::default();
    let end = tokens.iter().position(|token| angles.step(token) == 0);
    tokens.split_at_checked(end.map_or(tokens.len(), |end| end + 1)).unwrap_or((tokens, &[]))
}

/// Splits in front of the first token outside of `<…>` that `is_end` accepts.
pub(super) fn split_before(
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

/// Splits behind the attributes that the list begins with; with `inner`, those of the form `#![…]`.
pub(super) fn split_attributes(tokens: &[TokenTree], inner: bool) -> (&[TokenTree], &[TokenTree]) {
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

/// Whether a word occurs among the tokens or in their groups.
pub(super) fn has_word(tokens: &[TokenTree], accept: &impl Fn(&Ident) -> bool) -> bool {
    tokens.iter().any(|token| match token {
        TokenTree::Ident(ident) => accept(ident),
        TokenTree::Group(group) => has_word(&list(group.stream()), accept),
        _ => false,
    })
}
