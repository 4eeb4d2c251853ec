//! The errors of one macro call, collected so that all of them come out together.
//!
//! No message is written here: messages stand where the mistake is found, each in a `report!`.
//! Invariant: an error always has a span of the user's; nothing here panics or returns early.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::fmt::Display;

/// The errors found so far.
#[derive(Default)]
pub(crate) struct Errors {
    list: Vec<syn::Error>,
}

impl Errors {
    /// Adds an error that underlines `tokens`. Call it as `report!(errors, tokens, "…")`.
    pub(crate) fn push(&mut self, tokens: &impl ToTokens, message: impl Display) {
        self.list.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error made by `error!`, or one that `syn` has worded.
    pub(crate) fn push_syn(&mut self, error: syn::Error) {
        self.list.push(error);
    }

    /// Whether nothing was wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.list.iter().map(syn::Error::to_compile_error));
    }
}

/// From one place to another: rustc then shows the lines of both, and of what is between only the
/// edges. For a mistake that two places make together, such as a name that is there twice.
pub(crate) struct Between<'a, A, B>(pub(crate) &'a A, pub(crate) &'a B);

impl<A: ToTokens, B: ToTokens> ToTokens for Between<'_, A, B> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
        self.1.to_tokens(tokens);
    }
}

/// Makes one error without adding it, for code that gives up at the first: `error!(tokens, "…")`.
macro_rules! error {
    ($tokens:expr, $($message:tt)+) => {
        syn::Error::new_spanned(&$tokens, format_args!($($message)+))
    };
}
pub(crate) use error;

/// Adds one error: `report!(errors, tokens, "…")`, with the arguments of `format!`.
///
/// A macro so that every message is a literal that a test can find in the sources: it proves that
/// each of them occurs in some `.stderr` of `tests/ui`.
macro_rules! report {
    ($errors:expr, $tokens:expr, $($message:tt)+) => {
        $errors.push(&$tokens, format_args!($($message)+))
    };
}
pub(crate) use report;
