//! The tree of an attribute and of the item that it is on: plain data with spans.
//!
//! Invariant: whatever is not understood is kept as tokens.

use crate::paths::Runtime;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::LitStr;

/// What an attribute measures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Timed,
    Counted,
    InFlight,
}

impl Measure {
    /// The attribute's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Timed => "timed",
            Self::Counted => "counted",
            Self::InFlight => "in_flight",
        }
    }
}

/// The arguments of an attribute.
pub(super) struct Arguments {
    pub(super) runtime: Runtime,
    /// The family; none for the built-in one.
    pub(super) set: Option<Set>,
    pub(super) on: Option<On>,
    pub(super) otherwise: Option<Otherwise>,
    pub(super) name: Option<Name>,
}

/// `name = "…"`.
pub(super) struct Name {
    pub(super) key: Ident,
    pub(super) text: LitStr,
}

/// A family's path, with labels or without.
pub(super) struct Set {
    pub(super) path: Vec<TokenTree>,
    /// The braces of a literal.
    pub(super) braces: Option<Group>,
    pub(super) fields: Vec<Field>,
}

impl Set {
    /// Whether there are labels and all have literals as values, so that the child is always the same.
    pub(super) fn is_literal(&self) -> bool {
        !self.fields.is_empty() && self.fields.iter().all(|field| field.value.is_literal())
    }
}

/// One label of a literal.
pub(super) struct Field {
    pub(super) attributes: Vec<TokenTree>,
    pub(super) name: Ident,
    pub(super) value: Value,
}

/// The value of a label.
pub(super) enum Value {
    /// An expression with the arguments in scope.
    Early(Vec<TokenTree>),
    /// The same at every time: a literal, or a path of several words.
    Constant(Vec<TokenTree>),
    /// A closure on the returned value.
    Closure(Vec<TokenTree>),
    /// `_`.
    Ending(TokenTree),
}

impl Value {
    fn is_literal(&self) -> bool {
        matches!(self, Self::Constant(tokens) if matches!(tokens.as_slice(), [TokenTree::Literal(_)]))
    }
}

/// `on(…)`.
pub(super) struct On {
    pub(super) key: Ident,
    pub(super) endings: Vec<(Ending, Ident)>,
}

/// `otherwise(…)`.
pub(super) struct Otherwise {
    pub(super) key: Ident,
    pub(super) set: Set,
}

/// A way that a call can end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Ok,
    Err,
    Panic,
    Cancelled,
}

impl Ending {
    /// Every ending by its name.
    pub(super) const ALL: [(&'static str, Self); 4] = [
        ("ok", Self::Ok),
        ("err", Self::Err),
        ("panic", Self::Panic),
        ("cancelled", Self::Cancelled),
    ];

    /// The ending's bit, as the runtime knows it.
    pub(super) const fn bit(self) -> u8 {
        match self {
            Self::Ok => 1,
            Self::Err => 2,
            Self::Panic => 4,
            Self::Cancelled => 8,
        }
    }
}

/// What an attribute is on.
pub(super) enum Item {
    Function(Function),
    /// A function that has no body.
    Bodyless(Ident),
    /// An `impl` or `trait` block.
    Block(Block),
    /// The word or the token that tells what it is instead.
    Other(TokenTree),
    /// No token at all.
    Nothing,
}

/// An `impl` or `trait` block.
pub(super) struct Block {
    /// All in front of the braces.
    pub(super) head: Vec<TokenTree>,
    /// `Type`, `<Type as Trait>` or `Trait`.
    pub(super) owner: String,
    /// The type parameters.
    pub(super) parameters: Vec<Ident>,
    pub(super) braces: Group,
}

/// A function with a body.
pub(super) struct Function {
    /// All in front of the body.
    pub(super) head: Vec<TokenTree>,
    /// The outer attributes, which are part of the head as well.
    pub(super) attributes: Vec<TokenTree>,
    /// The words in front of `fn`.
    pub(super) qualifiers: Vec<Ident>,
    pub(super) name: Ident,
    /// The type parameters.
    pub(super) parameters: Vec<Ident>,
    pub(super) arguments: TokenStream,
    /// The return type; empty if there is none.
    pub(super) output: Vec<TokenTree>,
    pub(super) body: Group,
}

impl Function {
    /// The qualifier, if the function has it.
    pub(super) fn qualifier(&self, word: &str) -> Option<&Ident> {
        self.qualifiers.iter().find(|qualifier| *qualifier == word)
    }
}
