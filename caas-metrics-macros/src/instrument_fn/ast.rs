//! The tree of an attribute and of the item that it is on: plain data with spans.
//!
//! Invariant: whatever is not understood is kept as tokens.

use crate::paths::Runtime;
pub(super) use caas_metrics_model::Ending;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote_spanned;
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
    pub(super) by: Option<By>,
}

impl Arguments {
    /// Whether something is computed from the returned value.
    pub(super) fn has_closure(&self) -> bool {
        let labels = self.set.iter().flat_map(|set| &set.fields).map(|field| &field.value);
        let amount = self.by.iter().map(|by| &by.amount);
        labels.chain(amount).any(|value| matches!(value, Value::Closure(_)))
    }
}

/// `by = …`.
pub(super) struct By {
    pub(super) key: Ident,
    pub(super) amount: Value,
}

/// `name = "…"`.
pub(super) struct Name {
    pub(super) key: Ident,
    pub(super) written: LitStr,
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

/// The endings that `on(…)` can name: all but those that are unknown.
pub(super) const ENDINGS: [Ending; 4] = [Ending::Ok, Ending::Err, Ending::Panic, Ending::Cancelled];

/// Some of the ways in which a call can end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Endings {
    bits: u8,
}

impl Endings {
    /// The call returned.
    pub(super) const RETURNED: Self = Self::of(&[Ending::Ok, Ending::Err]);
    /// The call ended without a value.
    pub(super) const DROPPED: Self = Self::of(&[Ending::Panic, Ending::Cancelled]);
    pub(super) const ALL: Self = Self::of(&ENDINGS);

    /// These endings and no others.
    pub(super) const fn of(endings: &[Ending]) -> Self {
        let (mut bits, mut rest) = (0, endings);
        while let [first, others @ ..] = rest {
            bits |= first.bit();
            rest = others;
        }
        Self { bits }
    }

    /// Which of the two kinds of returns count, if only one does.
    pub(super) fn divided(self) -> Option<Ending> {
        match (Ending::Ok.is_in(self.bits), Ending::Err.is_in(self.bits)) {
            (true, false) => Some(Ending::Ok),
            (false, true) => Some(Ending::Err),
            _ => None,
        }
    }

    /// The set in generated code: `endings::ERR_PANIC`.
    pub(super) fn tokens(self, p: &Ident, site: Span) -> TokenStream {
        let named = Ending::ALL.into_iter().filter(|ending| ending.is_in(self.bits));
        let named: Vec<&str> = named.map(Ending::as_str).collect();
        let name = if named.is_empty() { "NONE".into() } else { named.join("_").to_uppercase() };
        let name = Ident::new(&name, site);
        quote_spanned!(site=> #p::endings::#name)
    }
}

/// What an attribute is on.
pub(super) enum Item {
    Function(Function),
    /// A function that has no body.
    Bodyless(Ident),
    /// An `impl` or `trait` block.
    Block(Block),
    /// The word or the token that says what it is instead.
    Other(TokenTree),
    /// No token at all.
    Nothing,
}

/// An `impl` or `trait` block.
pub(super) struct Block {
    /// All before the braces.
    pub(super) head: Vec<TokenTree>,
    /// `Type`, `<Type as Trait>` or `Trait`.
    pub(super) owner: String,
    /// The type parameters.
    pub(super) parameters: Vec<Ident>,
    pub(super) braces: Group,
}

/// A function with a body.
pub(super) struct Function {
    /// All before the body.
    pub(super) head: Vec<TokenTree>,
    /// The outer attributes, which are part of the head as well.
    pub(super) attributes: Vec<TokenTree>,
    /// The words before `fn`.
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
