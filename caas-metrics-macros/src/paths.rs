//! The one path that generated code names.
//!
//! Nothing of the user's scope is read here; other paths in an expansion are the user's tokens.
//! Invariant: an expansion names `…::__private` and nothing else of ours or of the standard library.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

/// `::caas_metrics::__private`, or the same below the path given as `crate = path`.
pub(crate) struct Runtime(TokenStream);

impl Runtime {
    /// The runtime below the user's path for a renamed dependency.
    pub(crate) fn renamed(path: &syn::Path) -> Self {
        Self(quote!(#path::__private))
    }

    /// The same path with another span, to underline what is there if rustc finds a mistake.
    pub(crate) fn at(&self, span: Span) -> Self {
        Self(respanned(self.0.clone(), span))
    }
}

/// The tokens with another span, at the top level; what is in groups keeps its own.
pub(crate) fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    let respan = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(respan).collect()
}

impl Default for Runtime {
    fn default() -> Self {
        Self(quote!(::caas_metrics::__private))
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
